"""Every command, menu entry, button and form over the wire, and Discord's limits on all of it."""

import re
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.buttons.rows import BUTTONS
from bot.commands.history import HistoryButton
from bot.commands.privacy import ForgetButton
from tests.wire.everything import Everything, leaves
from tests.wire.log import Call
from tests.wire.scene import Scene
from tests.wire.world import walk

ENGLISH = "en-US"
OTHERS = ("de", "es-ES", "fr", "ja", "pt-BR")

# Discord's documentation: "Component Reference", "Modals", "Message", "Application Commands".
MOST = {
    "content": 4000,
    "custom_id": 100,
    "placeholder": 150,
    "title": 45,
    "description": 1024,
}
CONTENT = 2000
ROWS, BUTTONS_IN_ROW, OPTIONS, COMPONENTS = 5, 5, 25, 40
BUTTON, ROW, TEXT_INPUT, LABEL = 2, 1, 4, 18
# Parts of `HOSTILE` that would be a mention, a link or markup as they stand; in code nothing is.
CODE = re.compile(r"`[^`\n]*`")
ACTS = re.compile(r"@everyone|(?<!\\)<@1>|(?<!\\)\[free|https://evil|(?<!\\)\*\*loud|\u202e")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "locale", [ENGLISH, *(pytest.param(other, marks=pytest.mark.slow) for other in OTHERS)]
)
async def test_everything_is_answered_and_keeps_discords_limits(
    tmp_path: Path, locale: str
) -> None:
    async with Scene.open(tmp_path, daily_quota=100_000, max_in_flight_per_user=50) as scene:
        everything = Everything(scene, locale)
        await everything.run()
        registered = [one for many in scene.discord.world.commands.values() for one in many]
        names = {name for name, _ in leaves(registered)}
        names |= {one["name"] for one in registered if one.get("type", 1) != 1}
        assert everything.commands == names
        never = [
            button.__name__
            for button in (*BUTTONS, HistoryButton, ForgetButton)
            if not any(_template(button).fullmatch(one) for one in everything.custom_ids)
        ]
        # Cancel is there only while a job waits, and a second page only with more pictures; other
        # tests press these.
        assert set(never) <= {"CancelButton", "HistoryButton"}
        assert everything.forms >= 2
        too_long = [found for call in scene.discord.log.calls for found in beyond(call.json)]
        assert too_long == []
        told = [text for call in scene.discord.log.calls for text in _told(call.json)]
        assert any("everyone" in text for text in told)
        assert [text for text in told if ACTS.search(CODE.sub("", text))] == []
        assert _may_mention(scene.discord.log.calls) == []
        failed = [c for c in scene.discord.log.calls if c.status >= 400 and c.status != 429]
        # A message may be gone before everything of a member is deleted.
        assert {(c.method, c.status) for c in failed} <= {("DELETE", 404)}
        assert '"level": "error"' not in scene.bot.log


def _told(body: Any) -> list[str]:
    """What a call shows in a message: its content, and its components' and embeds' texts."""
    shown = [node for node in walk(body) if node.get("type") != TEXT_INPUT]
    return [
        node[key] for node in shown for key in ("content", "text") if isinstance(node.get(key), str)
    ]


def _may_mention(calls: list[Call]) -> list[str]:
    """Calls that would let words mention somebody."""
    found = []
    for call in calls:
        body = call.json if isinstance(call.json, dict) else {}
        data = body["data"] if isinstance(body.get("data"), dict) else body
        if data.get("content") and call.method != "PUT":
            allowed = data.get("allowed_mentions", {"parse": ["all"]})
            # Users that are named one by one are meant: who gets a gift hears of it.
            if allowed.get("parse") or allowed.get("roles"):
                found.append(f"{call.method} {call.path}: {data['content'][:80]}")
    return found


def _template(button: type[discord.ui.DynamicItem[Any]]) -> re.Pattern[str]:
    found: re.Pattern[str] = button.__discord_ui_compiled_template__
    return found


def beyond(body: Any) -> list[str]:
    """What in a request's body is longer or more than Discord takes."""
    return [*_of_the_whole(body), *(found for node in walk(body) for found in _of_one(node))]


def _of_one(node: dict[str, Any]) -> list[str]:
    found = [
        f"{key} of {len(node[key])}: {node[key]}"
        for key, most in MOST.items()
        if isinstance(node.get(key), str) and len(node[key]) > most
    ]
    if isinstance(label := node.get("label"), str):
        most = {BUTTON: 80, LABEL: 45}.get(node.get("type", 0), 100)
        if len(label) > most:
            found.append(f"label of {len(label)}: {label}")
    if len(node.get("options") or ()) > OPTIONS:
        found.append(f"{len(node['options'])} options")
    if node.get("type") == ROW and len(node.get("components") or ()) > BUTTONS_IN_ROW:
        found.append("a row of more than five")
    return found


def _of_the_whole(body: Any) -> list[str]:
    if not isinstance(body, dict):
        return []
    found = []
    data = body["data"] if isinstance(body.get("data"), dict) else body
    top = data.get("components") or []
    rows = [node for node in top if node.get("type") == ROW]
    if len(rows) > ROWS or sum("type" in node for node in walk(top)) > COMPONENTS:
        found.append("too many components")
    if len(data.get("content") or "") > CONTENT:
        found.append(f"content of more than {CONTENT} characters")
    return found
