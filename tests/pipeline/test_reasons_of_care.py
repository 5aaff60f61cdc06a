"""What the alerts of care say, in words, from their scores and details."""

import numpy as np
import pytest

from pipeline.kinds import HANDOVER, NEGLECT, QUIET_AFTER_TROUBLE, SECOND_ORDER, STALLED
from pipeline.reasons_of_care import CAUSES_OF_CARE, Told
from schemas.alert import Cause
from tests.pipeline.harness import at


def cause(kind, score, limit=1.0, stage="affirm", **details):
    columns = {name: np.array([value]) for name, value in details.items()}
    told = Told([at(60)], [score], [limit], [stage], columns, trouble=[None], names=[()])
    [found] = CAUSES_OF_CARE[kind](told)
    return found


@pytest.mark.parametrize(
    ("told", "name", "words"),
    [
        pytest.param(
            cause(QUIET_AFTER_TROUBLE, 14.0, trouble_ms=at(2)),
            "silence",
            "no word for 14 days, after what went wrong on 3 Jan",
            id="quiet",
        ),
        pytest.param(
            cause(QUIET_AFTER_TROUBLE, 0.0, trouble_ms=0),
            "silence",
            "what had gone wrong was made good",
            id="quiet no more",
        ),
        pytest.param(
            cause(QUIET_AFTER_TROUBLE, 0.0, trouble_ms=at(2)),
            "silence",
            "heard from again, after what went wrong on 3 Jan",
            id="quiet until now",
        ),
        pytest.param(
            cause(SECOND_ORDER, 60.0), "silence", "no second order for 60 days", id="second order"
        ),
        pytest.param(cause(SECOND_ORDER, 0.0), "silence", "ordered again", id="ordered again"),
        pytest.param(
            cause(STALLED, 30.0, 30.0),
            "stage",
            "in the affirm stage for 30 days; 30 days are enough",
            id="stalled",
        ),
        pytest.param(
            cause(STALLED, 0.0, 60.0, "acclimate"),
            "stage",
            "the acclimate stage goes on",
            id="stalled no more",
        ),
        pytest.param(
            cause(NEGLECT, 1.0, delivered_ms=at(50), promise_ms=0),
            "word",
            "no word since the delivery on 20 Feb",
            id="no word",
        ),
        pytest.param(
            cause(NEGLECT, 1.0, delivered_ms=0, promise_ms=at(-1)),
            "promise",
            "what was promised for 31 Dec 2023 is not done",
            id="a promise",
        ),
        pytest.param(
            cause(NEGLECT, 1.0, delivered_ms=at(50), promise_ms=at(55)),
            "promise",
            "what was promised for 25 Feb is not done and no word since the delivery on 20 Feb",
            id="both",
        ),
        pytest.param(
            cause(NEGLECT, 0.0, delivered_ms=0, promise_ms=0),
            "word",
            "nothing is owed any more",
            id="neglected no more",
        ),
        pytest.param(
            cause(HANDOVER, 1.0, changed_ms=at(59), overdue=0),
            "handover",
            "the owner changed on 29 Feb with one matter open",
            id="one matter",
        ),
        pytest.param(
            cause(HANDOVER, 1.0, changed_ms=at(59), overdue=1),
            "handover",
            "the owner changed on 29 Feb with one matter open, overdue",
            id="one, overdue",
        ),
        pytest.param(
            cause(HANDOVER, 3.0, changed_ms=at(59), overdue=2),
            "handover",
            "the owner changed on 29 Feb with 3 matters open, 2 of them overdue",
            id="three, two overdue",
        ),
        pytest.param(
            cause(HANDOVER, 0.0, changed_ms=at(59), overdue=0),
            "handover",
            "nothing is left of what was handed over",
            id="handed over",
        ),
    ],
)
def test_what_an_alert_of_care_says(told, name, words):
    assert (told.cause, told.detail) == (name, words)


def test_the_one_cause_is_the_whole_score():
    assert cause(SECOND_ORDER, 61.5) == Cause("silence", 61.5, "no second order for 62 days")
