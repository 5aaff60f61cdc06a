"""What acting on alerts changed, against the customers whose alerts nobody acts on."""

from collections.abc import Iterator

from agents.offline.ledger_view import Ledger
from pipeline.proportions import detectable_difference, newcombe
from schemas.alert import Arm


def uplift_lines(ledger: Ledger) -> Iterator[str]:
    """Yield the uplift with its interval; nothing without a control group.

    Everyone raised counts in both arms, acted on or not, once a customer: the arms are drawn by
    customer. One overall figure: of several subgroups one would look like a success by chance.
    """
    if not any(entry.arm for entry in ledger.entries):
        return
    first = {entry.customer_id: entry for entry in reversed(ledger.counted(ledger.entries))}
    control, treated = (
        [entry.has_left for entry in first.values() if entry.arm is arm]
        for arm in (Arm.CONTROL, Arm.TREATED)
    )
    yield ""
    yield "Control group (everyone raised in both arms, acted on or not, once a customer)"
    if not control or not treated:
        yield "  Not known yet: no horizon has passed in both arms."
        return
    base, other = sum(control) / len(control), sum(treated) / len(treated)
    low, high = newcombe(sum(control), len(control), sum(treated), len(treated))
    seen = detectable_difference(len(control), len(treated), base)
    yield (
        f"  {base:.1%} of {len(control):,} controls left, "
        f"{other:.1%} of the {len(treated):,} others"
    )
    yield (
        f"  kept by acting: {100 * (base - other):+.1f} points "
        f"(95% interval {100 * low:+.1f} to {100 * high:+.1f})"
    )
    yield (
        f"  Arms of this size show a difference of {100 * seen:.1f} points or more in 80 of 100 "
        "trials."
    )
    yield "  Read this once, on a date set beforehand: watched daily, chance looks like success."
