"""A knob turned too far is refused in one line that says how far it goes."""

import math
from datetime import UTC, datetime

import pytest

from agents.shop.outages import Outage
from agents.shop.problems import ShopSettingError
from agents.shop.settings import ShopSettings


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"seed": -1}, "`seed` is -1; accepted: a whole number of at least 0"),
        ({"customers": 0}, "`customers` is 0; accepted: a whole number of at least 1"),
        ({"customers": 1.5}, "`customers` is 1.5; accepted: a whole number of at least 1"),
        ({"trouble": -0.1}, "`trouble` is -0.1; accepted: a number of at least 0"),
        ({"trouble": math.nan}, "`trouble` is nan; accepted: a number of at least 0"),
        ({"endurance": 0}, "`endurance` is 0; accepted: a number above 0"),
        ({"gap_days_mean": 0}, "`gap_days_mean` is 0; accepted: a number above 0"),
        ({"business_share": 1.1}, "`business_share` is 1.1; accepted: a share in [0, 1]"),
        ({"closes_share": -1}, "`closes_share` is -1; accepted: a share in [0, 1]"),
        (
            {"silent_share_per_100_days": 1},
            "`silent_share_per_100_days` is 1; accepted: a share in [0, 1)",
        ),
        ({"days": 0}, "`days` is 0; accepted: days above 0, or infinity"),
        ({"days": 10, "history_days": 11}, "`history_days` is 11; accepted: between 0 and `days`"),
        (
            {"days": math.inf, "history_days": math.inf},
            "`history_days` is inf; accepted: between 0 and `days`",
        ),
        ({"currencies": ()}, "`currencies` is (); accepted: one or two codes"),
        (
            {"start": datetime(1979, 12, 31, tzinfo=UTC)},
            "`start` is '1979-12-31 00:00:00+00:00'; "
            "accepted: a time with a time zone, in the years 1980 to 8999",
        ),
        (
            {"days": 5, "outages": (Outage(source="orders", begins_day=1, ends_day=6),)},
            "`outage ends_day` is 6; accepted: at most `days` (5)",
        ),
    ],
)
def test_settings_out_of_range_are_refused(fields, message):
    with pytest.raises(ShopSettingError) as refused:
        ShopSettings(**fields)
    assert str(refused.value) == message


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ShopSettingError, match="`start` is '2026-01-05 00:00:00'"):
        ShopSettings(start=datetime(2026, 1, 5))  # noqa: DTZ001 (that is what is refused)
