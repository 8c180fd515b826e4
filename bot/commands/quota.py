"""`/quota`: what is left of today's pictures, given to others, or asked of the moderators."""

from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot.errors import NotAllowed
from bot.jobs.origin import origin_of
from bot.language import _
from bot.moderation.admission import Admission, Wording
from bot.moderation.case_texts import to_reporter
from bot.naming import only
from bot.place import GUILDS_OWN
from bot.quota import texts
from bot.quota.requests import ask_moderators
from storage.errors import QuotaExceeded

if TYPE_CHECKING:
    from bot.client import RestyleBot

# More than anybody means; the ledger knows what is there.
MAX_CREDITS = 1000
WHY_MAX_CHARS = 300

quota = app_commands.Group(
    name="quota",
    description="How many pictures you have left today, and where from to get more",
    allowed_contexts=app_commands.AppCommandContext(
        guild=True, dm_channel=True, private_channel=True
    ),
    allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
)


@quota.command(name="me", description="How many pictures you have left today")
async def me(interaction: "discord.Interaction[RestyleBot]") -> None:
    """Tell the balance, when it renews, and where it went."""
    await interaction.response.defer(ephemeral=True)
    app, origin = interaction.client.app, origin_of(interaction, None)
    ruling = await app.quotas.ruling(origin)
    request, reports = None, list[str]()
    if origin.guild_id is not None:
        request = await app.database.quota_requests.newest(origin.guild_id, origin.user_id)
        kept = await app.database.cases.kept_for(origin.guild_id, origin.user_id)
        reports = [_(told) for told in map(to_reporter, kept) if told is not None]
    told = texts.account(
        await app.database.quota.account(origin.guild_id, origin.user_id, ruling.terms),
        ruling,
        request,
        reports,
    )
    await interaction.edit_original_response(content=told)


@quota.command(
    name="gift",
    description="Give some of your pictures to another member",
    extras={GUILDS_OWN: True},
)
@app_commands.describe(member="Who gets them", amount="How many")
async def gift(
    interaction: "discord.Interaction[RestyleBot]",
    member: discord.User | discord.Member,
    amount: app_commands.Range[int, 1, MAX_CREDITS],
) -> None:
    """Move credits, and say so where both can read it."""
    await interaction.response.defer()
    app, origin = interaction.client.app, origin_of(interaction, None)
    if origin.guild_id is None:
        raise NotAllowed(_("That works inside a server only."))
    if member.bot or member.id == origin.user_id:
        raise NotAllowed(_("Choose another member to give them to."))
    if not isinstance(member, discord.Member):
        # Discord lets anybody be named whose id one knows.
        raise NotAllowed(_("Only a member of this server can be given some."))
    await Admission(app.database).admit(origin)
    ruling = await app.quotas.ruling(origin)
    if ruling.waits_until is not None:
        # Whoever may not ask for pictures yet has none to give.
        raise texts.too_new(ruling.waits_until)
    if ruling.terms.channel_id is not None:
        # Received, they could be spent anywhere.
        raise NotAllowed(_("This channel has an allowance of its own, which stays in it."))
    try:
        await app.database.quota.give(
            origin.guild_id, origin.user_id, ruling.terms, amount=amount, receiver_id=member.id
        )
    except QuotaExceeded as error:
        raise NotAllowed(texts.too_few_to_give(error, ruling)) from error
    told = texts.given(origin.user_id, member.id, amount)
    await interaction.edit_original_response(
        content=told,
        allowed_mentions=only(member.id),
    )


@quota.command(
    name="ask",
    description="Ask the moderators for more pictures",
    extras={GUILDS_OWN: True},
)
@app_commands.describe(amount="How many more", why="What for; the moderators read it")
async def ask(
    interaction: "discord.Interaction[RestyleBot]",
    amount: app_commands.Range[int, 1, MAX_CREDITS],
    why: app_commands.Range[str, 1, WHY_MAX_CHARS],
) -> None:
    """Put a card before the moderators."""
    await interaction.response.defer(ephemeral=True)
    origin = origin_of(interaction, None)
    if origin.guild_id is None:
        raise NotAllowed(_("That works inside a server only."))
    admission = Admission(interaction.client.app.database)
    await admission.check_words(Wording(prompt=why), await admission.admit(origin))
    await ask_moderators(interaction, origin.guild_id, amount, why)
    await interaction.edit_original_response(
        content=_("I have put it before the moderators. I tell you what they say.")
    )
