"""Where a partition of the log goes on: every case of the log against the header."""

import pytest
from faust.types import TP

from agents import metrics
from agents.live.positions import Jumps, go_on_at
from agents.runtime.batch import Jump
from agents.runtime.errors import OffsetsLost

LOG = TP("customer-activity", 3)
MADE_ANEW = (
    "customer-activity[3]: the state goes on at offset 100, the log ends at 40: the topic was "
    "deleted and made anew; run `churnwatch rebuild`, which folds the log that is there"
)
LOST = (
    "customer-activity[3]: the state goes on at offset 100, the log starts at 130: "
    "30 records were deleted unread; set kafka.accept_loss to go on without them"
)


@pytest.mark.parametrize(
    ("log_start", "log_end", "accept_loss", "expected"),
    [
        pytest.param(0, 500, False, 100, id="the log holds it"),
        pytest.param(100, 100, False, 100, id="all that was folded is gone, nothing else"),
        pytest.param(0, 100, False, 100, id="nothing new"),
        pytest.param(130, 500, True, 130, id="truncated, and the loss is accepted"),
        pytest.param(130, 500, False, LOST, id="truncated"),
        pytest.param(0, 40, False, MADE_ANEW, id="made anew"),
        pytest.param(0, 40, True, MADE_ANEW, id="made anew is no loss that can be accepted"),
    ],
)
def test_after_a_restore(log_start, log_end, accept_loss, expected):
    if isinstance(expected, str):
        with pytest.raises(OffsetsLost) as error:
            go_on_at(LOG, 100, log_start, log_end, accept_loss=accept_loss)
        assert str(error.value) == expected
    else:
        assert go_on_at(LOG, 100, log_start, log_end, accept_loss=accept_loss) == expected


def test_an_accepted_loss_is_counted():
    lost = metrics.RECORDS_LOST.labels(LOG.topic)
    before = lost._value.get()
    go_on_at(LOG, 100, 130, 500, accept_loss=True)
    assert lost._value.get() == before + 30


def test_a_batch_that_comes_later_is_sought_back_for_once():
    """The log has no holes, so what lies between was skipped in reading; if not, it is gone."""
    jumps = Jumps(accept_loss=False)
    later = Jump(LOG, expected=100, found=120, log_start=0, log_end=500)
    assert jumps(later) == 100
    assert jumps(later) == 120


def test_a_batch_that_comes_earlier_is_trimmed():
    earlier = Jump(LOG, expected=100, found=60, log_start=0, log_end=500)
    assert Jumps(accept_loss=False)(earlier) == 100


def test_a_log_that_ends_before_is_another_log():
    with pytest.raises(OffsetsLost, match="deleted and made anew"):
        Jumps(accept_loss=True)(Jump(LOG, expected=100, found=0, log_start=0, log_end=40))
