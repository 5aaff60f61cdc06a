"""The knobs of the simulated shop: frozen, checked once, with units in their names."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from agents.shop.events import DAY_MS, instant
from agents.shop.outages import Outage
from agents.shop.problems import ShopSettingError

_EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopSettings:
    """What kind of shop to simulate.

    The defaults lose about a fifth of the customers in 120 days, in a mix of all kinds.

    Attributes:
        seed: the same seed and settings give the same bytes (with one version of numpy).
        customers: how many buy from the shop at its start.
        newcomers_share_per_day: new customers a day, as a share of `customers`.
        start: the first instant, an aware time; never the wall clock by default.
        days: how long to simulate, the history included; `math.inf` never ends.
        history_days: the first days, already past when a live run begins (`live_from_ms`).
        gap_days_mean: mean time between two orders of a customer of mean rate.
        business_share: share of customers with an owner, larger orders, and promises.
        currencies: of consumers, then of business customers; one, or two.
        trouble: multiplies the chance of everything that goes wrong; 0 is a shop without fault
            (prices apart: they have a knob of their own).
        endurance: multiplies how much a customer can bear.
        silent_share_per_100_days: customers who would drift off untroubled, in 100 days.
        concession_share: customers who complain for compensation, and stay.
        closes_share: leavers who say so (a `closed` touchpoint); 0 is a shop with no contract, 1
            one in which everybody has one.
        price_rise_every_days: time between two price rises; `math.inf` for none.
        outages: feeds that fail.
    """

    seed: int = 1
    customers: int = 2_000
    newcomers_share_per_day: float = 0.002
    start: datetime = datetime(2026, 1, 5, tzinfo=UTC)
    days: float = 120.0
    history_days: float = 0.0
    gap_days_mean: float = 10.0
    business_share: float = 0.25
    currencies: tuple[str, ...] = ("EUR",)
    trouble: float = 1.0
    endurance: float = 1.0
    silent_share_per_100_days: float = 0.06
    concession_share: float = 0.04
    closes_share: float = 0.0
    price_rise_every_days: float = 90.0
    outages: tuple[Outage, ...] = ()

    def __post_init__(self) -> None:
        self._check_amounts()
        self._check_shares()
        self._check_times()
        if not 1 <= len(self.currencies) <= 2:
            raise ShopSettingError("currencies", self.currencies, wants="one or two codes")

    def _check_amounts(self) -> None:
        for name, low in (("seed", 0), ("customers", 1)):
            value = getattr(self, name)
            if not isinstance(value, int) or value < low:
                raise ShopSettingError(name, value, wants=f"a whole number of at least {low}")
        for name in ("newcomers_share_per_day", "trouble"):
            value = getattr(self, name)
            if not 0 <= value < math.inf:
                raise ShopSettingError(name, value, wants="a number of at least 0")
        for name in ("gap_days_mean", "endurance"):
            value = getattr(self, name)
            if not 0 < value < math.inf:
                raise ShopSettingError(name, value, wants="a number above 0")

    def _check_shares(self) -> None:
        for name in ("business_share", "concession_share", "closes_share"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise ShopSettingError(name, value, wants="a share in [0, 1]")
        if not 0 <= self.silent_share_per_100_days < 1:
            raise ShopSettingError(
                "silent_share_per_100_days",
                self.silent_share_per_100_days,
                wants="a share in [0, 1)",
            )

    def _check_times(self) -> None:
        if self.start.tzinfo is None or not _EARLIEST <= self.start < _LATEST:
            raise ShopSettingError(
                "start", str(self.start), wants="a time with a time zone, in the years 1980 to 8999"
            )
        for name in ("days", "price_rise_every_days"):
            value = getattr(self, name)
            if not value > 0:
                raise ShopSettingError(name, value, wants="days above 0, or infinity")
        if not 0 <= self.history_days <= self.days or math.isinf(self.history_days):
            raise ShopSettingError("history_days", self.history_days, wants="between 0 and `days`")
        for outage in self.outages:
            if outage.ends_day > self.days:
                raise ShopSettingError(
                    "outage ends_day", outage.ends_day, wants=f"at most `days` ({self.days:g})"
                )

    @property
    def start_ms(self) -> int:
        """The first instant, milliseconds since the epoch."""
        return instant(self.start)

    @property
    def end_ms(self) -> float:
        """The instant at which the simulation ends, milliseconds; may be infinite."""
        return self.start_ms + self.days * DAY_MS

    @property
    def live_from_ms(self) -> int:
        """The end of the history, milliseconds: from here on a live caller paces the events."""
        return self.start_ms + round(self.history_days * DAY_MS)
