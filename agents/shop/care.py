"""What the shop does to its customers beside selling: letters, prices, people and promises.

A customer's touches are one Poisson process, each touch drawn by its share of the total rate.
A promise made before a change of owner is mostly forgotten by the new one, and it shows: the
`promise_kept` of its `ref` is missing when `due_at` has passed.
"""

from bisect import bisect_right
from itertools import accumulate

from agents.shop.agenda import Process
from agents.shop.customers import OWNERS, Customer
from agents.shop.events import DAY_MS, rfc3339
from agents.shop.leavers import feel, soothe
from agents.shop.world import World

_PER_DAY = {
    "consumer": {"promoted": 1 / 25, "survey_answered": 1 / 120, "hindered": 1 / 90},
    "business": {
        "promoted": 1 / 40,
        "survey_answered": 1 / 90,
        "follow_up": 1 / 45,
        "promise_made": 1 / 28,
        "owner_changed": 1 / 120,
        "reviewed": 1 / 120,
        "payment_overdue": 1 / 200,
        "renegotiated": 1 / 300,
    },
}
_CARED_FOR_DAYS = 60.0  # after the last order, what is sent to someone who left comes to an end
_KEPT = 0.93
_KEPT_AFTER_HANDOVER = 0.2
_RISES = 0.6
_RISE_LASTS_DAYS = 2.0


def caring(world: World, customer: Customer) -> Process:
    """Touch after touch, for a while also after a leaving that the shop knows nothing of."""
    rates = _PER_DAY[customer.segment]
    kinds, until = tuple(rates), tuple(accumulate(rates.values()))
    while True:
        gap_days = world.rng.exponential(1 / until[-1])
        yield world.week.later(world.now, gap_days * DAY_MS)
        if customer.left_at is not None and world.now > customer.left_at + _CARED_FOR_DAYS * DAY_MS:
            return
        _touch(world, customer, kinds[bisect_right(until, world.rng.random() * until[-1])])


def _touch(world: World, customer: Customer, kind: str) -> None:
    if kind == "promise_made":
        world.begin(_promise(world, customer))
    elif kind == "owner_changed":
        _hand_over(world, customer)
    elif kind == "survey_answered":
        _answer(world, customer)
    elif kind == "hindered":
        if not customer.is_gone and world.goes_wrong(customer, 0.5):
            world.write("touchpoints", customer, kind=kind, reason="payment page failed")
            feel(world, customer, "hindered")
    else:
        world.write("touchpoints", customer, kind=kind, segment=customer.segment)
        if kind == "follow_up":
            soothe(world, customer, 0.2)


def _hand_over(world: World, customer: Customer) -> None:
    if customer.owner is None or not world.chance(min(1.0, world.settings.trouble)):
        return
    others = tuple(owner for owner in OWNERS if owner != customer.owner)
    customer.owner = others[int(world.rng.integers(len(others)))]
    customer.handed_over_at = world.now
    world.write("touchpoints", customer, kind="owner_changed")
    feel(world, customer, "handover")


def _promise(world: World, customer: Customer) -> Process:
    """Make a promise; keep it in time, or let its date pass."""
    made_at = world.now
    due_at = world.after(days=4 + 8 * world.rng.random())
    ref = f"p-{world.number('promise'):07d}"
    world.write("touchpoints", customer, kind="promise_made", ref=ref, due_at=rfc3339(due_at))
    yield made_at + round((due_at - made_at) * (0.85 + 0.1 * world.rng.random()))
    handed_over = customer.handed_over_at is not None and customer.handed_over_at > made_at
    broken = 1 - (_KEPT_AFTER_HANDOVER if handed_over else _KEPT)
    if not world.chance(min(1.0, broken * world.settings.trouble)):
        world.write("touchpoints", customer, kind="promise_kept", ref=ref)
        return
    yield due_at + DAY_MS
    feel(world, customer, "dropped_promise" if handed_over else "broken_promise")


def _answer(world: World, customer: Customer) -> None:
    if customer.is_gone or not customer.orders:
        return
    soured = 6 * min(1.0, customer.patience.felt(world.now) / customer.patience.limit)
    score = max(0, min(10, round(8.7 - soured + 1.2 * world.rng.standard_normal())))
    world.write("touchpoints", customer, kind="survey_answered", score=score)


def price_rises(world: World) -> Process:
    """Raise prices now and then: letters to a part of all customers, over two days."""
    every_days = world.settings.price_rise_every_days
    while True:
        yield world.after(days=every_days * (0.8 + 0.4 * world.rng.random()))
        told = [one for one in world.customers if not one.is_gone and world.chance(_RISES)]
        for customer in told:
            yield world.after(days=_RISE_LASTS_DAYS / len(told))
            world.write("touchpoints", customer, kind="price_raised", reason="list price")
            feel(world, customer, "price_rise")
