"""`churnwatch schemas`: the JSON Schemas of what is read and written."""

from collections.abc import Iterator
from pathlib import Path

from agents.files.schema_files import schema_text, write_schemas
from agents.problems import UserError
from schemas.export import EXPORTED


def schemas(folder: Path | None) -> Iterator[str]:
    """Write the schemas into a folder and yield their paths; without one, yield their text.

    Raises:
        UserError: the folder cannot be written.
    """
    if folder is None:
        texts = ", ".join(f'"{name}": {schema_text(name).strip()}' for name in EXPORTED)
        yield f"{{{texts}}}"
        return
    try:
        yield from (str(path) for path in write_schemas(folder))
    except OSError as error:
        why = error.strerror or str(error)
        raise UserError(
            f"cannot write to {str(folder)!r}: {why}; a folder that can be made is accepted"
        ) from None
