"""FakeDiscord: the server, its world, and the gestures and waits that the tests are made of."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from tests.wire.body import Body, read_body
from tests.wire.cdn import Cdn, Upload
from tests.wire.errors import DiscordError
from tests.wire.faults import Drop, Fault, FaultQueue, RateLimit, Reply, Slow
from tests.wire.gateway import Gateway
from tests.wire.gestures import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    SUBMIT,
    Gestures,
    Interaction,
)
from tests.wire.limits import RateLimits
from tests.wire.log import TRAFFIC, Call, TrafficLog
from tests.wire.rest import MODAL, Rest
from tests.wire.world import ORDINARY, Channel, Guild, Member, Message, Role, World, snowflake

TOKEN = "MTEwMA.wire.a-token-that-must-never-be-logged"
API = "/api/v10"
WAIT_S = 40.0
LOOK_AGAIN_S = 0.2


class FakeDiscord:
    """A Discord for one bot, on an ephemeral port of this machine.

    Use as an async context manager. The bot is told where it is by ``settings()``.

    Args:
        traffic: File that every REST call is appended to, or None.

    Attributes:
        clock_behind_s: How long ago it is here, by what the answers' headers tell.
    """

    def __init__(self, *, traffic: Path | None = TRAFFIC) -> None:
        self.world = World()
        self.cdn = Cdn()
        self.faults = FaultQueue()
        self.limits = RateLimits()
        self.log = TrafficLog(traffic)
        self.rest = Rest(self.world, self.cdn)
        self.gateway = Gateway(TOKEN, self.world, changed=self._note)
        self.token = TOKEN
        self.clock_behind_s = 0.0
        self.url = ""
        self._gestures = Gestures(self.world, self.cdn)
        self._changed = asyncio.Condition()
        self._notes: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 30)
        app.router.add_get("/gateway/", self.gateway.serve)
        app.router.add_get("/attachments/{channel_id}/{attachment_id}/{name}", self.cdn.serve)
        app.router.add_route("*", API + "/{path:.*}", self._serve)
        app.on_response_prepare.append(self._date)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = self.cdn.base = f"http://127.0.0.1:{port}"
        self.gateway.url = self.rest.gateway_url = f"ws://127.0.0.1:{port}/gateway/"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.gateway.close(1001)
        assert self._runner is not None
        await self._runner.cleanup()
        await asyncio.gather(*self._notes, return_exceptions=True)

    def settings(self) -> dict[str, str]:
        """The environment variables that lead a bot here."""
        return {
            "RESTYLE_DISCORD_TOKEN": self.token,
            "RESTYLE_DISCORD_API_URL": self.url + API,
            "RESTYLE_DISCORD_GATEWAY_URL": self.gateway.url,
            "RESTYLE_DISCORD_CDN_HOSTS": "127.0.0.1",
        }

    # The world

    def guild(self, name: str = "Wire", **facts: Any) -> Guild:
        """A new guild; before the bot starts, for it hears of no later ones."""
        made = Guild(snowflake(), name, **facts)
        self.world.guilds[made.id] = made
        return made

    def channel(self, guild: Guild | None) -> Channel:
        """A new text channel, or a direct message with the bot."""
        made = Channel(snowflake(), guild)
        self.world.channels[made.id] = made
        return made

    async def role(self, guild: Guild, name: str) -> Role:
        """A new role, of which the bot is told."""
        made = Role(snowflake(), name)
        event = {"guild_id": str(guild.id), "role": made.payload()}
        await self.gateway.dispatch("GUILD_ROLE_CREATE", event)
        return made

    def member(self, name: str, **facts: Any) -> Member:
        """A new member."""
        made = Member(snowflake(), name, **({"permissions": ORDINARY} | facts))
        self.world.members[made.id] = made
        return made

    def post(self, member: Member, channel: Channel, content: str, *files: Upload) -> Message:
        """A message of a member's, which the bot is not told of."""
        made = Message(snowflake(), channel, author=member, content=content)
        made.attachments = [self.cdn.keep(file, channel.id) for file in files]
        self.world.messages[made.id] = made
        return made

    # Gestures

    async def slash(
        self, member: Member, channel: Channel, name: str, /, *, age_s: float = 0.0, **options: Any
    ) -> Interaction:
        """A slash command; "group sub" names a subcommand. Values may be Upload, Member, Channel.

        Args:
            age_s: How old the interaction is made, which shortens the life of its token.
        """
        interaction = self._gestures.begin(COMMAND, member, channel, age_s=age_s)
        return await self._send(interaction, self._gestures.slash(channel, name, options))

    async def menu(
        self, member: Member, channel: Channel, name: str, target: Message | Member
    ) -> Interaction:
        """An entry of the context menu of a message or member."""
        interaction = self._gestures.begin(COMMAND, member, channel)
        return await self._send(interaction, self._gestures.menu(name, target))

    async def press(
        self,
        member: Member,
        message: Message,
        wanted: str = "",
        *,
        values: list[str] | None = None,
        custom_id: str | None = None,
    ) -> Interaction:
        """Press a button by label or by the word in its custom_id, or choose ``values``.

        Args:
            custom_id: Sent as it is, whether the message has such a component or not.
        """
        interaction = self._gestures.begin(COMPONENT, member, message.channel)
        interaction.pressed = message
        if custom_id is None:
            node = message.component(wanted)
        else:
            node = {"type": 2, "custom_id": custom_id}
        return await self._send(interaction, self._gestures.component(node, values))

    async def submit_modal(self, opened: Interaction, **values: Any) -> Interaction:
        """Fill in and send off the form that answered ``opened``."""
        assert opened.response_type == MODAL, "no form was opened"
        interaction = self._gestures.begin(SUBMIT, opened.member, opened.channel)
        interaction.pressed = opened.pressed
        return await self._send(
            interaction, self._gestures.submit(opened.channel, opened.response_data, values)
        )

    async def autocomplete(
        self, member: Member, channel: Channel, name: str, focused: str, /, **options: Any
    ) -> list[dict[str, Any]]:
        """What the bot offers while ``focused`` is being typed."""
        interaction = self._gestures.begin(AUTOCOMPLETE, member, channel)
        data = self._gestures.slash(channel, name, options, focused)
        await self.answered(await self._send(interaction, data))
        choices: list[dict[str, Any]] = interaction.response_data["choices"]
        return choices

    async def _send(self, interaction: Interaction, data: dict[str, Any]) -> Interaction:
        self.rest.interactions[interaction.token] = interaction
        limit = self.rest.attachment_size_limit
        payload = self._gestures.payload(interaction, data, limit)
        await self.gateway.dispatch("INTERACTION_CREATE", payload)
        return interaction

    # Waits

    async def until(self, reached: Callable[[], object], timeout_s: float = WAIT_S) -> None:
        """Return once ``reached()`` is true.

        Looked at whenever the bot has called, and now and then, for the database tells nobody.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while not reached():
                    await self._call_or_pause()
        except TimeoutError as error:
            last = [f"{c.method} {c.path[:40]} {c.status}" for c in self.log.calls[-5:]]
            raise AssertionError(f"did not happen within {timeout_s:g} s; last: {last}") from error

    async def _call_or_pause(self) -> None:
        try:
            async with asyncio.timeout(LOOK_AGAIN_S), self._changed:
                await self._changed.wait()
        except TimeoutError:
            return

    async def connected(self, timeout_s: float = WAIT_S) -> None:
        """Return once the bot has a session and its commands are known."""
        await self.until(lambda: self.gateway.connected and self.world.commands, timeout_s)

    async def answered(self, interaction: Interaction, timeout_s: float = WAIT_S) -> Interaction:
        """Return once the interaction has got its callback."""
        await self.until(lambda: interaction.answered, timeout_s)
        return interaction

    async def result(self, interaction: Interaction, timeout_s: float = WAIT_S) -> Message:
        """The answer's message once it shows a finished picture."""
        await self.until(
            lambda: interaction.message is not None and shows_result(interaction.message), timeout_s
        )
        assert interaction.message is not None
        return interaction.message

    async def says(self, interaction: Interaction, text: str, timeout_s: float = WAIT_S) -> str:
        """All that was told in answer, once it holds ``text``."""
        await self.until(lambda: text in interaction.told(), timeout_s)
        return interaction.told()

    # The server

    async def _date(self, _: web.Request, response: web.StreamResponse) -> None:
        moment = datetime.now(UTC) - timedelta(seconds=self.clock_behind_s)
        response.headers["Date"] = format_datetime(moment, usegmt=True)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        call = self.log.begin(request.method, "/" + request.match_info["path"])
        try:
            return await self._meet_or_answer(request, call)
        finally:
            self.log.end(call)
            self._note()

    async def _meet_or_answer(self, request: web.Request, call: Call) -> web.StreamResponse:
        fault = self.faults.take(call.method, call.path, request.content_length or 0)
        call.fault = None if fault is None else str(fault)
        if isinstance(fault, Drop) and fault.when != "after":
            if fault.when == "during":
                await request.content.read(1024)
            return _cut(request)
        body = await read_body(request, call)
        within, headers = self.limits.take(call.method, call.path)
        if isinstance(fault, RateLimit):
            return _limited(call, fault, headers)
        if isinstance(fault, Reply):
            return _reply(call, fault.status, _error(fault.code, fault.message), headers)
        if not within:
            wait_s = float(headers["X-RateLimit-Reset-After"])
            return _limited(call, RateLimit(wait_s), headers)
        if isinstance(fault, Slow) and not fault.done_first:
            await asyncio.sleep(fault.seconds)
        response = self._apply(request, call, body, fault, headers)
        if isinstance(fault, Slow) and fault.done_first:
            self._note()
            await asyncio.sleep(fault.seconds)
        return response

    def _apply(
        self,
        request: web.Request,
        call: Call,
        body: Body,
        fault: Fault | None,
        headers: dict[str, str],
    ) -> web.StreamResponse:
        authorized = request.headers.get("Authorization") == f"Bot {self.token}"
        try:
            status, answer = self.rest.answer(
                call, body, dict(request.query), authorized=authorized
            )
        except DiscordError as error:
            return _reply(call, error.status, _error(error.code, str(error)), headers)
        call.applied = True
        if isinstance(fault, Drop):
            return _cut(request)
        return _reply(call, status, answer, headers)

    def _note(self) -> None:
        async def tell() -> None:
            async with self._changed:
                self._changed.notify_all()

        task = asyncio.get_running_loop().create_task(tell())
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)


def shows_result(message: Message) -> bool:
    """Whether a message of the bot's shows a finished picture; previews are named so."""
    names = [attachment["filename"] for attachment in message.attachments]
    return any("preview" not in name for name in names) and not message.deleted


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _error(code: int, message: str) -> dict[str, Any]:
    return {"code": code, "message": message}


def _limited(call: Call, limit: RateLimit, headers: dict[str, str]) -> web.StreamResponse:
    more = {"Via": "1.1 google"} if limit.via else {}
    if limit.is_global:
        more["X-RateLimit-Global"] = "true"
    answer = {"message": "You are being rate limited.", "retry_after": limit.retry_after_s}
    return _reply(call, 429, {**answer, "global": limit.is_global}, {**headers, **more})


def _reply(call: Call, status: int, answer: Any, headers: dict[str, str]) -> web.StreamResponse:
    call.status = status
    if answer is None:
        return web.Response(status=status, headers=headers)
    # Said so and not a letter more, or discord.py takes it for text.
    headers = {"Content-Type": "application/json", **headers}
    return web.Response(status=status, body=json.dumps(answer).encode(), headers=headers)
