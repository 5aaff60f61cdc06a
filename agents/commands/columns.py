"""Text in columns, for people: as wide as what stands in them, whatever the terminal."""

from collections.abc import Iterator, Sequence


def columns(rows: Sequence[Sequence[str]], indent: str = "") -> Iterator[str]:
    """Yield a line for each row, the cells of each column under one another."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield (indent + "  ".join(cells)).rstrip()
