"""Edits a message by the bot's own permission, in the words of Discord's document."""

import json
from collections.abc import Sequence

import discord
from discord.http import MultipartParameters, handle_message_parameters

QUIET = discord.AllowedMentions.none()


async def edit_as_bot(
    client: discord.Client,
    channel_id: int,
    message_id: int,
    *,
    content: str,
    files: Sequence[discord.File] = (),
    view: discord.ui.View | None = None,
) -> None:
    """Replace text, files and buttons of a message of ours; raises ``discord.HTTPException``."""
    with handle_message_parameters(
        content=content, attachments=files, view=view, allowed_mentions=QUIET
    ) as asked:
        await client.http.edit_message(channel_id, message_id, params=_without_tts(asked))


def _without_tts(asked: MultipartParameters) -> MultipartParameters:
    """discord.py says "tts" in every edit, but Discord's document knows it of new messages only."""
    if asked.payload is not None:
        asked.payload.pop("tts", None)
    for part in asked.multipart or ():
        if part["name"] == "payload_json":
            payload = json.loads(part["value"])
            payload.pop("tts", None)
            part["value"] = json.dumps(payload)
    return asked
