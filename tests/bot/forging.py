"""Interactions that no honest client sends: hidden commands, and custom_ids never handed out."""

from collections.abc import Iterator
from typing import Any

import simcord
from discord import app_commands
from simcord import actors, builders, interactions
from simcord.backend import serializers
from simcord.enums import AppCommandType, ComponentType, InteractionType, OptionType

from tests.bot.stage import Asked, Stage

Leaf = app_commands.Command[Any, ..., Any]


def leaves(stage: Stage, *, hidden: bool = True) -> Iterator[Leaf | app_commands.ContextMenu]:
    """Every command and menu that is hidden from some, or that is not, however deep it lies."""
    tree = stage.world.env.bot.tree  # type: ignore[attr-defined]  # discord.Client has none
    for root in tree.get_commands(type=None):
        if (root.default_permissions is not None) is hidden:
            yield from _below(root)


def _below(
    command: Leaf | app_commands.Group | app_commands.ContextMenu,
) -> Iterator[Leaf | app_commands.ContextMenu]:
    if isinstance(command, app_commands.Group):
        for child in command.commands:
            yield from _below(child)
    else:
        yield command


async def forge_command(stage: Stage, actor: Any, channel: Any, name: str) -> Asked:
    """Send a command with some value for each option, whether or not Discord would show it."""
    backend = stage.world.env.backend
    guild = getattr(actor, "guild", None)
    first, *path = name.split()
    root = backend.find_command(first, stage.world.alice.guild.id)
    assert root is not None
    leaf, nesting = interactions.walk_to_subcommand(root, path)
    options = [
        {"name": option["name"], "type": option["type"], "value": _some_value(stage, option)}
        for option in leaf.get("options") or []
    ]
    data: dict[str, Any] = {
        "id": root["id"],
        "name": first,
        "type": 1,
        "options": interactions.nest_options(root, nesting, options),
        "resolved": _resolved(stage) if guild is not None else {},
    }
    kind = InteractionType.APPLICATION_COMMAND
    return Asked(stage, await actors._dispatch_actor_interaction(actor, kind, channel, data))


async def forge_menu(stage: Stage, user: Any, name: str, on: Any) -> simcord.InteractionResult:
    """Open a menu in direct messages, on a member or a message; simcord does so in guilds only."""
    backend = stage.world.env.backend
    shown: Any
    if isinstance(on, simcord.MemberActor):
        kind, shown = AppCommandType.USER, serializers.user_payload(backend.get_user(on.id))
    else:
        kind = AppCommandType.MESSAGE
        stored = actors._visible_message(user, on)
        shown = serializers.message_payload(backend, stored)
    found = backend.visible_commands(user_id=user.id, channel_id=user.dm_channel.id, type=kind)
    [root] = [one for one in found if one["name"] == name]
    data: dict[str, Any] = {
        "id": root["id"],
        "name": name,
        "type": int(kind),
        "target_id": str(on.id),
        "resolved": {"users" if kind is AppCommandType.USER else "messages": {str(on.id): shown}},
    }
    return await actors._dispatch_actor_interaction(
        user, InteractionType.APPLICATION_COMMAND, user.dm_channel, data
    )


async def forge_press(
    stage: Stage, actor: Any, message: Any, custom_id: str, picked: str | None = None
) -> Asked:
    """Press a button of that custom_id, or pick from a menu, as if ``message`` had it."""
    env = stage.world.env
    stored = actors._visible_message(actor, message)
    data: dict[str, Any] = {
        "custom_id": custom_id,
        "component_type": int(ComponentType.BUTTON),
    }
    claim: dict[str, Any] = {"type": int(ComponentType.BUTTON), "style": 1, "label": "?"}
    if picked is not None:
        data |= {"component_type": int(ComponentType.STRING_SELECT), "values": [picked]}
        option = {"label": "?", "value": picked}
        claim = {"type": int(ComponentType.STRING_SELECT), "options": [option]}
    claimed = dict(serializers.message_payload(env.backend, stored))
    claimed["components"] = [
        {"type": int(ComponentType.ACTION_ROW), "components": [claim | {"custom_id": custom_id}]}
    ]
    result = await actors._dispatch_actor_interaction(
        actor,
        InteractionType.MESSAGE_COMPONENT,
        builders.ChannelHandle(env, actor.guild, env.backend.get_channel(stored.channel_id)),
        data,
        extra={"message": claimed},
        source_message_id=stored.id,
    )
    return Asked(stage, result, pressed=message)


def _some_value(stage: Stage, option: dict[str, Any]) -> Any:
    if option.get("choices"):
        return option["choices"][0]["value"]
    match OptionType(option["type"]):
        case OptionType.INTEGER | OptionType.NUMBER:
            return option.get("min_value", 1)
        case OptionType.BOOLEAN:
            return True
        case OptionType.CHANNEL:
            return str(stage.world.channel.id)
        case OptionType.ROLE:
            return str(stage.world.alice.guild.id)
        case OptionType.USER | OptionType.MENTIONABLE:
            return str(stage.world.alice.id)
        case _:
            return "7d"


def _resolved(stage: Stage) -> dict[str, Any]:
    actor, resolved = stage.world.alice, dict[str, Any]()
    guild = actor.guild
    everyone = guild.create_role("some role")
    for handle in (actor, stage.world.channel, everyone):
        interactions.resolve_handle(actor, handle, resolved, channel_id=stage.world.channel.id)
    resolved["roles"][str(guild.id)] = next(iter(resolved["roles"].values())) | {
        "id": str(guild.id)
    }
    return resolved
