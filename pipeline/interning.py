"""Text that comes again and again (owners, segments, currencies), kept once and named by a code.

Codes are of one table's making and never leave it. The number of texts is bounded: what comes
after the last place shares one code, `OTHER`, so that a flood of made-up owners cannot eat memory.
"""

from typing import Final

import numpy as np

from pipeline.units import Ints

TEXTS_MAX: Final = 65_535
OTHER: Final = "(other)"


class Interned:
    """Texts and their codes; the empty text is 0."""

    def __init__(self) -> None:
        self._codes = _Codes({"": 0, OTHER: 1})
        self._texts = self._codes.texts = ["", OTHER]

    def codes(self, texts: list[str]) -> Ints:
        """Return the codes of texts; who has none yet gets a new one."""
        if texts.count("") == len(texts):
            return np.zeros(len(texts), np.int64)
        return np.fromiter(map(self._codes.__getitem__, texts), np.int64, len(texts))

    def text(self, code: int) -> str:
        """Return the text of a code."""
        return self._texts[code]


class _Codes(dict[str, int]):
    """Codes by text: a look-up that is known costs no call."""

    texts: list[str]

    def __missing__(self, text: str) -> int:
        if len(self.texts) > TEXTS_MAX:
            return 1
        code = self[text] = len(self.texts)
        self.texts.append(text)
        return code
