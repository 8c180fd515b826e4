"""The pages of the audit log. Where to go on stands in the button, so it outlives a restart."""

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import discord

from bot.boundary import Pressable
from bot.language import N_, _
from bot.moderation import texts
from bot.moderation.deeds import deed_of
from bot.moderation.gate import MODERATOR, require
from storage.audit import AuditEntry
from storage.moderation_tables import TargetKind
from storage.quota_rules import UNLIMITED

if TYPE_CHECKING:
    from bot.client import RestyleBot

ENTRIES = 8
LABEL = N_("Older")
NUMBER = r"\d{1,19}"
# The largest number that a database's 64 bits hold.
LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LogView:
    """Which entries are shown: of one guild, and of those only what is asked for."""

    guild_id: int
    actor_id: int | None = None
    member_id: int | None = None
    action: str | None = None
    older_than: int | None = None


class OlderButton(
    Pressable[discord.ui.Button[Any]],
    template=rf"m:log:(?P<older>{NUMBER}):(?P<actor>{NUMBER}|-):(?P<member>{NUMBER}|-)"
    r":(?P<action>[a-z \-]{1,32}|)",
):
    """Shows the page before. The guild is always the one in which it is pressed."""

    def __init__(self, view: LogView) -> None:
        self.page = view
        parts = (view.older_than, view.actor_id or "-", view.member_id or "-", view.action or "")
        custom_id = "m:log:" + ":".join(map(str, parts))
        super().__init__(discord.ui.Button(label=_(LABEL), custom_id=custom_id))

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """See ``Pressable``."""
        return cls(
            LogView(
                # That of the press, which is not known yet.
                guild_id=0,
                actor_id=_number(match["actor"]),
                member_id=_number(match["member"]),
                action=match["action"] or None,
                older_than=_number(match["older"]),
            )
        )

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Turn the page in place."""
        require(interaction, MODERATOR)
        await interaction.response.defer()
        page = replace(self.page, guild_id=deed_of(interaction, "log").guild_id)
        await show_page(interaction, page)


async def show_page(interaction: "discord.Interaction[RestyleBot]", view: LogView) -> None:
    """Fill a deferred answer with a page, and with a button if there are older entries."""
    entries = await interaction.client.app.database.audit.page(
        view.guild_id,
        limit=ENTRIES + 1,
        older_than=view.older_than,
        actor_id=view.actor_id,
        action=view.action,
        target_kind=None if view.member_id is None else TargetKind.MEMBER,
        target_id=view.member_id,
    )
    shown = entries[:ENTRIES]
    older_than = shown[-1].id if len(entries) > ENTRIES else None
    content = texts.cut("\n".join(map(_entry, shown))) if shown else _("There is nothing here.")
    buttons = page_view(replace(view, older_than=older_than))
    await interaction.edit_original_response(content=content, view=buttons)


def page_view(following: LogView) -> discord.ui.View:
    """The button to the page that follows, if there is one."""
    view = discord.ui.View(timeout=None)
    if following.older_than is not None:
        view.add_item(OlderButton(following))
    return view


def _number(text: str) -> int | None:
    return None if text == "-" else min(int(text), LARGEST)


def _entry(entry: AuditEntry) -> str:
    """One line: when, who, what, whom, before → after, why."""
    parts = [texts.moment(entry.created_at), f"<@{entry.actor_id}>", f"**{entry.action}**"]
    marks = {TargetKind.MEMBER: "@", TargetKind.ROLE: "@&", TargetKind.CHANNEL: "#"}
    if entry.target_id is not None:
        mark = marks.get(entry.target_kind)
        parts.append(f"<{mark}{entry.target_id}>" if mark else f"`{entry.target_id}`")
    changes = [
        f"{key} {_value(key, entry.before.get(key))} → {_value(key, entry.after.get(key))}"
        for key in {**entry.before, **entry.after}
        if entry.before.get(key) != entry.after.get(key)
    ]
    if changes:
        parts.append(", ".join(changes))
    if entry.reason:
        parts.append(f"“{texts.shown(entry.reason[:100])}”")
    return " · ".join(parts)


def _value(key: str, value: object) -> str:
    if key == "daily_quota" and value == UNLIMITED:
        return _("unlimited")
    return "—" if value is None else texts.shown(str(value)[:60])
