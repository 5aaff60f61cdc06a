"""A ticket from opened to rated: queues, handovers between agents, and answers that do not hold.

Whatever the customer is made to feel here shows in the records: seconds waited, a promise
(`promised_at`) passed, a ticket reopened, or one that was never resolved.
"""

from collections.abc import Generator

from agents.shop.agenda import Process
from agents.shop.customers import Customer
from agents.shop.events import HOUR_MS, rfc3339
from agents.shop.leavers import feel, soothe
from agents.shop.world import World

_LIVE_CHANNELS = ("chat", "phone")
_CHANNELS = (*_LIVE_CHANNELS, "email")
_ANSWER_HOURS = {"low": 72.0, "normal": 48.0, "high": 24.0, "urgent": 8.0}
_QUEUE_SECONDS_MEDIAN = 150.0
_QUEUE_SECONDS_BORNE = 900.0
_JAMMED = 0.2
_JAM_FACTOR = 8.0
_FORGOTTEN = 0.025
_SLOW = 0.12
_REASSIGNED = 0.12
_REOPENED = 0.12
_COMPENSATED = 0.25
_COMPENSATION = 10.0
_RATED = 0.25
_FOLLOWED_UP = 0.2


def ticket_life(
    world: World, customer: Customer, category: str, *, priority: str, claims: float = 0.0
) -> Process:
    """Take one matter from its opening to its end.

    Args:
        world: the simulation.
        customer: who opens the ticket now.
        category: what it is about.
        priority: `low`, `normal`, `high` or `urgent`.
        claims: compensation that will be asked for, and given, in money; 0 leaves it to the shop.
    """
    ticket_id = f"t-{world.number('ticket'):07d}"
    channel = world.pick(_CHANNELS)
    due_at = world.after(hours=_ANSWER_HOURS[priority])
    customer.last_ticket_at = world.now
    world.write(
        "support-tickets",
        customer,
        ticket_id=ticket_id,
        status="opened",
        channel=channel,
        category=category,
        priority=priority,
        promised_at=rfc3339(due_at),
        segment=customer.segment,
    )
    answered = yield from _until_answered(world, customer, ticket_id, channel)
    if not answered:
        return
    if not claims and world.goes_wrong(customer, _FORGOTTEN):
        yield due_at + round(48 * HOUR_MS)
        feel(world, customer, "forgotten_ticket")
        return
    yield from _until_resolved(world, customer, ticket_id, due_at, claims)
    yield from _aftermath(world, customer, ticket_id)


def _until_answered(
    world: World, customer: Customer, ticket_id: str, channel: str
) -> Generator[int, None, bool]:
    """Wait in a queue; tell whether someone answered before the customer gave up."""
    live = channel in _LIVE_CHANNELS
    waited = world.spread(_QUEUE_SECONDS_MEDIAN, 0.8) * (1 if live else 60)
    jammed = world.goes_wrong(customer, _JAMMED)
    if jammed:
        waited *= _JAM_FACTOR
    borne = world.spread(_QUEUE_SECONDS_BORNE, 0.4)
    hangs_up = jammed and live and waited > 2 * borne
    seconds = round(2 * borne if hangs_up else waited)
    yield world.after(seconds=seconds)
    status = "abandoned" if hangs_up else "replied"
    world.write(
        "support-tickets", customer, ticket_id=ticket_id, status=status, waited_seconds=seconds
    )
    if hangs_up:
        feel(world, customer, "abandoned_contact")
    elif jammed and seconds > borne * (1 if live else 60):
        feel(world, customer, "queue")
    return not hangs_up


def _until_resolved(
    world: World, customer: Customer, ticket_id: str, due_at: int, claims: float
) -> Process:
    if world.chance(_REASSIGNED):
        yield world.after(hours=1 + 5 * world.rng.random())
        world.write("support-tickets", customer, ticket_id=ticket_id, status="reassigned")
    if world.goes_wrong(customer, _SLOW):
        yield due_at + round(HOUR_MS * (1 + world.rng.exponential(20)))
        feel(world, customer, "slow_answer")
        if not customer.is_gone:
            world.write(
                "support-tickets",
                customer,
                ticket_id=ticket_id,
                status="escalated",
                priority="urgent",
            )
        yield world.after(hours=1 + world.rng.exponential(8))
    else:
        left_hours = (due_at - world.now) / HOUR_MS
        yield world.after(hours=max(0.1, left_hours) * (0.05 + 0.7 * world.rng.random()))
    compensation = max(0.01, round(claims, 2)) if claims else None
    if not claims and customer.patience.felt(world.now) > 0 and world.chance(_COMPENSATED):
        compensation = _COMPENSATION
        soothe(world, customer, 0.3)
    world.write(
        "support-tickets",
        customer,
        ticket_id=ticket_id,
        status="resolved",
        compensation=compensation,
    )


def _aftermath(world: World, customer: Customer, ticket_id: str) -> Process:
    """Did it hold? Was it good? And does anyone ask?"""
    if world.goes_wrong(customer, _REOPENED):
        yield world.after(days=0.5 + world.rng.exponential(2))
        if not customer.is_gone:
            world.write("support-tickets", customer, ticket_id=ticket_id, status="reopened")
            feel(world, customer, "reopened_ticket")
            yield world.after(hours=4 + world.rng.exponential(24))
            world.write("support-tickets", customer, ticket_id=ticket_id, status="resolved")
    if world.chance(_RATED):
        yield world.after(hours=0.1 + world.rng.exponential(10))
        if not customer.is_gone:
            soured = 3 * min(1.0, customer.patience.felt(world.now) / customer.patience.limit)
            rating = max(1, min(5, round(4.6 - soured + 0.7 * world.rng.standard_normal())))
            world.write(
                "support-tickets", customer, ticket_id=ticket_id, status="rated", rating=rating
            )
    if world.chance(_FOLLOWED_UP):
        yield world.after(days=1 + 3 * world.rng.random())
        world.write("touchpoints", customer, kind="follow_up", ref=ticket_id)
        soothe(world, customer, 0.2)
