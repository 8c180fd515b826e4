"""Makes the words of members harmless: in messages, where they could act, and in logs."""

import re
import unicodedata

import discord

# Whoever has the token of an interaction can speak as the bot for fifteen minutes, and whoever has
# the bot's own for good. Errors of aiohttp name the whole address that a token is part of.
TOKEN = re.compile(
    r"(?P<before>/(?:webhooks|interactions)/\d+/)[^/\s'\"?]+"
    r"|aW50ZXJhY3Rpb24[\w+/=:-]{8,}"
    r"|\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}"
)
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


def without_secrets(text: str) -> str:
    """``text`` with every token of an interaction or a bot replaced."""
    return TOKEN.sub(lambda match: f"{match['before'] or ''}[token]", text)


def _unseen(character: str) -> bool:
    # Control, format, surrogate; private use is left, for it is only a box.
    return unicodedata.category(character) in ("Cc", "Cf", "Cs")
