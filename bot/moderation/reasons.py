"""Why a wish is refused: the words under which refusals are counted."""

from enum import StrEnum


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
