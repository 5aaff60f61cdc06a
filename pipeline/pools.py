"""What only few customers have: the sparse pools of a table, each with its reference in a row."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from pipeline.pool import Pool


@dataclass(slots=True)
class Pools:
    """The pools; the field of a row that refers into a pool has the pool's name."""

    items: Pool  # open matters
    episodes: Pool
    memory: Pool  # what irritated lately
    ledger: Pool  # alerts whose outcome is not known yet

    @property
    def nbytes(self) -> int:
        """Return the memory held, in bytes."""
        return sum(pool.nbytes for _, pool in self.each())

    def each(self) -> Iterator[tuple[str, Pool]]:
        """Yield each pool with its name."""
        for name in POOLS:
            yield name, getattr(self, name)


POOLS = tuple(field.name for field in fields(Pools))
