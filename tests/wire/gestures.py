"""What members do, as the interactions that Discord makes of it."""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from tests.wire.cdn import Cdn, Upload
from tests.wire.world import (
    APPLICATION_ID,
    EVERYTHING,
    Channel,
    Member,
    Message,
    Role,
    World,
    snowflake,
    walk,
)

COMMAND, COMPONENT, AUTOCOMPLETE, SUBMIT = 2, 3, 4, 5
SLASH, USER, MENU = 1, 2, 3
SUB_COMMAND, GROUP, STRING, INTEGER, BOOLEAN = 1, 2, 3, 4, 5
MEMBER_OPTION, CHANNEL_OPTION, ROLE_OPTION, NUMBER, ATTACHMENT = 6, 7, 8, 10, 11
TOKEN_LIFE_S = 15 * 60.0
ACKNOWLEDGE_WITHIN_S = 3.0


@dataclass
class Interaction:
    """One interaction, and what the bot has answered so far.

    Attributes:
        kind: Discord's type of interaction.
        response_type: Type of the callback, None before it came.
        message: The message that the answer made, or the pressed one where that is edited.
        pressed: The message whose component was pressed.
        sent: When it was told, by the monotonic clock.
        answered_at: When the callback came, by the same clock.
        deadline: Whether a callback after three seconds is refused, as Discord does.
    """

    id: int
    token: str
    kind: int
    channel: Channel
    member: Member
    sent: float = field(default_factory=time.monotonic)
    age_s: float = 0.0
    answered_at: float | None = None
    response_type: int | None = None
    response_data: dict[str, Any] = field(default_factory=dict)
    message: Message | None = None
    follow_ups: list[Message] = field(default_factory=list)
    pressed: Message | None = None
    deadline: bool = False
    killed: bool = False

    @property
    def expired(self) -> bool:
        """Whether its token is no longer good."""
        return self.killed or time.monotonic() - self.sent + self.age_s > TOKEN_LIFE_S

    @property
    def too_late(self) -> bool:
        """Whether Discord has already told the member that nobody answered."""
        return self.deadline and time.monotonic() - self.sent > ACKNOWLEDGE_WITHIN_S

    @property
    def answered(self) -> bool:
        """Whether the callback came."""
        return self.response_type is not None

    def told(self) -> str:
        """All that the bot said in answer, public or not."""
        said = [] if self.message is None or self.message is self.pressed else [self.message]
        return "\n".join(message.text() for message in [*said, *self.follow_ups])


class Gestures:
    """Builds the payloads of interactions."""

    def __init__(self, world: World, cdn: Cdn) -> None:
        self._world = world
        self._cdn = cdn

    def begin(
        self, kind: int, member: Member, channel: Channel, *, age_s: float = 0.0
    ) -> Interaction:
        """An interaction with a fresh id and a token of Discord's length."""
        made = Interaction(
            snowflake(age_s), f"aW50ZXJhY3Rpb246{secrets.token_hex(64)}", kind, channel, member
        )
        made.age_s = age_s
        return made

    def payload(
        self, interaction: Interaction, data: dict[str, Any], attachment_size_limit: int
    ) -> dict[str, Any]:
        """The INTERACTION_CREATE event."""
        channel, member = interaction.channel, interaction.member
        made: dict[str, Any] = {
            "id": str(interaction.id),
            "application_id": str(APPLICATION_ID),
            "type": interaction.kind,
            "token": interaction.token,
            "version": 1,
            "data": data,
            "channel_id": str(channel.id),
            "channel": channel.payload(),
            "locale": member.locale,
            "app_permissions": EVERYTHING,
            "attachment_size_limit": attachment_size_limit,
            "entitlements": [],
            "authorizing_integration_owners": {"0": str(channel.guild.id if channel.guild else 0)},
            "context": 0 if channel.guild else 1,
        }
        if channel.guild is not None:
            made["guild_id"] = str(channel.guild.id)
            made["guild"] = {"id": str(channel.guild.id), "locale": "en-US", "features": []}
            made["guild_locale"] = "en-US"
            made["member"] = member.payload()
        else:
            made["user"] = member.user()
        if interaction.pressed is not None:
            made["message"] = interaction.pressed.payload()
        return made

    def slash(
        self, channel: Channel, name: str, options: dict[str, Any], focused: str | None = None
    ) -> dict[str, Any]:
        """The data of a slash command; "group sub" names a subcommand."""
        words = name.split()
        command = self._command(words[0], SLASH)
        known = command.get("options", [])
        path = []
        for word in words[1:]:
            inner = next(option for option in known if option["name"] == word)
            path.append((word, inner["type"]))
            known = inner.get("options", [])
        kinds = {option["name"]: option["type"] for option in known}
        resolved: dict[str, Any] = {}
        given = []
        for key, value in options.items():
            if value is None:
                continue
            made = {"name": key, "type": kinds[key], "value": self._value(value, channel, resolved)}
            given.append(made | ({"focused": True} if key == focused else {}))
        for word, kind in reversed(path):
            given = [{"name": word, "type": kind, "options": given}]
        data: dict[str, Any] = {"id": command["id"], "name": words[0], "type": SLASH}
        data |= {"options": given}
        return data | ({"resolved": resolved} if resolved else {})

    def menu(self, name: str, target: Message | Member) -> dict[str, Any]:
        """The data of a context menu."""
        if isinstance(target, Message):
            command = self._command(name, MENU)
            resolved: dict[str, Any] = {"messages": {str(target.id): target.payload()}}
        else:
            command = self._command(name, USER)
            resolved = {"users": {str(target.id): target.user()}}
            member = {k: v for k, v in target.payload().items() if k != "user"}
            resolved["members"] = {str(target.id): member}
        return {
            "id": command["id"],
            "name": name,
            "type": command["type"],
            "target_id": str(target.id),
            "resolved": resolved,
        }

    def component(self, node: dict[str, Any], values: list[str] | None) -> dict[str, Any]:
        """The data of a pressed button or a made choice."""
        data = {"component_type": node["type"], "custom_id": node["custom_id"]}
        data["id"] = node.get("id", 1)
        return data if values is None else data | {"values": values}

    def submit(
        self, channel: Channel, form: dict[str, Any], values: dict[str, Any]
    ) -> dict[str, Any]:
        """The data of a modal that was sent off; what is left out keeps its default."""

        resolved: dict[str, Any] = {}

        def filled(node: dict[str, Any], number: int) -> dict[str, Any]:
            made: dict[str, Any] = {"type": node["type"], "id": number}
            if "custom_id" in node:
                key = node["custom_id"]
                made["custom_id"] = key
                chosen = values.get(key, node.get("value", "") or "")
                if isinstance(chosen, Upload):
                    kept = self._cdn.keep(chosen, channel.id)
                    resolved.setdefault("attachments", {})[kept["id"]] = kept
                    chosen = [kept["id"]]
                made["values" if isinstance(chosen, list) else "value"] = chosen
            if "component" in node:
                made["component"] = filled(node["component"], number + 1)
            if "components" in node:
                made["components"] = [filled(n, number + 1) for n in node["components"]]
            return made

        nodes = [filled(node, 10 * at) for at, node in enumerate(form["components"], start=1)]
        assert values.keys() <= {n.get("custom_id") for n in walk(form["components"])}
        return {"custom_id": form["custom_id"], "components": nodes, "resolved": resolved}

    def _command(self, name: str, kind: int) -> dict[str, Any]:
        for commands in self._world.commands.values():
            for command in commands:
                if command["name"] == name and command.get("type", SLASH) == kind:
                    return command
        raise LookupError(f"the bot has registered no command {name!r}")

    def _value(self, value: Any, channel: Channel, resolved: dict[str, Any]) -> Any:
        match value:
            case Upload():
                made = self._cdn.keep(value, channel.id)
                resolved.setdefault("attachments", {})[made["id"]] = made
                return made["id"]
            case Member():
                resolved.setdefault("users", {})[str(value.id)] = value.user()
                member = {k: v for k, v in value.payload().items() if k != "user"}
                resolved.setdefault("members", {})[str(value.id)] = member
                return str(value.id)
            case Role():
                resolved.setdefault("roles", {})[str(value.id)] = value.payload()
                return str(value.id)
            case Channel():
                resolved.setdefault("channels", {})[str(value.id)] = value.payload()
                return str(value.id)
        return value
