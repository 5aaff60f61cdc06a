"""A record that cannot be used, and why: the other outcome of every decode.

The set of reasons is small and fixed, because each is a label of a metric. What was wrong with
this one record goes into `detail`, which is free text, cut to a bound.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

DETAIL_LENGTH_MAX: Final = 200


class Reason(StrEnum):
    """Why a record was rejected."""

    TOMBSTONE = "tombstone"  # no value at all
    MALFORMED = "malformed"  # not JSON, not UTF-8, cut short, nested too deep
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    BAD_VALUE = "bad_value"  # right type, outside what is accepted
    UNKNOWN_STATUS = "unknown_status"
    BAD_TIME = "bad_time"  # not RFC 3339 with an offset, or before 1980
    IN_THE_FUTURE = "in_the_future"
    TOO_LARGE = "too_large"
    NOT_FOLDED = "not_folded"  # a record of the log at which the fold raises


@dataclass(frozen=True, slots=True)
class Rejection:
    """The outcome of decoding a record that cannot be used."""

    reason: Reason
    detail: str

    @classmethod
    def of(cls, reason: Reason, detail: str) -> "Rejection":
        """Return a rejection whose detail is one line of bounded length."""
        line = " ".join(detail.split())
        if len(line) > DETAIL_LENGTH_MAX:
            line = line[: DETAIL_LENGTH_MAX - 1] + "…"
        return cls(reason, line)
