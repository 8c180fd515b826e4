"""Hidden results: on a member's wish or by the channel's rule, in whatever form they are shown."""

import asyncio
from pathlib import Path
from typing import Any

import discord
import pytest

from tests.bot.moderation.test_rules import moderator
from tests.bot.stage import Asked, Stage, buttons, stage


def hidden(message: discord.Message) -> bool:
    """Whether every picture of a message is hidden until it is clicked."""
    files = [one.is_spoiler() for one in message.attachments]
    shown = [item.spoiler for item in _media(message.components)]
    assert files or shown
    return all(files) and all(shown)


def _media(components: Any) -> list[Any]:
    found = []
    for node in components:
        found += list(getattr(node, "items", []))
        accessory = getattr(node, "accessory", None)
        if isinstance(accessory, discord.components.ThumbnailComponent):
            found.append(accessory)
        found += _media(getattr(node, "children", []))
    return found


async def every_form(
    s: Stage, single: discord.Message, gallery: discord.Message
) -> dict[str, bool]:
    """All messages that come of a result, and whether their pictures are hidden."""
    strip = await (await s.press(single, "Strength strip")).outcome()
    compare = await s.press(single, "Compare")
    posted = await s.press(compare.message, "Post it here")
    more = await s.press(single, "⋯")
    back = await s.press(more.message, "Back")
    picked = await s.pick(gallery, s.job_of(gallery))
    history = await s.command("history")
    lineage = await s.command("lineage")
    return {
        "single": hidden(single),
        "gallery": hidden(gallery),
        "variation": hidden(await (await s.press(single, "Vary subtle")).outcome()),
        "strip": hidden(strip),
        "compare": hidden(compare.message),
        "posted": hidden(posted.message),
        "back": hidden(back.message),
        "picked": hidden(picked.message),
        "history": hidden(history.message),
        "lineage": hidden(lineage.message),
    }


@pytest.mark.parametrize("why", ["wish", "rule", "neither"])
async def test_hidden_in_every_form(tmp_path: Path, why: str) -> None:
    async with stage(tmp_path, daily_quota=100) as s:
        if why == "rule":
            options = {"channel": s.world.channel, "rule": "always"}
            await moderator(s).slash(s.world.channel, "mod channel spoiler", **options)
        wish = {"spoiler": True} if why == "wish" else {}
        single = await s.result(**wish)
        gallery = await s.result(count=2, prompt="neon", **wish)
        found = await every_form(s, single, gallery)
        assert found == dict.fromkeys(found, why != "neither")


async def test_a_preview_is_hidden_too(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.engine.gate.clear()
        asked: Asked = await s.restyle(spoiler=True)
        message = await asked.progress()
        while not message.attachments:
            await asyncio.sleep(0)
            message = asked.message
        assert hidden(message)
        s.engine.gate.set()
        assert "Vary subtle" in buttons(await asked.outcome())
