"""Reset: a source topic was made anew, and its offsets begin again at 0."""

from msgspec import Struct


class Reset(Struct, frozen=True, array_like=True, tag="r", gc=False):
    """What was known of a source topic by its offsets no longer holds."""

    topic: str
