"""How prompts are read by filters: one spelling for what looks the same, and whole words."""

import re
import unicodedata
from collections.abc import Iterable

# Scripts written without spaces between words: there, a word is found wherever it stands.
UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def plain(text: str) -> str:
    """``text`` in one spelling: no case, no accents, no invisible characters, single spaces."""
    # Some characters fall apart only when the case is gone, so both are done twice.
    folded = unicodedata.normalize("NFKC", text).casefold()
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", folded).casefold())
    kept = (one for one in parts if unicodedata.category(one) not in ("Mn", "Cf", "Me"))
    joined = unicodedata.normalize("NFKC", "".join(kept))
    return " ".join(re.sub(r"[\s_]+", " ", joined).split())


def any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Finds any of ``words`` in a plain text, as whole words where the script has spaces."""
    spaced: list[str] = []
    unspaced: list[str] = []
    for word in sorted({plain(word) for word in words}, key=len, reverse=True):
        (unspaced if UNSPACED.search(word) else spaced).append(re.escape(word))
    # Between the parts of a name stands a space, a hyphen, or nothing at all.
    whole = "|".join(spaced).replace(r"\ ", r"[\s\-]?") or r"(?!)"
    return re.compile("|".join([rf"(?<!\w)(?:{whole})(?!\w)", *unspaced]))
