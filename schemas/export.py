"""JSON Schema of what others write to us and read from us."""

import inspect
from typing import Any, Final

import msgspec

from schemas.alert import Alert, Digest
from schemas.order import Order
from schemas.ticket import Ticket
from schemas.touchpoint import Touchpoint

EXPORTED: Final = {
    "order": Order,
    "ticket": Ticket,
    "touchpoint": Touchpoint,
    "alert": Alert,
    "digest": Digest,
}


def json_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a record by its name in `EXPORTED`."""
    schema = msgspec.json.schema(EXPORTED[name])
    for part in schema["$defs"].values():
        part["description"] = inspect.cleandoc(part["description"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
