"""How often Python looks for cyclic garbage, which holds the loop while it does."""

import gc
from typing import Final

NEW_OBJECTS: Final = 10_000


def collect_less() -> None:
    """Look after more new objects than Python's 700, and only among new ones.

    A fetch is thousands of records that live until it is handled, so looking sooner finds nothing,
    and took a tenth of the time of a restore. The program itself, once loaded, is looked through
    no more: that held the loop for 40 ms at a time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
