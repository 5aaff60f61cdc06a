"""What a command has read, in a line for a person."""

from collections import Counter
from collections.abc import Iterator

from agents.offline.history import History
from schemas.base import rfc3339
from schemas.rejection import Reason

Rejected = Counter[Reason]


def told(history: History, rejected: Rejected) -> Iterator[str]:
    """Yield how much was read and of when, and what of it could not be used."""
    events = history.activities
    if events:
        first, last = (rfc3339(event.occurred_at)[:10] for event in (events[0], events[-1]))
        yield f"Read {len(events):,} events, {first} to {last}"
    if rejected:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in rejected.most_common())
        yield f"  rejected, which `churnwatch replay --dead-letters` keeps: {reasons}"
