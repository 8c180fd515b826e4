"""Every language on the stage: commands, buttons, forms, menus and refusals, as they are read."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import discord
import pytest
import simcord

from bot.buttons.base import UNKNOWN
from bot.language import _, reading
from bot.language.extraction import template
from bot.language.loading import LANGUAGES, catalogue, language_of
from tests.bot.moderation.test_reports import with_desk
from tests.bot.moderation.test_rules import MODERATOR
from tests.bot.stage import PHOTO, Asked, Stage, stage
from tests.bot.test_limits import CONTENT, LAYOUT_TEXT, MODAL_TITLE, ROWS
from tests.bot.told import told

LOCALES = {"de": "de", "es": "es-ES", "fr": "fr", "ja": "ja", "pt_BR": "pt-BR"}
# Shorter than this a part of an English sentence may well stand in another language.
TELLING_CHARS = 14
PLACE = re.compile(r"\{[^}]*\}")


def english_parts(language: str) -> list[str]:
    """What stands between the values of English sentences, where its translation says otherwise."""
    known = catalogue(language)
    parts = set()
    for message in template():
        ids = message.id if isinstance(message.id, list | tuple) else [message.id]
        for text in filter(None, ids):
            for part in PLACE.split(text):
                if len(part) >= TELLING_CHARS and part not in known.gettext(text):
                    parts.add(part.strip())
    return sorted(part for part in parts if len(part) >= TELLING_CHARS)


def read_in(node: Any) -> Iterator[str]:
    """All that a member reads in a message or form."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("content", "label", "placeholder", "description", "title") and value:
                yield str(value)
            elif isinstance(value, dict | list):
                yield from read_in(value)
    elif isinstance(node, list):
        for one in node:
            yield from read_in(one)


class Conversation:
    """Everything that a member and a moderator do, and what they are told."""

    def __init__(self, s: Stage) -> None:
        self._s = s
        self.read: list[str] = []

    def label(self, text: str) -> str:
        """A button's label as it stands there; messages are read in the language of the job."""
        return _(text)

    def heard(self, result: simcord.InteractionResult) -> None:
        """Note what an interaction was answered with, and hold it against Discord's limits."""
        if result.modal is not None:
            assert len(result.modal["title"]) <= MODAL_TITLE
            self.read += read_in(result.modal)
        for reply in filter(None, (result.response, *result.followups)):
            self.message(reply.message)

    def message(self, message: discord.Message) -> None:
        """The same for a message as it stands now."""
        assert len(message.content) <= CONTENT
        components = [one.to_dict() for one in message.components]
        rows = [one for one in components if one["type"] == 1]
        assert len(rows) <= ROWS
        texts = [message.content, *read_in(components)]
        assert sum(map(len, texts[1:])) <= LAYOUT_TEXT
        self.read += [*texts, *filter(None, (one.description for one in message.attachments))]

    async def use(self, path: str, who: simcord.MemberActor | None = None, **options: Any) -> Asked:
        """A command."""
        asked = await self._s.command(path, who, **options)
        self.heard(asked.interaction)
        return asked

    async def job(self, asked: Asked) -> discord.Message:
        """A job, from its first word to its result."""
        self.heard(asked.interaction)
        message = await asked.outcome()
        self.message(message)
        return message

    async def press(self, message: discord.Message, text: str) -> Asked:
        """A button whose answer is there at once."""
        asked = await self._s.press(message, self.label(text))
        self.heard(asked.interaction)
        return asked


async def a_member(c: Conversation, s: Stage) -> None:
    """What every member may do."""
    who, channel = s.world.alice, s.world.channel
    first = await c.job(await s.restyle(seed=1))
    for text in ("Vary subtle", "Vary strong", "Reroll", "Upscale", "Strength strip"):
        await c.job(await s.press(first, c.label(text)))
    form = await c.press(first, "Remix")
    values = {"prompt": "neon", "strength": "bold"}
    await c.job(Asked(s, await who.submit_modal(form.interaction, values)))
    compared = await c.press(first, "Compare")
    await c.press(compared.message, "Post it here")
    more = await c.press(first, "⋯")
    await c.press(more.message, "Back")
    gallery = await c.job(await s.restyle(count=2, prompt="a comic"))
    c.heard((await s.pick(gallery, s.job_of(gallery))).interaction)
    await c.job(await s.press(gallery, "V1"))
    await c.job(Asked(s, await who.slash(channel, "imagine", prompt="a house")))
    c.heard(await who.context_menu(channel, "Restyle this", first))
    c.heard(await who.context_menu(channel, "Restyle avatar", s.world.bob))
    c.heard(await who.context_menu(channel, "Show lineage", first))
    for path in ("history", "lineage", "help", "about", "quota me", "look list", "privacy export"):
        await c.use(path)
    await c.use("look save", name="inky", template="{prompt}, in ink")
    await c.use("look delete", name="inky")
    await c.use("quota gift", member=s.world.bob, amount=1)
    await c.use("privacy opt-out", alone=True)
    await c.use("privacy opt-out", alone=False)
    await c.press(first, "Report")


async def refused(c: Conversation, s: Stage) -> None:
    """What is refused, in one sentence each."""
    who, channel = s.world.alice, s.world.channel
    for options in (
        {"strength": "everything"},
        {"member": s.world.bob},
        {"look": "no such look"},
        {"image": ("notes.txt", b"no picture at all")},
        {"prompt": "a naked child"},
        {"image": None, "member": s.world.bob},
    ):
        c.heard((await s.restyle(**options)).interaction)
    c.heard(await who.slash(channel, "inpaint", image=("photo.jpg", PHOTO), prompt="x"))
    c.heard(await who.slash(channel, "lineage", picture="nothing"))
    c.heard(await who.slash(channel, "quota gift", member=s.world.bob, amount=900))
    forged = await s.forge("r:vary_subtle:nothing")
    c.heard(await who.click(forged, custom_id="r:vary_subtle:nothing"))


async def a_moderator(c: Conversation, s: Stage) -> None:
    """What moderators may do, and what members then hear."""
    who, channel = _manager(s), s.world.channel
    for path, options in (
        ("mod rules", {}),
        ("mod filter words", {"words": "tulip"}),
        ("mod filter list", {}),
        ("mod channel spoiler", {"channel": channel, "rule": "always"}),
        ("mod set retention", {"days": 30}),
        ("mod block", {"member": s.world.bob, "expires": "7d", "reason": "spam"}),
        ("mod blocked", {}),
        ("mod log", {}),
        ("mod quota rules", {}),
        ("mod usage", {}),
        ("setup", {}),
        ("help", {}),
    ):
        await c.use(path, who, **options)
    c.heard((await s.restyle(prompt="a tulip")).interaction)
    c.heard((await s.restyle(s.world.bob)).interaction)
    await c.use("mod pause", who)
    c.heard((await s.restyle()).interaction)
    await c.use("mod resume", who)
    await c.use("quota ask", amount=3, why="a long wedding")


def _manager(s: Stage) -> simcord.MemberActor:
    guild = s.world.alice.guild
    may = MODERATOR | discord.Permissions(manage_guild=True)
    role = guild.create_role("Manager", permissions=may)
    return guild.add_member(s.world.env.create_user("dora"), roles=[role])


async def the_end(c: Conversation) -> None:
    """Everything of a member is deleted."""
    asked = await c.use("privacy delete")
    await c.press(asked.message, "Delete everything")
    c.message(asked.message)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_all_that_is_said_is_said_in_that_language(tmp_path: Path, language: str) -> None:
    locale = LOCALES[language]
    assert language_of(locale) == language
    async with stage(tmp_path, daily_quota=100) as s:
        await with_desk(s)
        with told(s.world.env, locale=locale, guild_locale=locale), reading(locale):
            c = Conversation(s)
            await a_member(c, s)
            await refused(c, s)
            await a_moderator(c, s)
            await the_end(c)
    english = english_parts(language)
    assert len(english) > 100
    said = "\n".join(c.read)
    assert [part for part in english if part in said] == []
    # The last refusal was read, in that language; in English it would have been found.
    assert catalogue(language).gettext(UNKNOWN) in said
    assert any(part in UNKNOWN for part in english)
