"""What can be wrong with a shop: only its settings.

* ShopSettingError      a bad setting: stop before the first event
"""


class ShopSettingError(ValueError):
    """A setting of the simulated shop that cannot be used."""

    def __init__(self, name: str, value: object, *, wants: str) -> None:
        super().__init__(f"`{name}` is {value!r}; accepted: {wants}")
