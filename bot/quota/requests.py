"""The card by which moderators, or members with a chosen role, decide on a request for more."""

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self

import discord
import structlog

from bot.boundary import Pressable
from bot.delivery.faults import UNREACHED
from bot.errors import Gone, NotAllowed, NotUnderstood, NotYours
from bot.language import N_, _, reading
from bot.moderation.deeds import deed_of
from bot.moderation.gate import MODERATOR, require
from bot.moderation.telling import tell, tell_in
from bot.moderation.texts import blocked_member
from bot.open_forms import Form
from bot.quota import texts
from storage.moderation_tables import TargetKind
from storage.quota_requests import Request
from storage.quota_rules import Policy
from storage.quota_tables import RequestState

if TYPE_CHECKING:
    from bot.client import RestyleBot

log = structlog.get_logger(__name__)

# What is granted can be spent for a week, so that it does not matter when somebody finds the time.
GRANT_DAYS = 7
REQUEST_ID = r"(?P<request_id>[0-9a-z]{1,32})"
QUIET = discord.AllowedMentions.none()


def pattern(action: str) -> str:
    """The custom_id of ``action`` on any request."""
    return f"q:{action}:{REQUEST_ID}"


async def ask_moderators(
    interaction: "discord.Interaction[RestyleBot]", guild_id: int, amount: int, why: str
) -> None:
    """Write a request down and post its card; on an error neither stays.

    Raises:
        NotAllowed: There is no channel for it, or an earlier request is open.
    """
    app = interaction.client.app
    guild = await app.database.guilds.get(guild_id)
    channel_id = guild.moderators_channel_id or guild.report_channel_id
    if channel_id is None:
        raise NotAllowed(_("The moderators of this server have chosen no channel for that."))
    request = await app.database.quota_requests.open(
        guild_id,
        interaction.user.id,
        amount,
        " ".join(why.split()),
        channel_id=interaction.channel_id,
        locale=interaction.locale.value,
    )
    if request is None:
        raise NotAllowed(_("Your last request still waits for an answer."))
    policy = await app.database.quota_rules.policy(guild_id)
    channel = interaction.client.get_partial_messageable(channel_id, guild_id=guild_id)
    try:
        with reading(str(interaction.guild_locale or interaction.locale)):
            await channel.send(
                texts.card(request, policy, 0),
                view=card_view(request.id, policy),
                allowed_mentions=QUIET,
            )
    except UNREACHED as error:
        await app.database.quota_requests.withdraw(request.id)
        raise NotAllowed(_("I may not write into the moderators' channel.")) from error


class RequestButton(Pressable[discord.ui.Button[Any]], template=r"q:never:"):
    """A button about one request. Only its id is remembered, so it outlives any restart."""

    action: ClassVar[str]
    label: ClassVar[str]
    style: ClassVar[discord.ButtonStyle] = discord.ButtonStyle.secondary

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        super().__init__(
            discord.ui.Button(
                label=_(self.label), style=self.style, custom_id=f"q:{self.action}:{request_id}"
            )
        )

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """See ``Pressable``."""
        return cls(match["request_id"])


class ApproveButton(RequestButton, template=pattern("approve")):
    """Grants what was asked for."""

    action = "approve"
    label = N_("Approve")
    style = discord.ButtonStyle.success

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Grant and show so."""
        await interaction.response.defer()
        require(interaction, MODERATOR)
        await _grant(interaction, self.request_id, None)


class ApproveLessButton(RequestButton, template=pattern("less")):
    """Asks how much to grant instead."""

    action = "less"
    label = N_("Approve less")

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Open the form."""
        require(interaction, MODERATOR)
        await LessModal(self.request_id).show(interaction)


class DenyButton(RequestButton, template=pattern("deny")):
    """Grants nothing."""

    action = "deny"
    label = N_("Deny")
    style = discord.ButtonStyle.danger

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Close the request."""
        await interaction.response.defer()
        require(interaction, MODERATOR)
        deed = deed_of(interaction, "quota deny", target_kind=TargetKind.MEMBER)
        requests = interaction.client.app.database.quota_requests
        await _show(interaction, await requests.deny(deed, self.request_id), self.request_id)


class VoteButton(RequestButton, template=pattern("vote")):
    """Counts as one approval, for members with the guild's chosen role."""

    action = "vote"
    label = N_("Vote for it")
    style = discord.ButtonStyle.primary

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Count the vote; the last one that is needed grants."""
        await interaction.response.defer()
        app = interaction.client.app
        deed = deed_of(interaction, "quota vote", target_kind=TargetKind.MEMBER)
        policy = await app.database.quota_rules.policy(deed.guild_id)
        roles = {role.id for role in getattr(interaction.user, "roles", ())}
        if policy.vote_role_id is None or policy.vote_role_id not in roles:
            raise NotYours(_("Only members with the role chosen for it may vote."))
        if (block := await app.database.blocks.of(deed.guild_id, deed.actor_id)) is not None:
            raise NotAllowed(blocked_member(block))
        day = await app.quotas.day(deed.guild_id)
        votes = await app.database.quota_requests.vote(
            deed, self.request_id, policy, day=day, expires_on=_last_day(day.date)
        )
        if votes is None or votes.decided is not None:
            await _show(interaction, votes.decided if votes else None, self.request_id)
            return
        if not votes.counted:
            raise NotAllowed(_("That vote does not count: it is yours already, or too late."))
        request = await app.database.quota_requests.get(deed.guild_id, self.request_id)
        if request is not None:
            with reading(str(interaction.guild_locale or interaction.locale)):
                told = texts.card(request, policy, votes.votes)
            await interaction.edit_original_response(content=told, allowed_mentions=QUIET)


class LessModal(Form):
    """Asks how many credits to grant."""

    word = "less"

    def __init__(self, request_id: str) -> None:
        super().__init__(title=_("Approve less"))
        self.request_id = request_id
        self.credits: discord.ui.TextInput[Any] = discord.ui.TextInput(
            max_length=6, custom_id="credits"
        )
        self.add_item(discord.ui.Label(text=_("How many"), component=self.credits))

    async def submitted(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Grant that many."""
        require(interaction, MODERATOR)
        number = self.credits.value.strip()
        asked = await _request(interaction, self.request_id)
        if not number.isdecimal() or not 0 < int(number) <= asked.amount:
            raise NotUnderstood(_("Tell me a number from 1 to {most}.").format(most=asked.amount))
        await interaction.response.defer()
        await _grant(interaction, self.request_id, int(number))


REQUEST_BUTTONS = (ApproveButton, ApproveLessButton, DenyButton, VoteButton)


def card_view(request_id: str, policy: Policy) -> discord.ui.View:
    """The buttons under an open request."""
    view = discord.ui.View(timeout=None)
    for button in REQUEST_BUTTONS:
        if button is not VoteButton or policy.vote_role_id is not None:
            view.add_item(button(request_id))
    return view


async def _grant(
    interaction: "discord.Interaction[RestyleBot]", request_id: str, amount: int | None
) -> None:
    app = interaction.client.app
    deed = deed_of(interaction, "quota approve", target_kind=TargetKind.MEMBER)
    day = await app.quotas.day(deed.guild_id)
    request = await app.database.quota_requests.approve(
        deed, request_id, amount=amount, day=day, expires_on=_last_day(day.date)
    )
    await _show(interaction, request, request_id)


async def _show(
    interaction: "discord.Interaction[RestyleBot]", decided: Request | None, request_id: str
) -> None:
    """Show how a request stands; pressed twice, it is shown again and nothing else happens."""
    request = decided or await _request(interaction, request_id)
    with reading(str(interaction.guild_locale or interaction.locale)):
        told = texts.decided(request)
    await interaction.edit_original_response(content=told, view=None, allowed_mentions=QUIET)
    if decided is not None:
        await tell_asker(interaction.client, decided)
    elif request.state is not RequestState.OPEN:
        raise NotAllowed(_("That was decided already."))


async def tell_asker(bot: "RestyleBot", request: Request) -> None:
    """Tell a member how their request was decided: in private, else where they asked."""
    with reading(request.locale or "en-US"):
        told = texts.outcome(request)
    if await tell(bot, request.guild_id, request.user_id, told) or request.channel_id is None:
        return
    await tell_in(bot, request.guild_id, request.channel_id, request.user_id, told)


async def _request(interaction: "discord.Interaction[RestyleBot]", request_id: str) -> Request:
    deed = deed_of(interaction, "quota request")
    requests = interaction.client.app.database.quota_requests
    request = await requests.get(deed.guild_id, request_id)
    if request is None:
        log.warning("a request was decided that is none", request=request_id)
        raise Gone(_("I know of no such request here."))
    return request


def _last_day(today: date) -> date:
    return today + timedelta(days=GRANT_DAYS - 1)
