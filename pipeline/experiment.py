"""The control group: customers whose alerts nobody acts on, drawn before any alert.

A hash of salt and id draws: the same for every kind and episode, wherever the customer is folded.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from pipeline.detector_settings import ControlSettings
from pipeline.units import Bools
from schemas.hashing import id_hashes

_HASHES: Final = 2**64


def in_control(customer_ids: Sequence[str], settings: ControlSettings) -> Bools:
    """Return who is in the control group.

    Args:
        customer_ids: (customers,) not empty.
        settings: share and salt; a larger share keeps those of a smaller one.

    Returns:
        (customers,) whether each is a control; nobody is at a share of 0.
    """
    limit = int(settings.share * _HASHES)
    # The separator keeps a salt that ends like an id from drawing for another pair.
    hashes = id_hashes([f"{settings.salt}\0{customer_id}" for customer_id in customer_ids])
    return np.array([each < limit for each in hashes], np.bool_)
