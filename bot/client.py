"""The Discord client: commands and buttons in, and one place where every error is told."""

import asyncio
import hashlib
import json
from typing import Any

import aiohttp
import discord
import structlog
from discord import app_commands

from bot import texts
from bot.application import Application
from bot.boundary import answering, reported
from bot.buttons.rows import BUTTONS
from bot.buttons.unknown import refuse_unknown
from bot.commands import add_commands
from bot.commands.history import HistoryButton
from bot.commands.privacy import ForgetButton
from bot.errors import MemberError, NotAllowed
from bot.language.translator import CatalogueTranslator
from bot.moderation.buttons import MODERATION_BUTTONS
from bot.moderation.gate import require_command
from bot.monitoring.rest_calls import rest_trace
from bot.open_forms import OpenForms
from bot.place import guild_of, may_post
from bot.quota.requests import REQUEST_BUTTONS
from engine.errors import EngineError
from storage.errors import StorageError
from storage.refusals import Refusal

log = structlog.get_logger(__name__)

# All buttons and menus, by which they are known again after a restart.
ITEMS: tuple[type[discord.ui.DynamicItem[Any]], ...] = (
    *BUTTONS,
    HistoryButton,
    ForgetButton,
    *MODERATION_BUTTONS,
    *REQUEST_BUTTONS,
)


class RestyleTree(app_commands.CommandTree["RestyleBot"]):
    """The commands; what goes wrong in one is told by ``RestyleBot.report``."""

    async def interaction_check(self, interaction: "discord.Interaction[RestyleBot]", /) -> bool:
        """Let commands of moderators be used by moderators only, whatever Discord let through."""
        answering(interaction)
        try:
            require_command(interaction)
        except MemberError as error:
            await interaction.client.report(interaction, error)
            return False
        return True

    async def on_error(
        self, interaction: "discord.Interaction[RestyleBot]", error: app_commands.AppCommandError
    ) -> None:
        """Unwrap what discord.py wrapped, and report it."""
        cause = getattr(error, "original", error)
        await interaction.client.report(interaction, cause)


class RestyleBot(discord.Client):
    """Takes interactions. It reads no messages, so it asks for no privileged intent."""

    def __init__(self, app: Application, **sharding: Any) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            heartbeat_timeout=app.settings.discord_gateway_timeout_s,
            http_trace=rest_trace(app.metrics),
            **sharding,
        )
        self.app = app
        self.forms = OpenForms()
        self.tree = RestyleTree(self)

    async def setup_hook(self) -> None:
        """Register buttons and commands; tell Discord of the commands only if they changed."""
        self.add_dynamic_items(*ITEMS)
        await self.tree.set_translator(CatalogueTranslator())
        add_commands(self.tree, self.app.settings, self.app.offer)
        guilds = [discord.Object(guild_id) for guild_id in self.app.settings.guild_ids]
        for guild in guilds:
            self.tree.copy_global_to(guild=guild)
        for place in guilds or (None,):
            await self._sync(place)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Commands, known forms and known buttons have their own ways; this is for the rest."""
        if interaction.type is discord.InteractionType.component:
            async with reported(interaction):
                refuse_unknown(interaction, ITEMS)
        elif interaction.type is discord.InteractionType.modal_submit:
            async with reported(interaction):
                self.forms.require_known(interaction)

    async def report(self, interaction: discord.Interaction[Any], error: Exception) -> None:
        """Tell the member one sentence in private, and the log the rest."""
        bound = log.bind(interaction=interaction.id, user=interaction.user.id)
        if isinstance(error, MemberError):
            sentence = str(error)
            reason = error.reason if isinstance(error, NotAllowed) else None
            self.app.metrics.refused(reason or type(error).__name__)
            bound.info("told a member", error=type(error).__name__, sentence=sentence)
        else:
            sentence = texts.sentence_for_surprise(error)
            expected = isinstance(error, EngineError | StorageError)
            bound.error("interaction failed", expected=expected, exc_info=error)
        try:
            await _tell(interaction, sentence)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as unheard:
            bound.warning("the member could not be told", error=str(unheard))
        if isinstance(error, NotAllowed) and error.reason is not None:
            await self._count(interaction, error.reason)

    async def _count(self, interaction: discord.Interaction[Any], reason: str) -> None:
        refusal = Refusal(
            guild_id=guild_of(interaction),
            channel_id=interaction.channel_id,
            user_id=interaction.user.id,
            reason=reason,
        )
        try:
            await self.app.database.refusals.record(refusal)
        except StorageError as error:
            log.warning("a refusal was not counted", reason=reason, error=str(error))

    async def _sync(self, guild: discord.Object | None) -> None:
        # On a thread: all names in all languages take a while, and nothing in it waits.
        told = await asyncio.to_thread(lambda: asyncio.run(self._translated(guild)))
        payload = json.dumps(told, sort_keys=True)
        digest = hashlib.sha256(payload.encode()).hexdigest()
        key = f"commands:{self.application_id}:{guild.id if guild else 'all'}"
        if await self.app.database.values.get(key) == digest:
            return
        # What `tree.sync` does, which would translate all of it again, on the event loop.
        assert self.application_id is not None
        if guild is None:
            await self.http.bulk_upsert_global_commands(self.application_id, payload=told)
        else:
            await self.http.bulk_upsert_guild_commands(self.application_id, guild.id, payload=told)
        await self.app.database.values.set(key, digest)
        log.info("commands synced", guild=guild.id if guild else None, commands=len(told))

    async def _translated(self, guild: discord.Object | None) -> list[dict[str, Any]]:
        """The commands as Discord is told of them, in every language."""
        translator = self.tree.translator
        assert translator is not None
        commands = self.tree.get_commands(guild=guild, type=None)
        return [await command.get_translated_payload(self.tree, translator) for command in commands]


class ShardedBot(RestyleBot, discord.AutoShardedClient):
    """The same over several connections, each for its share of the guilds."""


def bot_for(app: Application) -> RestyleBot:
    """The client with as many connections as the settings want."""
    shards, shard_ids = app.settings.shards, app.settings.shard_ids
    if shards is None:
        return RestyleBot(app)
    # Without a count it asks Discord for one.
    count = None if shards == "auto" else shards
    return ShardedBot(app, shard_count=count, shard_ids=shard_ids or None)


async def _tell(interaction: discord.Interaction[Any], sentence: str) -> None:
    if interaction.type is discord.InteractionType.autocomplete:
        # It takes choices only; an empty list offers nothing.
        await interaction.response.autocomplete([])
        return
    if not interaction.response.is_done():
        await interaction.response.send_message(sentence, ephemeral=True)
        return
    if interaction.response.type is not discord.InteractionResponseType.deferred_channel_message:
        await interaction.followup.send(sentence, ephemeral=True)
        return
    if not may_post(interaction):
        # What was promised is for the member alone already.
        await interaction.edit_original_response(content=sentence)
        return
    # A public "thinking" message was promised, but the sentence is for the member alone. The first
    # follow-up would only fill that message, so it is filled and taken away around the second.
    await interaction.edit_original_response(content=sentence)
    await interaction.followup.send(sentence, ephemeral=True)
    await interaction.delete_original_response()
