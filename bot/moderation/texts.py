"""What moderators read, and what members read of the rules."""

from collections.abc import Sequence
from datetime import datetime

from bot.disarming import disarmed
from bot.language import N_, _
from storage.blocks import Block
from storage.rules import PromptFilter

MESSAGE_MAX_CHARS = 2000
# Names in one sentence; more would be no sentence.
LISTED = 10

PAUSED_NOW = N_("Paused. Nobody can ask for pictures here until you use `/mod resume`.")
PAUSED_ALREADY = N_("It is paused already.")
RESUMED = N_("Members can ask for pictures again.")
NOT_PAUSED = N_("It is not paused.")
PAUSED_FOR_MEMBERS = N_("The moderators have paused me in this server. Please try again later.")

PROMPT_REFUSED = N_("The moderators of this server do not want what that prompt asks for.")
MINORS_REFUSED = N_("I make no sexual pictures of anybody who is or looks under age.")
NOT_AGE_RESTRICTED = N_("Only a channel that Discord itself restricts to adults may show those.")
NO_SUCH_FILTER = N_("There is no filter of that number here; `/mod filter list` shows them.")
NO_SUCH_CHANNEL = N_("There is no such channel in this server.")
NO_SUCH_ZONE = N_("There is no time zone of that name; Europe/Berlin would be one.")
TOO_MANY_FILTERS = N_("There are {most} filters already, and no room for more.")
OUT_OF_REACH = N_(
    "I cannot post pictures in {channel}. Let me view it, write and attach files there."
)


def filters(found: Sequence[PromptFilter]) -> str:
    """The answer to `/mod filter list`."""
    if not found:
        return _("There are no prompt filters here.")
    # Behind spoilers: nobody wants to read these by accident.
    return cut("\n".join(f"`{one.id}` {one.kind} ||{shown(one.pattern)}||" for one in found))


def shown(text: str) -> str:
    """Text from a stranger, with its markup disarmed."""
    return disarmed(text)


def elsewhere(channel_ids: Sequence[int]) -> str:
    """What a member is told in a channel that is not allowed."""
    channels = listed("#", channel_ids)
    return _("I take pictures in other channels of this server: {channels}.").format(
        channels=channels
    )


def without_role(role_ids: Sequence[int]) -> str:
    """What a member is told who has none of the allowed roles."""
    roles = listed("@&", role_ids)
    return _("In this server I work for members with one of these roles: {roles}.").format(
        roles=roles
    )


def blocked_now(block: Block) -> str:
    """The answer to `/mod block`."""
    member = f"<@{block.user_id}>"
    if block.expires_at is None:
        told = _("{member} can ask for no pictures here until you unblock them.")
        return told.format(member=member)
    told = _("{member} can ask for no pictures here until {when}.")
    return told.format(member=member, when=moment(block.expires_at))


def unblocked(user_id: int) -> str:
    """The answer to `/mod unblock`."""
    return _("{member} can ask for pictures here again.").format(member=f"<@{user_id}>")


def not_blocked(user_id: int) -> str:
    """The same where there was no block."""
    return _("{member} is not blocked here.").format(member=f"<@{user_id}>")


def blocks(found: Sequence[Block]) -> str:
    """The answer to `/mod blocked`."""
    if not found:
        return _("Nobody is blocked here.")
    return cut("\n".join(_block(one) for one in found))


def blocked_member(block: Block) -> str:
    """What a blocked member is told."""
    if block.expires_at is None:
        told = _("The moderators of this server let you ask for no pictures here.")
    else:
        told = _("You are blocked here; you can ask for pictures again {when}.").format(
            when=moment(block.expires_at, "R")
        )
    if not block.reason:
        return told
    return f"{told} " + _("The reason given: {reason}").format(reason=shown(block.reason))


def moment(when: datetime, style: str = "f") -> str:
    """Markup that each reader sees in their own language and time zone."""
    return f"<t:{int(when.timestamp())}:{style}>"


def cut(text: str, *, spared: int = 0) -> str:
    """``text`` as far as it fits into one message beside ``spared`` characters, cut at a line."""
    room = MESSAGE_MAX_CHARS - spared
    if len(text) <= room:
        return text
    kept = text[: room - 2].rpartition("\n")[0]
    return f"{kept}\n…"


def listed(mark: str, ids: Sequence[int]) -> str:
    """Mentions of channels (``#``) or roles (``@&``), only the first of many."""
    named = [f"<{mark}{one}>" for one in ids[:LISTED]]
    return ", ".join([*named, "…"] if len(ids) > LISTED else named)


def _block(block: Block) -> str:
    until = "∞" if block.expires_at is None else moment(block.expires_at)
    return f"<@{block.user_id}> · {until} · <@{block.actor_id}> · {shown(block.reason or '—')}"
