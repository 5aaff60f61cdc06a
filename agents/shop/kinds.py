"""What became of a customer, as the truth names it.

* worn_out            trouble upon trouble, until the last one is too much
* remorseful          the same, before there was a second order
* mishandled          the last straw is a promise forgotten in a change of owner
* silent              leaves with no trouble to blame and nothing said
* concession_seeker   complains, is compensated, and stays
* loyal               stays
"""

from typing import Literal, TypeAlias, get_args

Kind: TypeAlias = Literal[
    "worn_out", "remorseful", "mishandled", "silent", "concession_seeker", "loyal"
]

KINDS: tuple[Kind, ...] = get_args(Kind)
LEAVERS: tuple[Kind, ...] = KINDS[:4]
