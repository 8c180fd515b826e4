"""The stage of the simcord tests: the real bot with the paint engine in a simulated guild."""

import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import discord
import simcord
from PIL import Image

from bot.application import Application
from bot.client import RestyleBot
from bot.demo.transcript import labels
from bot.demo.world import World, demo_world
from bot.settings import Settings, load_settings
from engine.api import Engine
from engine.events import Failed
from tests.bot.paint_engine import PaintEngine
from tests.engine.pictures import encoded, picture

# As a button of a job, with the price behind the job's id.
AGREED = re.compile(r"r:[a-z_0-9]+:[0-9a-z]{1,32}:[0-9]+")
PHOTO = encoded(picture(96, 64), "JPEG")


def settings_in(folder: Path, **changes: Any) -> Settings:
    """Settings that reach nothing outside ``folder`` and edit messages without pause."""
    values: dict[str, Any] = {
        "data_dir": folder,
        "content_check": "none",
        "database_url": None,
        "discord_cdn_hosts": "cdn.simcord.invalid",
        "guild_ids": (),
        "message_edit_interval_s": 0.0,
        "shutdown_grace_s": 0.0,
    }
    return load_settings(**(values | changes))


@dataclass
class Stage:
    """A running world, and the few gestures that the tests are made of."""

    world: World
    engine: PaintEngine
    folder: Path
    app: Application

    async def restyle(self, actor: simcord.MemberActor | None = None, **options: Any) -> "Asked":
        """`/restyle` with the standard photo unless told otherwise."""
        values: dict[str, Any] = {"image": ("photo.jpg", PHOTO), "prompt": "an oil painting"}
        values |= options
        # None leaves an option out.
        values = {name: value for name, value in values.items() if value is not None}
        who = actor or self.world.alice
        return Asked(self, await who.slash(self.world.channel, "restyle", **values))

    async def press(
        self,
        message: discord.Message,
        label: str,
        actor: simcord.MemberActor | None = None,
        *,
        agree: bool = True,
    ) -> "Asked":
        """Press a button, and agree to its price where one is asked to."""
        who = actor or self.world.alice
        result = await who.click(message, label=label)
        asked = result.response
        agreeing = None
        if agree and asked is not None and asked.ephemeral:
            agreeing = agreeing_to_price(asked.message)
        if asked is not None and agreeing is not None:
            result = await who.click(asked, custom_id=agreeing)
        return Asked(self, result, pressed=message)

    async def pick(
        self, message: discord.Message, value: str, actor: simcord.MemberActor | None = None
    ) -> "Asked":
        """Choose in a message's menu."""
        result = await (actor or self.world.alice).select(message, [value])
        return Asked(self, result, pressed=message)

    async def forge(self, *custom_ids: str) -> discord.Message:
        """A message of the bot with buttons that it never made."""
        view = discord.ui.View(timeout=None)
        for custom_id in custom_ids:
            view.add_item(discord.ui.Button(label=custom_id[:80], custom_id=custom_id))
        channel = self.world.env.bot.get_channel(self.world.channel.id)
        assert isinstance(channel, discord.TextChannel)
        return await channel.send("forged", view=view)

    async def command(
        self, path: str, /, actor: simcord.MemberActor | None = None, **options: Any
    ) -> "Asked":
        """Any other command."""
        who = actor or self.world.alice
        return Asked(self, await who.slash(self.world.channel, path, **options))

    @property
    def database_file(self) -> str:
        """Path of the bot's SQLite database."""
        return self.app.settings.resolved_database_url.removeprefix("sqlite:///")

    @property
    def last_message(self) -> discord.Message:
        """The newest message of the channel that everybody sees."""
        message = self.world.channel.last_message
        assert message is not None
        return message

    async def result(self, **options: Any) -> discord.Message:
        """A finished restyle's message."""
        return await (await self.restyle(**options)).outcome()

    def fail_next(self, *, code: str, message: str, retryable: bool) -> None:
        """Let the next attempt fail."""
        self.engine.fails.append(Failed("", 0, code, message, retryable))

    def job_of(self, message: discord.Message) -> str:
        """The id of the job that a message's buttons are about."""
        for row in message.components:
            assert isinstance(row, discord.ActionRow)
            for child in row.children:
                if isinstance(child, discord.Button) and child.custom_id:
                    return child.custom_id.rpartition(":")[2]
        raise AssertionError("the message has no buttons")

    async def balance(self, actor: simcord.MemberActor | None = None) -> str:
        """What `/quota` says."""
        result = await (actor or self.world.alice).slash(self.world.channel, "quota me")
        assert result.response is not None
        assert result.response.ephemeral
        return result.response.content

    async def restart(self, **changes: Any) -> None:
        """End the bot as a stopped process ends, and begin another on the same data."""
        await self.app.close()
        await self.begin_again(**changes)

    async def begin_again(self, **changes: Any) -> None:
        """Begin another bot on the data of one that was closed."""
        self.engine = PaintEngine()
        self.app = Application(settings_in(self.folder, **changes), engine=self.engine)
        await self.app.open()
        bot = RestyleBot(self.app)
        await self.world.env.restart_bot(bot)
        await self.app.start(bot)


@dataclass
class Asked:
    """An interaction that was sent, and what came of it."""

    stage: Stage
    interaction: simcord.InteractionResult
    pressed: discord.Message | None = None

    @property
    def message_id(self) -> int:
        """The message that shows the job."""
        assert self.interaction.response is not None
        return self.interaction.response.id

    @property
    def message(self) -> discord.Message:
        """That message as it is now."""
        assert self.interaction.response is not None
        return self.interaction.response.message

    async def progress(self) -> discord.Message:
        """The message once it shows progress."""
        await self.stage.app.watch.progress(self.message_id)
        return self.message

    async def outcome(self) -> discord.Message:
        """The message once it shows how the job ended."""
        await self.stage.app.watch.outcome(self.message_id)
        return self.message

    @property
    def refusal(self) -> str:
        """The sentence that the member alone was told; nothing else may be left of it."""
        told = list(self.interaction.followups)
        if response := self.interaction.response:
            if response.ephemeral:
                told.append(response)
            else:
                # The message whose button was pressed is the only public one there may be.
                assert self.pressed is not None
                assert response.id == self.pressed.id
        [only] = told
        assert only.ephemeral
        return only.content


def agreeing_to_price(message: discord.Message) -> str | None:
    """The custom_id that agrees to the price that a message tells, in whatever language."""
    for row in message.components:
        for child in getattr(row, "children", []):
            if AGREED.fullmatch(getattr(child, "custom_id", None) or ""):
                return str(child.custom_id)
    return None


@asynccontextmanager
async def stage(
    folder: Path, *, engine: Engine | None = None, **changes: Any
) -> AsyncIterator[Stage]:
    """Set the stage, with the paint engine unless another is given."""
    paint = PaintEngine()
    app = Application(settings_in(folder, **changes), engine=engine or paint)
    async with demo_world(app) as world:
        set_up = Stage(world=world, engine=paint, folder=folder, app=app)
        try:
            yield set_up
        finally:
            # After a restart this is another one than the world knows of.
            await set_up.app.close()


async def all_shown(message: discord.Message) -> list[Image.Image]:
    """The pictures under a message."""
    found = []
    for attachment in message.attachments:
        with Image.open(io.BytesIO(await attachment.read())) as image:
            image.load()
            found.append(image.copy())
    return found


async def shown(message: discord.Message) -> Image.Image:
    """The one picture under a message."""
    [attachment] = message.attachments
    with Image.open(io.BytesIO(await attachment.read())) as image:
        image.load()
        return image.copy()


def buttons(message: discord.Message) -> list[str]:
    """Labels of the buttons under a message."""
    return labels(message)
