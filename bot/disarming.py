"""Makes the words of members harmless: in messages, where they could act, and in logs."""

import re
import unicodedata

import discord

# Emoji and several scripts are written with these two.
JOINERS = "\u200c\u200d"
MARKUP = re.compile(r"[\\*_`~|\[\]<>]")
# "https://…" would be made a link, and a picture of where it leads be shown below the message.
SCHEME = re.compile(r"(?<=\w):(?=//)")


def printable(text: str) -> str:
    """``text`` on one line without what moves a cursor, turns a line around or is not seen."""
    kept = (c for c in text if c in JOINERS or c.isspace() or not _unseen(c))
    return " ".join("".join(kept).split())


def disarmed(text: str) -> str:
    """``text`` on one line, to be read as it is: no markup, no link, no mention."""
    plain = SCHEME.sub(r"\\:", MARKUP.sub(r"\\\g<0>", printable(text)))
    return discord.utils.escape_mentions(plain)


def _unseen(character: str) -> bool:
    # Control, format, surrogate; private use is left, for it is only a box.
    return unicodedata.category(character) in ("Cc", "Cf", "Cs")
