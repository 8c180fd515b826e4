"""The menus of `/setup`. Each holds at once and is a deed in the audit log; none is "saved"."""

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

import discord

from bot.boundary import Pressable
from bot.errors import NotAllowed, NotUnderstood
from bot.language import N_, _
from bot.moderation import texts
from bot.moderation.deeds import deed_of
from bot.moderation.gate import ADMIN, require
from bot.moderation.reach import require_reach
from bot.moderation.summary import summary
from storage.audit import Deed
from storage.moderation_tables import TargetKind
from storage.rules import GuildRules

if TYPE_CHECKING:
    from bot.client import RestyleBot

ZONES = (
    "UTC", "Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles", "America/Denver",
    "America/Chicago", "America/New_York", "America/Halifax", "America/Sao_Paulo",
    "Atlantic/Azores", "Europe/London", "Europe/Berlin", "Europe/Athens", "Europe/Istanbul",
    "Africa/Lagos", "Africa/Johannesburg", "Asia/Dubai", "Asia/Karachi", "Asia/Kolkata",
    "Asia/Dhaka", "Asia/Bangkok", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney",
    "Pacific/Auckland",
)  # fmt: skip
QUOTAS = (0, 3, 5, 10, 15, 20, 30, 50, 75, 100, 200, 500)
MOST_CHANNELS = 25
TEXT_CHANNELS = [
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.forum,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
]


class Field(StrEnum):
    """What a menu is about, in the order of the menus."""

    ZONE = "zone"
    QUOTA = "quota"
    CHANNELS = "channels"
    REPORTS = "reports"
    EXPLICIT = "explicit"


PLACEHOLDERS = {
    Field.ZONE: N_("Time zone: when a day begins"),
    Field.QUOTA: N_("Pictures a member may make a day"),
    Field.CHANNELS: N_("Channels where pictures may be asked for; none: all"),
    Field.REPORTS: N_("Channel for reports and doubtful pictures; none: nowhere"),
    Field.EXPLICIT: N_("Age-restricted channels that may show explicit pictures"),
}


class SetupMenu(
    Pressable[discord.ui.Select[Any]],
    template=r"m:setup:(?P<field>zone|quota|channels|reports|explicit)",
):
    """Sets one rule of the guild in which it is used."""

    def __init__(self, field: Field, rules: GuildRules | None = None) -> None:
        self.field = field
        super().__init__(_select(field, rules))

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """See ``Pressable``."""
        return cls(Field(match["field"]))

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Set the rule and show all of them."""
        require(interaction, ADMIN)
        await interaction.response.defer()
        data: Any = interaction.data
        await _set(interaction, self.field, [str(value) for value in data.get("values", ())])
        await show_setup(interaction)


async def show_setup(interaction: "discord.Interaction[RestyleBot]") -> None:
    """Fill a deferred answer with the rules and the menus."""
    app = interaction.client.app
    rules = await app.database.rules.of(deed_of(interaction, "setup").guild_id)
    page = summary(rules, app.settings.daily_quota)
    await interaction.edit_original_response(content=page, view=setup_view(rules))


def setup_view(rules: GuildRules) -> discord.ui.View:
    """One menu for each field, which shows what is chosen now."""
    view = discord.ui.View(timeout=None)
    for field in Field:
        view.add_item(SetupMenu(field, rules))
    return view


async def _set(
    interaction: "discord.Interaction[RestyleBot]", field: Field, values: list[str]
) -> None:
    guilds = interaction.client.app.database.guilds
    deed = deed_of(interaction, f"setup {field.value}")
    match field:
        case Field.ZONE:
            await guilds.change(deed, timezone=_offered(values, ZONES))
        case Field.QUOTA:
            await guilds.change(deed, daily_quota=int(_offered(values, tuple(map(str, QUOTAS)))))
        case Field.REPORTS:
            chosen = [_channel(interaction, value) for value in values[:1]]
            for channel in chosen:
                require_reach(channel)
            await guilds.change(deed, report_channel_id=chosen[0].id if chosen else None)
        case Field.CHANNELS | Field.EXPLICIT:
            await _set_channels(interaction, field, values)


async def _set_channels(
    interaction: "discord.Interaction[RestyleBot]", field: Field, values: list[str]
) -> None:
    """Make the channels chosen those that a rule names: each that changes is one deed.

    A menu shows no more than ``MOST_CHANNELS``; what it could not show stays as it is.
    """
    chosen = {_channel(interaction, value) for value in values}
    name = "allowed" if field is Field.CHANNELS else "nsfw_allowed"
    if field is Field.EXPLICIT and not all(channel.is_nsfw() for channel in chosen):
        raise NotAllowed(_(texts.NOT_AGE_RESTRICTED))
    rules = interaction.client.app.database.rules
    wanted = {channel.id for channel in chosen}
    guild_id = deed_of(interaction, "setup").guild_id
    shown = _chosen(field, await rules.of(guild_id))[:MOST_CHANNELS]
    for channel_id in sorted(wanted | set(shown)):
        deed = Deed(
            guild_id=guild_id,
            actor_id=interaction.user.id,
            action=f"setup {field.value}",
            target_kind=TargetKind.CHANNEL,
            target_id=channel_id,
        )
        await rules.change_channel(deed, channel_id, **{name: channel_id in wanted})


def _offered(values: list[str], options: tuple[str, ...]) -> str:
    """The one value that was chosen; one that no menu offers was written by hand."""
    if len(values) != 1 or values[0] not in options:
        raise NotUnderstood(_("Please choose from the menu."))
    return values[0]


def _channel(interaction: discord.Interaction[Any], value: str) -> Any:
    """A channel of this guild; an id from elsewhere is none."""
    guild = interaction.guild
    found = guild.get_channel(int(value)) if guild is not None and value.isdecimal() else None
    if found is None or not hasattr(found, "is_nsfw"):
        raise NotAllowed(_(texts.NO_SUCH_CHANNEL))
    return found


def _chosen(field: Field, rules: GuildRules) -> list[int]:
    """The channels that a rule names now, in the order in which its menu shows them."""
    reports = rules.guild.report_channel_id
    explicit = [one.channel_id for one in rules.channels.values() if one.nsfw_allowed]
    return {
        Field.CHANNELS: sorted(rules.allowed_channels),
        Field.REPORTS: [] if reports is None else [reports],
        Field.EXPLICIT: sorted(explicit),
    }[field]


def _select(field: Field, rules: GuildRules | None) -> Any:
    shared: dict[str, Any] = {
        "custom_id": f"m:setup:{field.value}",
        "placeholder": _(PLACEHOLDERS[field]),
    }
    if field in (Field.ZONE, Field.QUOTA):
        options = ZONES if field is Field.ZONE else tuple(map(str, QUOTAS))
        return discord.ui.Select(
            options=[discord.SelectOption(label=one, value=one) for one in options], **shared
        )
    most = 1 if field is Field.REPORTS else MOST_CHANNELS
    now = [] if rules is None else _chosen(field, rules)[:most]
    kinds = [discord.ChannelType.text] if field is Field.REPORTS else TEXT_CHANNELS
    return discord.ui.ChannelSelect(
        channel_types=kinds,
        min_values=0,
        max_values=most,
        default_values=[
            discord.SelectDefaultValue(
                # Discord's document wants a text, which discord.py hands through as it is.
                id=str(one),  # type: ignore[arg-type]
                type=discord.SelectDefaultValueType.channel,
            )
            for one in now
        ],
        **shared,
    )
