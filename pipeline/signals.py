"""What a detector says of customers at an instant: the input of the episode machine."""

from dataclasses import dataclass, field, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.units import NEVER, Bools, Floats, Ints

_DETAILS: Final = "details"


@dataclass(slots=True)
class Signals:
    """One detector's view, (n,) each; `at_ms` is the instant of each row."""

    at_ms: Ints
    score: Floats
    limit: Floats
    enter: Bools  # the score has reached the limit
    worse: Bools  # it has reached the critical level
    below: Bools  # it has fallen below the exit level
    faded: Bools  # it is that low, and only waits for the day at which it is looked at
    settled: Bools  # nothing of the cause stands open
    came_back_ms: Ints  # event time of what ends any episode of this kind, NEVER if none
    confirmed: Bools  # a good sign, which ends an eased episode
    acted: Bools  # the company did something
    closed: Bools  # the customer has left for good
    outlasted: Bools  # it has gone on for the whole horizon
    unmade: Bools  # late data shows that there was no cause at the onset
    fresh_ms: Ints  # what the score rests on; a lost episode is not raised again before
    details: dict[str, NDArray[Any]] = field(default_factory=dict)  # for the words, (n, ...) each

    @classmethod
    def quiet(cls, at_ms: Ints) -> "Signals":
        """Return signals that change nothing, to be filled in."""
        n = len(at_ms)
        no = [np.zeros(n, np.bool_) for _ in range(10)]
        return cls(
            at_ms=at_ms,
            score=np.zeros(n),
            limit=np.ones(n),
            enter=no[0],
            worse=no[1],
            below=no[2],
            settled=no[3],
            came_back_ms=np.full(n, NEVER),
            confirmed=no[4],
            acted=no[5],
            closed=no[6],
            outlasted=no[7],
            unmade=no[8],
            faded=no[9],
            fresh_ms=np.full(n, NEVER),
        )

    def take(self, which: Ints) -> "Signals":
        """Return some of them."""
        columns = {f.name: getattr(self, f.name)[which] for f in fields(self) if f.name != _DETAILS}
        details = {name: values[which] for name, values in self.details.items()}
        return Signals(**columns, details=details)
