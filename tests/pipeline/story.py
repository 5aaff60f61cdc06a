"""A story of single customers as a log: what happens on which day, and when it is heard.

Days count from 2024-01-01. All is told by one source, which others keep alive by their orders;
where touchpoints are heard of, others keep theirs alive by promotions.
"""

import math

from pipeline.inactivity_settings import InactivityRule
from pipeline.settings import PipelineSettings
from schemas.activity import Activity, Kind
from tests.pipeline.harness import Intake, at, day, fold, with_settings


def alone(**parts) -> PipelineSettings:
    """Return settings for one source and its own time; frustration and inactivity alone."""
    others = {kind: {"enabled": False} for kind in OTHER_KINDS}
    silence = parts.get("inactivity", {})
    if isinstance(silence, dict):  # by crossings that are exact, unless another rule is named
        parts["inactivity"] = {"rule": InactivityRule.ORDER_MODEL} | silence
    return with_settings(**{"sources": ("orders",), "live_clock": False} | others | parts)


OTHER_KINDS = ("quiet_after_trouble", "remorse", "stalled", "neglect", "handover")


class Story:
    """A log in the making: what happens to ada and bob, and a feed that others keep alive."""

    def __init__(self, settings: PipelineSettings, partitions: int = 1):
        self.settings = settings
        self.partitions = partitions
        self.intake = Intake(settings, {"orders": partitions})
        self._pending = []
        self._number = 0

    def tell(self, when, kind, who="ada", partition=0, arrives=None, **fields):
        """Have something happen on a day; it arrives then, unless said otherwise."""
        due = fields.pop("due", None)
        fields["due_at"] = at(due) if due is not None else 0
        self._number += 1
        event = Activity(
            who,
            int(kind),
            at(when),
            f"e{self._number}",
            fields.pop("topic", "orders"),
            partition,
            0,
            item=fields.pop("item", f"i{self._number}"),
            **fields,
        )
        self._pending.append((when if arrives is None else arrives, self._number, event))
        return self

    def orders(self, *days, who="ada", **fields):
        for when in days:
            self.tell(when, Kind.ORDER_PLACED, who, **fields)
        return self

    def lives(self, first, last, every=1.0, partition=0):
        """Keep the feed alive by orders of ever other customers."""
        count = math.floor((last - first) / every) + 1
        for n in range(count):
            self.tell(first + n * every, Kind.ORDER_PLACED, f"other{self._number}", partition)
            if "touchpoints" in self.settings.sources:
                who = f"other{self._number}"
                self.tell(first + n * every, Kind.PROMOTED, who, topic="touchpoints")
        return self

    def alerts(self, tick=True):
        """Fold it all, with a tick after every record or only where a feed asks for one."""
        for _, _, event in sorted(self._pending, key=lambda entry: entry[:2]):
            self.intake.send(event)
            if tick:
                self.intake.tick()
        self.intake.tick()
        alerts = fold(self.settings, self.intake.log)[1]
        mine = [a for a in alerts if not a.customer_id.startswith("other")]
        self.closings = [a for a in mine if a.outcome is not None]
        return [a for a in mine if a.outcome is None]

    def moves(self, tick=True):
        """Return (customer, state, day) of every alert; a day is rounded to a tenth of a second."""
        return [
            (a.customer_id, str(a.state), round(day(a.occurred_at), 6)) for a in self.alerts(tick)
        ]


def only(*kinds, sources=("orders",), frustration=None, **parts):
    """Return settings under which these kinds are judged; frustration if it has settings."""
    on = {kind: {"enabled": True} | parts.pop(kind, {}) for kind in kinds}
    silence = parts.pop("inactivity", {"rule": InactivityRule.OFF})
    load = frustration or {"base": 99.0}
    return alone(inactivity=silence, frustration=load, sources=sources, **on, **parts)


def told(settings, last, *happened):
    """Return a story of what happened: (day, kind), or with fields, among others' until a day."""
    story = Story(settings)
    for when, kind, *fields in happened:
        story.tell(when, kind, **(fields[0] if fields else {}))
    return story.lives(0, last)


def moved(story):
    """Return (kind, state, day) of every alert that is told."""
    return [(str(a.kind), str(a.state), round(day(a.occurred_at), 6)) for a in story.alerts()]


def states(story):
    """Return (state, day) of every alert that is told."""
    return [(state, when) for _, state, when in story.moves()]
