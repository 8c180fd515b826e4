"""A sentence that waits for its reader: the text as in the code, and the values that go into it."""

from collections.abc import Mapping
from typing import Union

import msgspec

from bot.language.reader import _

Value = Union[str, int, "Sentence"]


class Sentence(msgspec.Struct, frozen=True):
    """``str(sentence)`` is the sentence in the language of whoever reads at that moment.

    Attributes:
        text: Marked by ``N_`` where it is written, with names in braces for the values.
        values: What goes there; a sentence among them is translated too.
    """

    text: str
    values: Mapping[str, Value] = {}

    def __str__(self) -> str:
        """The translated text with its values."""
        return _(self.text).format(**self.values)
