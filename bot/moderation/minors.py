"""The rule that no guild can switch off: nothing sexual about minors.

One word proves nothing: "a child with a kite" is a fine picture, and so may be a nude. So the rule
asks for two contexts together, somebody young and something sexual, in any of nine languages. It
reads the prompts of the whole lineage, so that the two cannot be told one after the other.
"""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from bot.moderation.wording import any_of, plain

WORDS = Path(__file__).with_name("minors.toml")

# An age below 18, as it is written about a person. Years alone ("10 years later") are no age.
_YEARS = r"(?:[1-9]|1[0-7])"
AGE = re.compile(
    rf"(?<![\w.])(?:{_YEARS}\s?-?\s?(?:years?|yrs?)\s?-?\s?old|{_YEARS}\s?-?\s?y\s?/?\s?o\b"
    rf"|{_YEARS}\s?-?\s?jahrige\w*|{_YEARS}\s?-?\s?jahrig\w*|{_YEARS}\s?jahre?\s(?:alt|jung)"
    rf"|de\s{_YEARS}\s(?:anos|ans)|{_YEARS}\s(?:anos\sde\s(?:edad|idade)|ans\b)"
    rf"|di\s{_YEARS}\sanni|{_YEARS}\s?(?:лет|года?)\b|aged?\s(?:of\s)?{_YEARS}\b)"
    rf"|(?<!\d){_YEARS}\s?(?:歳|才|岁|歲)"
)


class MinorsRule:
    """Knows the words; ask ``refuses``."""

    def __init__(self, words: dict[str, list[str]]) -> None:
        self._young = any_of(words["young"])
        self._sexual = any_of(words["sexual"])
        self._both = any_of(words["both"])
        self._harmless = any_of(words["harmless"])
        self._undressing = any_of(words["undressing"])

    def refuses(self, prompts: Sequence[str], negative_prompt: str = "") -> bool:
        """Whether the prompts of a lineage, taken together, are sexual and about minors.

        Args:
            negative_prompt: What should not be there; "clothes" in it counts as sexual.
        """
        texts = [self._harmless.sub(" ", plain(prompt)) for prompt in prompts]
        if any(self._both.search(text) for text in texts):
            return True
        young = any(self._young.search(text) or AGE.search(text) for text in texts)
        return young and (
            any(self._sexual.search(text) for text in texts)
            or self._undressing.search(plain(negative_prompt)) is not None
        )


@cache
def minors_rule() -> MinorsRule:
    """The rule with the words that ship."""
    return MinorsRule(tomllib.loads(WORDS.read_text("utf-8")))
