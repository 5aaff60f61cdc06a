"""What a simulated customer can bear: irritation that fades, against an endurance orders build.

A mechanism of the simulation's own, simpler than the detector's and with other shapes: one memory
for all causes, a personal limit that is never observed, and chance in how much a trouble stings.
"""

import math
from dataclasses import dataclass

from agents.shop.events import DAY_MS

_SORE_SHARE = 0.35  # of the limit: a trouble that meets this much irritation counts for more
_SORE_FACTOR = 1.4
_GOODWILL_MAX = 0.8  # what good orders can add to the limit, as a share of it
_GOODWILL_ORDERS = 5.0


@dataclass(slots=True)
class Patience:
    """The state of one customer's patience.

    Attributes:
        endurance: irritation borne by someone with no good order, > 0.
        memory_days: mean life of an irritation, > 0.
        good_orders: orders that came as promised.
        irritation: what was felt, as of `as_of` (ms since the epoch).
        as_of: instant of the last change.
    """

    endurance: float
    memory_days: float
    good_orders: int = 0
    irritation: float = 0.0
    as_of: int = 0

    @property
    def limit(self) -> float:
        """The irritation at which patience ends; each good order raises it, by less and less."""
        goodwill = _GOODWILL_MAX * -math.expm1(-self.good_orders / _GOODWILL_ORDERS)
        return self.endurance * (1 + goodwill)

    def felt(self, at: int) -> float:
        """Return the irritation left at an instant at or after the last change."""
        return self.irritation * math.exp((self.as_of - at) / (self.memory_days * DAY_MS))

    def suffer(self, at: int, sting: float) -> None:
        """Add a trouble; one that comes while the last still smarts counts for more."""
        felt = self.felt(at)
        sore = felt > _SORE_SHARE * self.limit
        self.irritation = felt + sting * (_SORE_FACTOR if sore else 1.0)
        self.as_of = at

    def soothe(self, at: int, share: float) -> None:
        """Take away a share, in [0, 1], of what is felt."""
        self.irritation = self.felt(at) * (1 - share)
        self.as_of = at

    def is_over(self, at: int) -> bool:
        """Tell whether the irritation has passed the limit."""
        return self.felt(at) > self.limit
