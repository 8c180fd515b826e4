"""Every command, menu entry, button and form over the wire, and Discord's limits on all of it."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from bot.client import ITEMS
from tests.wire.desk import DOUBTING
from tests.wire.everything import Everything, leaves
from tests.wire.log import TRAFFIC, Call
from tests.wire.pressable import buttons, forms, items
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
    generous: dict[str, Any] = {"daily_quota": 100_000, "max_in_flight_per_user": 50}
    async with Scene.open(tmp_path / "all", **generous) as scene:
        everything = Everything(scene, locale)
        await everything.run()
        registered = [one for many in scene.discord.world.commands.values() for one in many]
        _check_traffic(scene)
        # Its hostile words were told at all.
        assert any(
            "everyone" in text for call in scene.discord.log.calls for text in _told(call.json)
        )
    # Loading the check's model takes a while, and it would doubt more than is wanted here.
    async with Scene.open(tmp_path / "doubt", **generous, **DOUBTING) as scene:
        doubtful = Everything(scene, locale)
        await doubtful.desk.open()
        await doubtful.desk.doubts()
        _check_traffic(scene)
    names = {name for name, _ in leaves(registered)}
    names |= {one["name"] for one in registered if one.get("type", 1) != 1}
    assert everything.commands == names
    pressed = everything.custom_ids | doubtful.custom_ids
    never = [
        name
        for name, pattern in buttons().items()
        if not any(pattern.fullmatch(one) for one in pressed)
    ]
    assert never == []
    assert everything.forms == forms()
    both = [*everything.interactions.items(), *doubtful.interactions.items()]
    assert unanswered_in_the_log(both) == []


def unanswered_in_the_log(used: Iterable[tuple[str, list[int]]]) -> list[str]:
    """What was used and whose answer is not in the file that others check."""
    with TRAFFIC.open(encoding="utf-8") as file:
        paths = [json.loads(line)["path"] for line in file]
    answered = {int(path.split("/")[2]) for path in paths if path.startswith("/interactions/")}
    return [name for name, ids in used if not answered.intersection(ids)]


def _check_traffic(scene: Scene) -> None:
    """All that was sent is within Discord's limits, mentions nobody, and was taken."""
    calls = scene.discord.log.calls
    assert [found for call in calls for found in beyond(call.json)] == []
    told = [text for call in calls for text in _told(call.json)]
    assert [text for text in told if ACTS.search(CODE.sub("", text))] == []
    assert _may_mention(calls) == []
    failed = [call for call in calls if call.status >= 400 and call.status != 429]
    # A message may be gone before everything of a member is deleted.
    assert {(call.method, call.status) for call in failed} <= {("DELETE", 404)}
    assert '"level": "error"' not in scene.bot.log


def test_the_bot_knows_again_all_that_it_ever_shows() -> None:
    assert items() == set(ITEMS)
    # What one class stands for is counted one by one.
    assert {"CaseButton dismiss", "SetupMenu zone", "CompareWithButton root"} < buttons().keys()


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
