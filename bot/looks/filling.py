"""Puts a member's words into a look's template."""

import re

from bot.looks.look import PLACE

# What is left around a place that nothing was put into: "a sketch of , ink" is "a sketch, ink".
_LEFT_OVER = re.compile(r"(?:\s+(?:of|with|showing))?\s*" + re.escape(PLACE) + r"\s*,?\s*")


def fill(template: str, words: str) -> str:
    """The prompt that ``template`` and a member's ``words`` make together; either may be empty."""
    words = words.strip()
    if not words:
        return _LEFT_OVER.sub(_joint, template).strip(" ,")
    if PLACE not in template:
        return f"{words}, {template}"
    return template.replace(PLACE, words)


def _joint(found: re.Match[str]) -> str:
    """What stays where the place was: a comma if it parted two things, else a blank."""
    return ", " if "," in found.group() and found.start() > 0 else " "
