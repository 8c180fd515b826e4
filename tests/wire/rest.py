"""The REST routes that the bot calls, as functions from a call to its answer."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.wire import messages
from tests.wire.body import Body
from tests.wire.cdn import Cdn
from tests.wire.errors import (
    ALREADY_ACKNOWLEDGED,
    EXPIRED_TOKEN,
    TOO_LARGE,
    UNAUTHORIZED,
    DiscordError,
    unknown,
)
from tests.wire.gestures import Interaction
from tests.wire.log import Call
from tests.wire.world import (
    APPLICATION_ID,
    BOT,
    EPHEMERAL,
    LOADING,
    Channel,
    Message,
    World,
    snowflake,
)

Answer = tuple[int, Any]
MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9


@dataclass(frozen=True)
class Asked:
    """A call, taken apart."""

    call: Call
    body: Body
    groups: tuple[str, ...]
    query: dict[str, str]
    authorized: bool

    @property
    def json(self) -> Any:
        """The JSON body; an empty object where there is none."""
        return {} if self.body.json is None else self.body.json


class Rest:
    """Discord's REST interface over the world.

    Attributes:
        names_message: Whether a callback's answer tells which message it made, as Discord does.
        gateway_url: Where the gateway is.
        shards: How many it recommends.
    """

    def __init__(self, world: World, cdn: Cdn) -> None:
        self._world = world
        self._cdn = cdn
        self.interactions: dict[str, Interaction] = {}
        self.attachment_size_limit = 10 * 1024 * 1024
        self.names_message = True
        self.gateway_url = ""
        self.shards = 1
        number, token = r"(\d+)", r"([^/]+)"
        app = rf"/applications/{number}"
        hook = rf"/webhooks/{number}/{token}"
        self._routes: list[tuple[str, re.Pattern[str], Callable[[Asked], Answer]]] = [
            (method, re.compile(path), handler)
            for method, path, handler in [
                ("GET", r"/users/@me", self._me),
                ("GET", r"/users/@me/guilds", self._my_guilds),
                ("GET", r"/gateway(?:/bot)?", self._gateway),
                ("GET", r"/oauth2/applications/@me", self._application),
                ("GET", r"/applications/@me", self._application),
                ("PUT", rf"{app}(?:/guilds/{number})?/commands", self._sync),
                ("GET", rf"{app}(?:/guilds/{number})?/commands", self._commands),
                ("POST", rf"/interactions/{number}/{token}/callback", self._callback),
                ("POST", hook, self._follow_up),
                ("GET", rf"{hook}/messages/(@original|\d+)", self._get_by_token),
                ("PATCH", rf"{hook}/messages/(@original|\d+)", self._edit_by_token),
                ("DELETE", rf"{hook}/messages/(@original|\d+)", self._delete_by_token),
                ("GET", rf"/channels/{number}", self._channel),
                ("PATCH", rf"/channels/{number}", self._channel),
                ("GET", rf"/channels/{number}/messages", self._history),
                ("POST", rf"/channels/{number}/messages", self._post),
                ("GET", rf"/channels/{number}/messages/{number}", self._get),
                ("PATCH", rf"/channels/{number}/messages/{number}", self._edit),
                ("DELETE", rf"/channels/{number}/messages/{number}", self._delete),
                ("POST", r"/users/@me/channels", self._open_dm),
                ("GET", rf"/guilds/{number}/members/{number}", self._member),
                ("GET", rf"/users/{number}", self._user),
            ]
        ]

    def answer(self, asked: Call, body: Body, query: dict[str, str], *, authorized: bool) -> Answer:
        """Do what is asked.

        Raises:
            DiscordError: Discord would refuse it.
        """
        for method, pattern, handler in self._routes:
            if method == asked.method and (match := pattern.fullmatch(asked.path)):
                groups = tuple(group or "" for group in match.groups())
                return handler(Asked(asked, body, groups, query, authorized))
        raise DiscordError(404, 0, "404: Not Found")

    def _me(self, asked: Asked) -> Answer:
        _require_token(asked)
        return 200, BOT.user()

    def _my_guilds(self, asked: Asked) -> Answer:
        _require_token(asked)
        told = [
            {"id": str(guild.id), "name": guild.name, "permissions": guild.bot_permissions}
            for guild in self._world.guilds.values()
        ]
        return 200, [{"icon": None, "owner": False, "features": [], **one} for one in told]

    def _gateway(self, asked: Asked) -> Answer:
        limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
        recommended = {"url": self.gateway_url, "shards": self.shards}
        return 200, recommended | {"session_start_limit": limit}

    def _application(self, asked: Asked) -> Answer:
        _require_token(asked)
        empty = {"description": "", "icon": None, "summary": "", "verify_key": "", "team": None}
        made: dict[str, Any] = {"id": str(APPLICATION_ID), "name": "Restyle", "bot_public": True}
        made |= {"flags": self._world.application_flags}
        owner = {"owner": {**BOT.user(), "id": "1", "username": "owner"}}
        return 200, {**empty, **made, **owner, "bot_require_code_grant": False}

    def _sync(self, asked: Asked) -> Answer:
        _require_token(asked)
        guild_id = int(asked.groups[1]) if asked.groups[1] else None
        fixed = {"application_id": str(APPLICATION_ID), "version": "1"}
        made = [{**command, **fixed, "id": str(snowflake())} for command in asked.json]
        for command in made:
            command.setdefault("default_member_permissions", None)
            command.setdefault("description", "")
        self._world.commands[guild_id] = made
        return 200, made

    def _commands(self, asked: Asked) -> Answer:
        _require_token(asked)
        guild_id = int(asked.groups[1]) if asked.groups[1] else None
        return 200, self._world.commands.get(guild_id, [])

    def _callback(self, asked: Asked) -> Answer:
        interaction = self.interactions.get(asked.groups[1])
        if interaction is None or str(interaction.id) != asked.groups[0]:
            raise unknown("interaction")
        if interaction.response_type is not None:
            raise ALREADY_ACKNOWLEDGED
        if interaction.too_late:
            raise unknown("interaction")
        kind, data = asked.json["type"], asked.json.get("data") or {}
        self._check_size(asked.body)
        interaction.response_type, interaction.answered_at = kind, time.monotonic()
        interaction.response_data = data
        message: Message | None = None
        if kind in (MESSAGE, DEFERRED):
            message = messages.create(self._world, self._cdn, interaction.channel, data, asked.body)
            message.token = interaction.token
            message.flags |= LOADING if kind == DEFERRED else 0
            interaction.message = message
        elif interaction.pressed is not None and kind in (DEFERRED_UPDATE, UPDATE):
            message = interaction.message = interaction.pressed
            if kind == UPDATE:
                messages.edit(self._cdn, message, data, asked.body)
        asked.call.message_id = message.id if message else None
        if asked.query.get("with_response") not in ("1", "true", "True"):
            return 204, None
        return 200, _callback_result(interaction, kind, message if self.names_message else None)

    def _follow_up(self, asked: Asked) -> Answer:
        interaction = self._by_token(asked)
        self._check_size(asked.body)
        first = interaction.message
        if first is not None and first.thinking and interaction.pressed is not first:
            # The first follow-up fills the message that said "thinking", and is as public as that.
            messages.edit(self._cdn, first, {**asked.json}, asked.body)
            asked.call.message_id = first.id
            return 200, first.payload()
        made = messages.create(self._world, self._cdn, interaction.channel, asked.json, asked.body)
        made.token = interaction.token
        interaction.follow_ups.append(made)
        asked.call.message_id = made.id
        return 200, made.payload()

    def _get_by_token(self, asked: Asked) -> Answer:
        return 200, self._message_by_token(asked).payload()

    def _edit_by_token(self, asked: Asked) -> Answer:
        message = self._message_by_token(asked)
        self._check_size(asked.body)
        messages.edit(self._cdn, message, asked.json, asked.body)
        return 200, message.payload()

    def _delete_by_token(self, asked: Asked) -> Answer:
        self._message_by_token(asked).deleted = True
        return 204, None

    def _channel(self, asked: Asked) -> Answer:
        return 200, self._channel_of(asked).payload()

    def _history(self, asked: Asked) -> Answer:
        channel = self._channel_of(asked)
        found = [m for m in self._world.messages.values() if m.channel == channel]
        shown = [m.payload() for m in found if not (m.deleted or m.ephemeral)]
        return 200, shown[::-1][: int(asked.query.get("limit", 50))]

    def _post(self, asked: Asked) -> Answer:
        channel = self._channel_of(asked)
        self._check_size(asked.body)
        message = messages.create(self._world, self._cdn, channel, asked.json, asked.body)
        asked.call.message_id = message.id
        return 200, message.payload()

    def _get(self, asked: Asked) -> Answer:
        return 200, self._message_of(asked).payload()

    def _edit(self, asked: Asked) -> Answer:
        message = self._message_of(asked)
        self._check_size(asked.body)
        return 200, messages.edit(self._cdn, message, asked.json, asked.body).payload()

    def _delete(self, asked: Asked) -> Answer:
        self._message_of(asked).deleted = True
        return 204, None

    def _open_dm(self, asked: Asked) -> Answer:
        _require_token(asked)
        recipient = int(asked.json["recipient_id"])
        channel = Channel(recipient + 1, None, "dm")
        self._world.channels.setdefault(channel.id, channel)
        return 200, {**channel.payload(), "recipients": [{**BOT.user(), "id": str(recipient)}]}

    def _user(self, asked: Asked) -> Answer:
        _require_token(asked)
        member = self._world.members.get(int(asked.groups[0]))
        if member is None:
            raise DiscordError(404, 10013, "Unknown User")
        return 200, member.user()

    def _member(self, asked: Asked) -> Answer:
        _require_token(asked)
        member = self._world.members.get(int(asked.groups[1]))
        if member is None:
            raise DiscordError(404, 10007, "Unknown Member")
        return 200, member.payload()

    def _channel_of(self, asked: Asked) -> Channel:
        _require_token(asked)
        channel = self._world.channels.get(int(asked.groups[0]))
        if channel is None:
            raise unknown("channel")
        return channel

    def _message_of(self, asked: Asked) -> Message:
        channel = self._channel_of(asked)
        message = self._world.messages.get(int(asked.groups[1]))
        if message is None or message.deleted or message.channel != channel or message.ephemeral:
            raise unknown("message")
        asked.call.message_id = message.id
        return message

    def _by_token(self, asked: Asked) -> Interaction:
        interaction = self.interactions.get(asked.groups[1])
        if interaction is None or asked.groups[0] != str(APPLICATION_ID):
            raise unknown("webhook")
        if interaction.expired:
            raise EXPIRED_TOKEN
        if interaction.response_type is None:
            raise unknown("webhook")
        return interaction

    def _message_by_token(self, asked: Asked) -> Message:
        interaction = self._by_token(asked)
        named = asked.groups[2]
        message = (
            interaction.message if named == "@original" else self._world.messages.get(int(named))
        )
        mine = message is not None and (
            message.token == interaction.token or message is interaction.pressed
        )
        if message is None or message.deleted or not mine:
            raise unknown("message")
        asked.call.message_id = message.id
        return message

    def _check_size(self, body: Body) -> None:
        if body.bytes > self.attachment_size_limit:
            raise TOO_LARGE


def _require_token(asked: Asked) -> None:
    if not asked.authorized:
        raise UNAUTHORIZED


def _callback_result(interaction: Interaction, kind: int, message: Message | None) -> Any:
    told: dict[str, Any] = {"id": str(interaction.id), "type": interaction.kind}
    resource: dict[str, Any] = {"type": kind}
    if message is not None:
        told["response_message_id"] = str(message.id)
        told["response_message_loading"] = message.thinking
        told["response_message_ephemeral"] = bool(message.flags & EPHEMERAL)
        resource["message"] = message.payload()
    return {"interaction": told, "resource": resource}
