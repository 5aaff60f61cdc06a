"""Lifecycle stages after Coleman, as a judgement: where a customer stands on the way to loyalty.

Facts decide, but for two ends that time alone brings: admit ends after a day, activate after a
week. The stage is kept with the instant it was entered.
"""

from enum import IntEnum
from typing import Final

import numpy as np

from pipeline.frustration_settings import FrustrationSettings, StageFactors
from pipeline.orders import first_day, last_ms
from pipeline.plain import plain
from pipeline.rows import Rows
from pipeline.settings import StageSettings
from pipeline.units import DAY_MS, NEVER, Floats, Ints


class Stage(IntEnum):
    """The eight stages; 0 in a row means that it has not been judged yet."""

    ASSESS = 1  # known, no order yet
    ADMIT = 2  # ordered
    AFFIRM = 3  # waiting for the delivery or the first follow-up
    ACTIVATE = 4  # delivered
    ACCLIMATE = 5  # getting used to it
    ACCOMPLISH = 6  # a second order, or a rating of 4 or more
    ADOPT = 7  # a third order
    ADVOCATE = 8  # a survey score of 9 or more


_STAGE: Final = plain(Stage)


def advance(settings: StageSettings, rows: Rows, at_ms: Ints) -> None:
    """Bring the stage of each row up to an instant."""
    occasions = rows["order_days"]
    admitted_ms = last_ms(rows) + round(settings.admit_days * DAY_MS)
    activated_ms = rows["stage_ms"] + round(settings.activate_days * DAY_MS)
    welcomed = (rows["delivered_ms"] > 0) | (
        (rows["followed_up_ms"] > 0) & (rows["followed_up_ms"] >= first_day(rows) * DAY_MS)
    )
    before = rows["stage"].astype(np.int64)
    acclimates = (before == _STAGE.ACTIVATE) & (at_ms >= activated_ms)
    stage = np.full(len(rows), _STAGE.AFFIRM)
    stage[at_ms < admitted_ms] = _STAGE.ADMIT
    stage[welcomed] = _STAGE.ACTIVATE
    stage[welcomed & (acclimates | (before == _STAGE.ACCLIMATE))] = _STAGE.ACCLIMATE
    stage[(occasions == 2) | (rows["rated_well"] > 0)] = _STAGE.ACCOMPLISH
    stage[occasions >= 3] = _STAGE.ADOPT
    stage[rows["promoter"] > 0] = _STAGE.ADVOCATE
    stage[occasions == 0] = _STAGE.ASSESS
    # What time alone brings is dated by when it came, however late it is looked at.
    entered_ms = np.where((before == _STAGE.ADMIT) & (stage == _STAGE.AFFIRM), admitted_ms, at_ms)
    entered_ms = np.where(acclimates & (stage == _STAGE.ACCLIMATE), activated_ms, entered_ms)
    rows["stage_ms"] = np.where(stage != before, entered_ms, rows["stage_ms"])
    rows["stage"] = stage


def next_change_ms(settings: StageSettings, rows: Rows) -> Ints:
    """Return when time alone will change the stage, `NEVER` if it will not."""
    admit_ms = last_ms(rows) + round(settings.admit_days * DAY_MS)
    activate_ms = rows["stage_ms"] + round(settings.activate_days * DAY_MS)
    return np.where(
        rows["stage"] == _STAGE.ADMIT,
        admit_ms,
        np.where(rows["stage"] == _STAGE.ACTIVATE, activate_ms, NEVER),
    )


def factors(settings: FrustrationSettings) -> Floats:
    """Return the factor on endurance by stage code."""
    return np.array([1.0, *(getattr(settings.stage_factors, n) for n in StageFactors.__slots__)])
