"""What the changelog holds of a partition: its header, a row a customer, and what is kept back.

The first byte of a key tells them apart. A null value deletes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from schemas.alert import Alert

HEADER: Final = b"h"
ROW: Final = b"c"  # and the customer id
STANDING: Final = b"s"  # and the id of an alert that was muted and still stands

REBUILDING: Final = "rebuilding"  # stands for the fingerprint of settings while that goes on

_ALERT: Final = msgspec.json.Decoder(Alert)


def row_key(customer_id: str) -> bytes:
    """Return the key of a customer's row."""
    return ROW + customer_id.encode()


def standing_key(alert_id: str) -> bytes:
    """Return the key of an alert that is kept back."""
    return STANDING + alert_id.encode()


@dataclass(slots=True)
class Stored:
    """Some records of the changelog, the last of each key, by what they are."""

    header: bytes | None = None
    rows: dict[str, bytes | None] = field(default_factory=dict)
    standing: dict[str, Alert | None] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, records: Iterable[tuple[bytes | None, bytes | None]]) -> "Stored":
        """Take records apart, in their order."""
        stored = cls()
        rows = stored.rows
        for key, value in records:
            kind = key[:1] if key else b""
            if kind == ROW:
                rows[key[1:].decode()] = value  # type: ignore[index]
            elif kind == HEADER:
                stored.header = value
            elif kind == STANDING:
                stored._stand(key[1:].decode(), value)  # type: ignore[index]
            else:
                stored.unreadable.append(f"a record with the key {key!r}")
        return stored

    def _stand(self, alert_id: str, value: bytes | None) -> None:
        try:
            self.standing[alert_id] = None if value is None else _ALERT.decode(value)
        except msgspec.DecodeError as error:
            self.unreadable.append(f"alert {alert_id} that was kept back: {error}")
