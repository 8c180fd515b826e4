"""Making and changing messages as Discord does: what is left out stays, files are attached."""

from typing import Any

from tests.wire.body import Body
from tests.wire.cdn import Cdn, Upload
from tests.wire.world import LOADING, Channel, Message, World, snowflake

COMPONENTS_V2 = 1 << 15


def create(
    world: World, cdn: Cdn, channel: Channel, payload: dict[str, Any], body: Body
) -> Message:
    """Make a message; the same nonce again gives the message that it gave before."""
    nonce = payload.get("nonce")
    if nonce is not None and payload.get("enforce_nonce"):
        for message in world.messages.values():
            if message.nonce == str(nonce) and message.channel == channel:
                return message
    message = Message(snowflake(), channel, flags=payload.get("flags", 0))
    message.nonce = None if nonce is None else str(nonce)
    _fill(cdn, message, payload, body)
    world.messages[message.id] = message
    return message


def edit(cdn: Cdn, message: Message, payload: dict[str, Any], body: Body) -> Message:
    """Change a message; one that said "thinking" says it no longer."""
    message.flags &= ~LOADING
    # An edit can make a message one of components, and nothing can undo that.
    message.flags |= payload.get("flags", 0) & COMPONENTS_V2
    message.edits += 1
    _fill(cdn, message, payload, body)
    return message


def _fill(cdn: Cdn, message: Message, payload: dict[str, Any], body: Body) -> None:
    if "content" in payload:
        message.content = payload["content"] or ""
    if "embeds" in payload:
        message.embeds = payload["embeds"] or []
    if "components" in payload:
        message.components = _numbered(payload["components"] or [])
    if "attachments" in payload or body.files:
        message.attachments = _attachments(cdn, message, payload, body)


def _attachments(
    cdn: Cdn, message: Message, payload: dict[str, Any], body: Body
) -> list[dict[str, Any]]:
    old = {attachment["id"]: attachment for attachment in message.attachments}
    listed = payload.get("attachments")
    described = {str(a["id"]): a for a in listed or []}
    kept = list(old.values()) if listed is None else [old[i] for i in described if i in old]
    for part, file in body.files.items():
        index = part.removeprefix("files[").removesuffix("]")
        upload = Upload(file.data, file.filename, file.content_type)
        made = cdn.keep(upload, message.channel.id)
        if description := described.get(index, {}).get("description"):
            made["description"] = description
        kept.append(made)
    return kept


def _numbered(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    # Discord gives every component an id of its own within the message.
    number = 0

    def walk(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        nonlocal number
        made = []
        for node in nodes:
            number += 1
            changed = {"id": number, **node}
            if isinstance(node.get("components"), list):
                changed["components"] = walk(node["components"])
            made.append(changed)
        return made

    return walk(components)
