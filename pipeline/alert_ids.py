"""The ids of alerts: the same wherever and however often the log is folded."""

import uuid
from typing import Final

_NAMESPACE: Final = uuid.UUID("6f0cf5b5-4b0e-5a64-9d56-1a2f6f7f5a3e")


def alert_id(customer_id: str, kind: str, onset_ms: int) -> str:
    """Return the id of an episode: a UUIDv5 of kind, onset in milliseconds and customer id."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}/{onset_ms}/{customer_id}"))
