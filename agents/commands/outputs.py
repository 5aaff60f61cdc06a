"""Files that a command writes: tried before the work begins, to tell of a bad path at once."""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from agents.problems import UserError


def check_apart(inputs: Iterable[Path], outputs: Iterable[Path | None]) -> None:
    """Refuse to write over what is read, or to write two things to one file."""
    taken = {path.resolve() for path in inputs}
    for path in outputs:
        if path is None:
            continue
        if path.resolve() in taken:
            raise UserError(f"{str(path)!r} is given twice; accepted is a file of its own for each")
        taken.add(path.resolve())


def check_writable(path: Path) -> None:
    """Raise UserError unless a file can be written; what it holds is left as it is."""
    is_new = not path.exists()
    try:
        with path.open("ab"):
            pass
        if is_new:
            path.unlink()
    except OSError as error:
        raise _unwritable(path, error) from None


def opened(stack: ExitStack, path: Path | None) -> BinaryIO | None:
    """Open a file for writing, closed with the stack; None for no path."""
    if path is None:
        return None
    try:
        return stack.enter_context(path.open("wb"))
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> UserError:
    why = error.strerror or str(error)
    return UserError(
        f"cannot write {str(path)!r}: {why}; a file in a folder that exists is accepted"
    )
