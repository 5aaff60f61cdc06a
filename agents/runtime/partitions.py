"""Every partition that a worker holds, by the life it is in."""

import asyncio
from collections.abc import Iterable, Mapping

from faust.types import TP

from agents.runtime.batch import AgentSpec, Batch
from agents.runtime.errors import StartOver
from agents.runtime.life import Partition, Phase, Surroundings


class Partitions:
    """The lives of the partitions held."""

    def __init__(self, agents: Iterable[AgentSpec], drain_seconds_max: float) -> None:
        self._agents = {agent.topic: agent for agent in agents}
        self._drain_seconds_max = drain_seconds_max
        self._held: dict[TP, Partition] = {}
        self._generation = 0

    async def keep(self, tps: Iterable[TP]) -> None:
        """Let go of what agents have kept of partitions that are not among these."""
        kept = frozenset(tps)
        await asyncio.gather(*(agent.keep(kept) for agent in self._agents.values()))

    def assign(self, tps: Iterable[TP], around: Surroundings) -> None:
        """Begin a new life for each partition; the former ones must have ended.

        Generations are counted here: the group's own does not move on when a static member
        comes back.
        """
        if self._held:
            raise AssertionError("partitions were assigned before the former ones ended")
        self._generation += 1
        for tp in tps:
            if tp.topic in self._agents:
                agent = self._agents[tp.topic]
                life = Partition(tp, agent, self._generation, around, self._follow)
                self._held[tp] = life

    def _follow(self, broken: Partition) -> None:
        """Begin another life in place of one that broke."""
        if self._held.get(broken.tp) is not broken:
            return
        self._generation += 1
        self._held[broken.tp] = Partition(
            broken.tp, broken.agent, self._generation, broken.around, self._follow, broken
        )

    def start_over(self, tp: TP, why: StartOver) -> None:
        """End the present life of a partition, undrained, and begin another."""
        life = self._held.get(tp)
        if life is not None:
            life.start_over(why)

    async def end_all(self) -> None:
        """End every life, all at the same time, within the bound."""
        held, self._held = self._held, {}
        await asyncio.gather(*(life.end(self._drain_seconds_max) for life in held.values()))

    def fetchable(self) -> Mapping[TP, Partition]:
        """Return the partitions to fetch now: a copy, which stays as it is."""
        return {tp: life for tp, life in self._held.items() if life.has_room}

    def get(self, tp: TP) -> Partition | None:
        """Return the present life of a partition, if it is held."""
        return self._held.get(tp)

    def take(self, batch: Batch) -> None:
        """Hand a batch to its partition, unless that life is over."""
        life = self._held.get(batch.tp)
        if life is not None and life.generation == batch.generation:
            life.put(batch)

    def phases(self) -> dict[TP, Phase]:
        """Return where each held partition is in its life."""
        return {tp: life.phase for tp, life in self._held.items()}

    def busy_seconds(self) -> float:
        """Return for how long the slowest handler has had its batch."""
        held = list(self._held.values())  # the watchdog asks from its own thread
        return max((life.busy_seconds for life in held), default=0.0)
