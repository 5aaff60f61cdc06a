"""What a user of the command line can do wrong: one line each, and exit code 2.

* UserError           wrong use: options that do not go together, a path that cannot be written
* FileError           agents.blocks: an input that cannot be read
* BadSettingsError    agents.settings_errors: settings that are not accepted
* ShopSettingError    agents.shop.problems: a shop that cannot be simulated
"""

from agents.blocks import FileError
from agents.settings_errors import BadSettingsError
from agents.shop.problems import ShopSettingError


class UserError(Exception):
    """Wrong use: one line names the thing, its value and what is accepted."""


USER_ERRORS = (UserError, FileError, BadSettingsError, ShopSettingError)
