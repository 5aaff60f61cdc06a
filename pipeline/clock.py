"""What time it is for a partition of the log: the time of the slowest feed that has more to read.

clock = max(clock, min over all source partitions of (live_at, else watermark)). A source
partition never heard from holds it still. With `clock: event`, live_at is not used: time is the
data's own.
"""

from collections.abc import Sequence
from typing import Any

from schemas.progress import SourceProgress


class Clock:
    """The clock of one partition of the log."""

    def __init__(self, topics: Sequence[str], *, live: bool) -> None:
        self._live = live
        self._partitions = dict.fromkeys(topics, 0)  # how many each topic has; 0: not heard of
        self._read_ms: dict[tuple[str, int], int] = {}
        self._behind: set[tuple[str, int]] = set()  # source partitions with more to read
        self.now_ms = 0

    @property
    def is_live(self) -> bool:
        """Return whether all that is heard of has been read to its end."""
        return self._live and not self._behind and bool(self._read_ms)

    def hear(self, progress: SourceProgress) -> None:
        """Take in how far one source partition has been read."""
        topic = progress.topic
        if topic not in self._partitions:
            return
        self._partitions[topic] = max(self._partitions[topic], progress.partitions)
        live_ms = progress.live_at if self._live else 0
        self._behind.discard((topic, progress.partition))
        if not live_ms:
            self._behind.add((topic, progress.partition))
        known_ms = self._read_ms.get((topic, progress.partition), 0)
        self._read_ms[topic, progress.partition] = max(known_ms, live_ms or progress.watermark)
        heard_of_all = len(self._read_ms) == sum(self._partitions.values())
        if heard_of_all and all(self._partitions.values()):
            self.now_ms = max(self.now_ms, min(self._read_ms.values()))

    def forget(self, topic: str) -> None:
        """Wait to hear of all partitions of a topic anew; time does not go back."""
        if topic in self._partitions:
            self._partitions[topic] = 0
            others = {source: at for source, at in self._read_ms.items() if source[0] != topic}
            self._read_ms = others
            self._behind = {source for source in self._behind if source[0] != topic}

    def state(self) -> dict[str, Any]:
        """Return what `restore` takes: plain values."""
        read = [(topic, partition, at) for (topic, partition), at in sorted(self._read_ms.items())]
        return {
            "now": self.now_ms,
            "partitions": dict(sorted(self._partitions.items())),
            "read": read,
            "behind": sorted(self._behind),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""
        self.now_ms = state["now"]
        self._partitions = dict(state["partitions"])
        self._behind = {(topic, partition) for topic, partition in state.get("behind", [])}
        self._read_ms = {(topic, partition): at for topic, partition, at in state["read"]}
