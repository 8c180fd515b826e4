"""Why a wish is refused: the words under which refusals are counted."""

from enum import StrEnum

from bot.language import N_, _


class Reason(StrEnum):
    """Which rule refused a wish; the checks are made in this order."""

    PAUSED = "paused"
    BLOCKED = "blocked"
    CHANNEL = "channel"
    ROLE = "role"
    PROMPT = "prompt"
    MINORS = "minors"
    SOURCE = "source"
    UNCHECKED = "unchecked"
    NEW_MEMBER = "new_member"
    IN_FLIGHT = "in_flight"
    POOL = "pool"
    QUOTA = "quota"


WORDS = {
    Reason.PAUSED: N_("paused"),
    Reason.BLOCKED: N_("blocked"),
    Reason.CHANNEL: N_("other channel"),
    Reason.ROLE: N_("no allowed role"),
    Reason.PROMPT: N_("prompt filter"),
    Reason.MINORS: N_("rule on minors"),
    Reason.SOURCE: N_("explicit source"),
    Reason.UNCHECKED: N_("not checked"),
    Reason.NEW_MEMBER: N_("new member"),
    Reason.IN_FLIGHT: N_("too many at once"),
    Reason.POOL: N_("shared pictures used up"),
    Reason.QUOTA: N_("own pictures used up"),
}


def in_words(reason: str) -> str:
    """A reason as moderators read it; one of an older version as it was written down."""
    return _(WORDS[Reason(reason)]) if reason in set(Reason) else reason.replace("_", " ")
