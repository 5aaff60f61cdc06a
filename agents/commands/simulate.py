"""`churnwatch simulate`: a shop's records as files, and the truth beside them."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from agents.problems import UserError
from agents.shop.events import SOURCES
from agents.shop.outages import KINDS, Outage
from agents.shop.settings import ShopSettings
from agents.shop.write import FILES, TRUTH_FILE, Counts, write_shop
from schemas.base import rfc3339

_OPTIONS = {"orders": "--orders", "support-tickets": "--tickets", "touchpoints": "--touchpoints"}


def simulate(settings: ShopSettings, folder: Path, suffix: str) -> Counts:
    """Write the files of a shop.

    Raises:
        ShopSettingError: the shop cannot be simulated.
        UserError: the folder cannot be written.
    """
    try:
        return write_shop(settings, folder, suffix)
    except OSError as error:
        why = error.strerror or str(error)
        raise UserError(
            f"cannot write to {str(folder)!r}: {why}; a folder that can be made is accepted"
        ) from None


def told(settings: ShopSettings, folder: Path, suffix: str, counts: Counts) -> Iterator[str]:
    """Yield what was written, and how to go on."""
    for source, name in FILES.items():
        yield f"{folder / f'{name}{suffix}'}  {counts.events[source]:,} records"
    people = ", ".join(f"{count:,} {kind}" for kind, count in sorted(counts.kinds.items()))
    yield f"{folder / f'{TRUTH_FILE}{suffix}'}  {sum(counts.kinds.values()):,} customers: {people}"
    until = rfc3339(round(settings.end_ms))
    files = " ".join(
        f"{_OPTIONS[source]} {shlex.quote(str(folder / f'{name}{suffix}'))}"
        for source, name in FILES.items()
    )
    yield f"Next: churnwatch replay {files} --until {until}"


def outage_of(text: str) -> Outage:
    """Return an outage from `SOURCE:BEGIN-END` in days, and `:delayed` after it if it is."""
    wants = (
        f"accepted is SOURCE:BEGIN-END[:KIND], days after the start, as in orders:10-13:delayed; "
        f"SOURCE is one of {', '.join(SOURCES)}, KIND one of {', '.join(KINDS)}"
    )
    source, _, rest = text.partition(":")
    span, _, kind = rest.partition(":")
    begin, _, end = span.partition("-")
    named = [name for name in SOURCES if name == source]
    of_kind = [name for name in KINDS if name == (kind or "lost")]
    try:
        days = float(begin), float(end)
    except ValueError:
        raise UserError(f"--outage is {text!r}; {wants}") from None
    if not named or not of_kind:
        raise UserError(f"--outage is {text!r}; {wants}")
    return Outage(source=named[0], begins_day=days[0], ends_day=days[1], kind=of_kind[0])
