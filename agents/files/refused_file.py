"""Refused records as JSON Lines: what `replay` writes in place of the topic `dead-letters`."""

import base64
import os
from collections.abc import Iterable
from typing import BinaryIO, Final

import msgspec

from agents.files.blocks import Refused

_ENCODER: Final = msgspec.json.Encoder()


def write_dead_letters(refused: Iterable[Refused], to: BinaryIO) -> int:
    """Append one line for each refused record, and return how many.

    A line has `file`, `line`, `reason`, `detail`, and the original bytes: as `value` if they are
    UTF-8, else as `value_base64`; `value_omitted` is true if they are too large to keep.
    """
    lines = [_ENCODER.encode(_dead_letter(each)) + b"\n" for each in refused]
    to.writelines(lines)
    return len(lines)


def _dead_letter(refused: Refused) -> dict[str, object]:
    return {
        "file": os.fsencode(refused.path).decode(errors="replace"),
        "line": refused.line,
        "reason": refused.reason,
        "detail": refused.detail,
        **_value(refused.raw),
    }


def _value(raw: bytes | None) -> dict[str, object]:
    if raw is None:
        return {"value_omitted": True}
    try:
        return {"value": raw.decode()}
    except UnicodeDecodeError:
        return {"value_base64": base64.b64encode(raw).decode()}
