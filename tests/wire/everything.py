"""Uses every command, presses every button and sends off every form that the bot shows."""

import contextlib
from collections.abc import Iterator
from typing import Any

from PIL import Image

from tests.engine.pictures import encoded
from tests.wire.cdn import Upload
from tests.wire.desk import Desk
from tests.wire.gestures import (
    ATTACHMENT,
    BOOLEAN,
    CHANNEL_OPTION,
    GROUP,
    INTEGER,
    MEMBER_OPTION,
    MENU,
    NUMBER,
    ROLE_OPTION,
    SLASH,
    STRING,
    SUB_COMMAND,
    Interaction,
)
from tests.wire.rest import DEFERRED_UPDATE, MODAL
from tests.wire.scene import PHOTO, Scene, photo
from tests.wire.world import Member, Message, Role, walk

# Shorter than a job's id or a snowflake, longer than any word.
ID_CHARS = 17
BUTTON, SELECT, TEXT_INPUT, CHANNEL_SELECT, FILE_UPLOAD = 2, 3, 4, 8, 19
LINK_STYLE = 5
# What members may write that must not act in any message.
HOSTILE = "@everyone <@1> [free](https://evil.example) **loud** `code` ||s|| \u202egnp"
# What makes a text option mean something; others get hostile words.
TEXTS = {
    "prompt": f"an oil painting {HOSTILE}",
    "template": "{prompt}, in ink",
    "strength": "0.5",
    "timezone": "Europe/Berlin",
    "zone": "Europe/Berlin",
    "duration": "1h",
    "span": "1h",
    "day": "2026-01-01",
    "credits": "1",
}
MASK = encoded(Image.new("L", (96, 64), "white"), "PNG")
# This is gone from its message when the others there were pressed.
FIRST = "share"
# These end what the others need, so they come last.
LAST = ("pause", "block", "delete", "forget", "opt-out", "resume")


def leaves(commands: list[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each slash command or subcommand by its full name, with its options."""

    def below(name: str, options: list[dict[str, Any]]) -> Iterator[tuple[str, list[Any]]]:
        inner = [option for option in options if option["type"] in (SUB_COMMAND, GROUP)]
        if not inner:
            yield name, options
        for option in inner:
            yield from below(f"{name} {option['name']}", option.get("options", []))

    for command in commands:
        if command.get("type", SLASH) == SLASH:
            yield from below(command["name"], command.get("options", []))


class Everything:
    """Drives a scene.

    Attributes:
        commands: Full names of the commands and menu entries that were used.
        pressed: The custom_ids of what was pressed or chosen, without the ids in them.
        custom_ids: The same, as they were.
        forms: The words of the forms that were sent off.
        interactions: By what was used, pressed or sent off: the ids of such interactions.
    """

    def __init__(self, scene: Scene, locale: str) -> None:
        self._scene = scene
        self._discord = scene.discord
        everything = str((1 << 53) - 1)
        self._member = self._discord.member("Mona", permissions=everything, locale=locale)
        self._other = self._discord.member("Otto")
        self._role: Role | None = None
        self.commands: set[str] = set()
        self.pressed: set[str] = set()
        self.custom_ids: set[str] = set()
        self.forms: set[str] = set()
        self.interactions: dict[str, list[int]] = {}
        self.desk = Desk(scene, self._member, self._decide)

    async def run(self) -> None:
        """Use everything once."""
        registered = [one for many in self._discord.world.commands.values() for one in many]
        named = sorted(leaves(registered), key=lambda leaf: _rank(leaf[0]))
        self._role = await self.desk.open()
        await self.desk.reports()
        await self.desk.requests()
        await self._cancel()
        for name, options in named:
            if _rank(name)[0] <= 0:
                await self._use_fully(name, options)
        # Now there is more than a page of both.
        for name in ("history", "mod log"):
            await self._use(name, [])
        await self._use_menus(registered)
        for name, options in named:
            if _rank(name)[0] > 0:
                await self._use_fully(name, options)

    async def _use_menus(self, registered: list[dict[str, Any]]) -> None:
        posted = self._discord.post(self._other, self._scene.channel, "look", Upload(PHOTO))
        for command in registered:
            if command.get("type", SLASH) == SLASH:
                continue
            target: Message | Member = posted if command["type"] == MENU else self._other
            asked = await self._discord.menu(
                self._member, self._scene.channel, command["name"], target
            )
            self._note(command["name"], asked)
            self.commands.add(command["name"])
            await self._follow(asked)

    async def _use_fully(self, name: str, options: list[dict[str, Any]]) -> None:
        """With what a command needs, and then with all that it takes."""
        needed = [option for option in options if option.get("required")]
        for chosen in (needed, options) if len(options) > len(needed) else (needed,):
            await self._use(name, chosen)

    async def _cancel(self) -> None:
        """Take a job back while it runs."""
        asked = await self._scene.restyle("slow", self._member)
        await self._discord.until(
            lambda: asked.message is not None and _has(asked.message, "cancel")
        )
        assert asked.message is not None
        await self._decide(self._member, asked.message, "cancel")
        await self._discord.until(lambda: asked.message and not _has(asked.message, "cancel"))

    async def _decide(self, member: Member, message: Message, wanted: str) -> Interaction:
        """Press one button, and fill in the form that it may open."""
        custom_id = next(n["custom_id"] for n in _actors(message) if wanted in n["custom_id"])
        self.pressed.add(word_of(custom_id))
        self.custom_ids.add(custom_id)
        asked = await self._discord.press(member, message, custom_id)
        self._note(custom_id, asked)
        await self._discord.answered(asked)
        return await self._filled_in(asked)

    async def _filled_in(self, asked: Interaction) -> Interaction:
        if asked.response_type != MODAL:
            return asked
        form = asked.response_data
        self.forms.add(form["custom_id"].split(":")[1])
        sent = await self._discord.submit_modal(asked, **dict(_fillings(form["components"])))
        self._note("form " + form["custom_id"].split(":")[1], sent)
        return await self._discord.answered(sent)

    async def _use(self, name: str, options: list[dict[str, Any]]) -> None:
        values = {option["name"]: await self._value(name, option) for option in options}
        if "image" in values:
            # A picture or a member's avatar, not both.
            values.pop("member", None)
        asked = await self._discord.slash(self._member, self._scene.channel, name, **values)
        self._note(name, asked)
        self.commands.add(name)
        await self._follow(asked)

    async def _follow(self, asked: Interaction, depth: int = 0) -> None:
        """Wait for the answer, and go on with what it offers."""
        asked = await self._filled_in(await self._discord.answered(asked))
        # A job's message goes through its states; whatever it comes to is looked at.
        with contextlib.suppress(AssertionError):
            await self._discord.until(lambda: _settled(asked), 20)
        if depth < 6 and asked.message is not None and not asked.message.deleted:
            await self._press_all(asked.message, depth)

    async def _press_all(self, message: Message, depth: int) -> None:
        while (node := self._unpressed(message)) is not None:
            self.pressed.add(word_of(node["custom_id"]))
            self.custom_ids.add(node["custom_id"])
            values = None
            if node["type"] != BUTTON:
                values = [option["value"] for option in node.get("options", ())][:1]
                values = values or [str(self._scene.channel.id)]
            before = message.components
            asked = await self._discord.press(
                self._member, message, node["custom_id"], values=values
            )
            self._note(node["custom_id"], asked)
            await self._discord.answered(asked)
            if asked.response_type == DEFERRED_UPDATE:
                # Most change the message itself, which then may offer something else.
                with contextlib.suppress(AssertionError):
                    await self._discord.until(lambda: message.components != before, 3)  # noqa: B023
            await self._follow(asked, depth + 1)

    def _note(self, name: str, asked: Interaction) -> None:
        self.interactions.setdefault(name, []).append(asked.id)

    def _unpressed(self, message: Message) -> dict[str, Any] | None:
        """The next of a message's components whose like was not pressed yet."""
        left = [
            node
            for node in _actors(message)
            if word_of(node["custom_id"]) not in self.pressed and not node.get("disabled")
        ]
        if message.deleted or not left:
            return None
        return min(left, key=lambda node: _rank(node["custom_id"]))

    async def _value(self, command: str, option: dict[str, Any]) -> Any:
        kind, name = option["type"], option["name"]
        if option.get("choices"):
            return option["choices"][0]["value"]
        if option.get("autocomplete"):
            offered = await self._discord.autocomplete(
                self._member, self._scene.channel, command, name, **{name: ""}
            )
            if offered:
                # The second number: of pictures, that makes a gallery.
                at = 1 if kind == INTEGER and len(offered) > 1 else 0
                return offered[at]["value"]
        fixed: dict[int, Any] = {
            STRING: TEXTS.get(name, HOSTILE)[: option.get("max_length", len(HOSTILE))],
            # Two where that is allowed: of pictures, that makes a gallery.
            INTEGER: min(max(2, option.get("min_value", 1)), option.get("max_value", 2)),
            NUMBER: option.get("min_value", 0.5),
            BOOLEAN: True,
            MEMBER_OPTION: self._other,
            CHANNEL_OPTION: self._scene.channel,
            ROLE_OPTION: self._role,
            9: self._role,
            ATTACHMENT: Upload(MASK if "mask" in name else photo(3)),
        }
        return fixed[kind]


def word_of(custom_id: str) -> str:
    """What a component does: its custom_id up to the ids in it; to agree to a price is another."""
    parts = custom_id.split(":")
    words = [part for part in parts if len(part) < ID_CHARS and not part.isdigit()]
    return ":".join([*words, "agreed"] if parts[0] == "r" and parts[-1].isdigit() else words)


def _rank(name: str) -> tuple[int, str]:
    if FIRST in name:
        return -1, name
    return next((at for at, word in enumerate(LAST, start=1) if word in name), 0), name


def _actors(message: Message) -> list[dict[str, Any]]:
    return [
        node
        for node in walk(message.components)
        if node.get("type") in (BUTTON, SELECT, CHANNEL_SELECT) and "custom_id" in node
    ]


def _has(message: Message, word: str) -> bool:
    return any(word in node["custom_id"] for node in _actors(message))


def _settled(asked: Interaction) -> bool:
    message = asked.message
    if asked.follow_ups or (message is not None and message.deleted):
        return True
    if message is None or message is asked.pressed:
        return message is not None
    return not _has(message, "cancel") and bool(
        message.text() or message.attachments or message.components
    )


def _fillings(components: list[dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    for node in walk(components):
        match node.get("type"):
            case 4:
                given = node.get("value") or TEXTS.get(node["custom_id"], HOSTILE)
                yield node["custom_id"], given[: node.get("max_length", len(given))]
            case 19:
                yield node["custom_id"], Upload(photo(4))
            case 3 | 21 | 22:
                yield node["custom_id"], [node["options"][0]["value"]]
