"""What can be wrong from outside, sorted by what the caller does next.

* SettingError    bad settings: stop before the first record

A bad record is no exception but a `schemas.Rejection`: count it, keep it, carry on. Our own bugs
are neither: an assertion fails and the process stops.
"""


class SettingError(ValueError):
    """A setting that is not accepted: names it, its value, and what would be."""

    def __init__(self, name: str, value: object, wants: str) -> None:
        super().__init__(f"`{name}` is {value}; {wants}")
