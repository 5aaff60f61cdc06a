"""How far a command has come, on a terminal only; on standard error, so output stays clean."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

Advance = Callable[[int], None]
Begin = Callable[[str, int | None], Advance]  # takes what is done, and how much there is of it


@contextmanager
def progress() -> Iterator[Begin]:
    """Show bars: the function given begins one, and returns what moves it on."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    shown = Progress(
        *columns,
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )

    def begin(what: str, total: int | None) -> Advance:
        task = shown.add_task(what, total=total)
        return lambda count: shown.advance(task, count)

    with shown:
        yield begin


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show that something is done, and for how long, where nobody knows how much is left."""
    with progress() as begin:
        begin(what, None)
        yield
