"""What is measured on which data set: dates, horizon, who is at risk, and what may be learnt from.

A cut is the end of its day. By `silence` the model learns from steps of `STEP_DAYS`, by `closed`
from landmarks. The time split learns only from what was known at the earliest date tested.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pipeline.churn_settings import ChurnLabel
from pipeline.units import DAY_MS

STEP_DAYS = 28  # the default of `churn_model.step_days`


def end_of(day: str) -> int:
    """Return the last millisecond of a day."""
    return (
        round((datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(1)).timestamp() * 1000)
        - 1
    )


def every(step_days: int, first: str, last: str) -> tuple[int, ...]:
    """Return dates from the first on, to the last at most."""
    return tuple(range(end_of(first), end_of(last) + 1, step_days * DAY_MS))


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """How one data set is measured."""

    name: str
    label: ChurnLabel
    horizon_days: int
    tested: tuple[int, ...]  # dates of the customer split
    tested_later: tuple[int, ...]  # and of the split by customer and time
    learnt: tuple[int, ...]  # dates that are learnt from: steps, or landmarks
    at_risk_days: int = 0  # known for at least so long
    only_due: bool = False  # only who had something to hand in
    customer_of: Callable[[str], str] = field(default=lambda name: name)
    source: str = ""  # if not the name
    cohort: Callable[[str], int] | None = None  # by customer, the only date that it is seen at
    within_dates: bool = False  # ranked within each date: the share of leavers drifts
    floors: str = ""

    @property
    def dates(self) -> tuple[int, ...]:
        """Return all dates that a snapshot is taken at."""
        dates = {*self.tested, *self.tested_later, *self.learnt}
        if self.label is ChurnLabel.SILENCE:
            # One horizon earlier: the newest whose whole horizon lies before the cut.
            first = min(self.learnt)
            dates |= {
                at for at in (min(self.tested_later) - self.horizon_days * DAY_MS,) if at >= first
            }
        return tuple(sorted(dates))


def _student(name: str) -> str:
    return name.split("-", maxsplit=1)[0]


OULAD_DAYS = {
    presentation: end_of(start) + 60 * DAY_MS
    for presentation, start in (
        ("2013B", "2013-02-01"),
        ("2013J", "2013-10-01"),
        ("2014B", "2014-02-01"),
        ("2014J", "2014-10-01"),
    )
}

SETS = {
    each.name: each
    for each in (
        DataSet(
            name="online_retail",
            label=ChurnLabel.SILENCE,
            horizon_days=183,
            tested=(end_of("2011-06-09"),),
            tested_later=(end_of("2011-06-09"),),
            learnt=tuple(
                sorted(end_of("2011-06-09") + k * STEP_DAYS * DAY_MS for k in range(-16, 6))
            ),
            floors=".816/.797",
        ),
        DataSet(
            name="cdnow",
            label=ChurnLabel.SILENCE,
            horizon_days=273,
            tested=(end_of("1997-09-30"),),
            tested_later=(end_of("1997-09-30"),),
            learnt=tuple(
                sorted(end_of("1997-09-30") + k * STEP_DAYS * DAY_MS for k in range(-7, 9))
            ),
            floors=".771/.737",
        ),
        DataSet(
            name="oulad",
            label=ChurnLabel.CLOSED,
            horizon_days=250,
            tested=tuple(OULAD_DAYS.values()),
            tested_later=(OULAD_DAYS["2014J"],),
            learnt=tuple(OULAD_DAYS.values()),
            only_due=True,
            customer_of=_student,
            cohort=lambda name: OULAD_DAYS[name.rsplit("-", 1)[1]],
            floors=".735",
        ),
        DataSet(
            name="oulad_60_days",
            label=ChurnLabel.CLOSED,
            horizon_days=60,
            tested=tuple(OULAD_DAYS.values()),
            tested_later=(OULAD_DAYS["2014J"],),
            learnt=tuple(OULAD_DAYS.values()),
            source="oulad",
            only_due=True,
            customer_of=_student,
            cohort=lambda name: OULAD_DAYS[name.rsplit("-", 1)[1]],
            floors=".735",
        ),
        DataSet(
            name="udacity_students",
            label=ChurnLabel.CLOSED,
            horizon_days=28,
            tested=every(14, "2014-12-01", "2015-07-29"),
            tested_later=every(14, "2015-05-18", "2015-07-29"),
            learnt=every(14, "2014-12-01", "2015-07-29"),
            at_risk_days=14,
            customer_of=_student,
            floors=".73",
        ),
        DataSet(
            name="ravenstack",
            label=ChurnLabel.CLOSED,
            horizon_days=90,
            tested=every(30, "2023-07-01", "2024-09-30"),
            tested_later=every(30, "2024-06-25", "2024-09-30"),
            learnt=every(30, "2023-07-01", "2024-09-30"),
            within_dates=True,
            floors=".5",
        ),
    )
}
