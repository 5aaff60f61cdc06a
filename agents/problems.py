"""What a user of the command line meets: one line each.

* Failure             it cannot be done, and nobody used it wrongly: exit code 1

Exit code 2:
* UserError           wrong use: options that do not go together, a path that cannot be written
* FileError           agents.files.blocks: an input that cannot be read
* BadSettingsError    agents.settings_errors: settings that are not accepted
* ShopSettingError    agents.shop.problems: a shop that cannot be simulated
* TopicsError         topics that are missing or wrong
"""

from agents.files.blocks import FileError
from agents.settings_errors import BadSettingsError
from agents.shop.problems import ShopSettingError


class UserError(Exception):
    """Wrong use: one line names the thing, its value and what is accepted."""


class TopicsError(Exception):
    """Topics that are missing or wrong: one line each, which says what to do."""


class Failure(Exception):  # noqa: N818 - nothing is wrong with the program
    """It cannot be done: one line says why."""


USER_ERRORS = (UserError, FileError, BadSettingsError, ShopSettingError, TopicsError)
