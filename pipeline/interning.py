"""Text that comes again and again (owners, segments, currencies), kept once and named by a code.

Codes are of one table's making and never leave it. The number of texts is bounded: what comes
after the last place shares one code, `OTHER`, so that a flood of made-up owners cannot eat memory.
"""

from typing import Final

TEXTS_MAX: Final = 65_535
OTHER: Final = "(other)"


class Interned:
    """Texts and their codes; the empty text is 0."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {"": 0, OTHER: 1}
        self._texts = ["", OTHER]

    def code(self, text: str) -> int:
        """Return the code of a text, a new one if it has none yet."""
        code = self._codes.get(text)
        if code is None:
            if len(self._texts) > TEXTS_MAX:
                return 1
            code = self._codes[text] = len(self._texts)
            self._texts.append(text)
        return code

    def text(self, code: int) -> str:
        """Return the text of a code."""
        return self._texts[code]
