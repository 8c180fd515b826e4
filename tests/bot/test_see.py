"""What members can look at: history, lineage, help and about, each told to them alone."""

import io
from pathlib import Path

import discord
import pytest
from PIL import Image
from sd_parsers import ParserManager
from simcord.results import ResponseMessage

from bot.commands.history import THUMBNAIL_SIDE
from bot.language.extraction import command_payloads
from tests.bot.moderation.test_rules import moderator
from tests.bot.stage import Stage, stage
from tests.bot.told import brought_along
from tests.bot.told import told as told_of


async def told(s: Stage, name: str) -> ResponseMessage:
    """What Alice alone is told when she uses a command."""
    result = await s.world.alice.slash(s.world.channel, name)
    assert result.response is not None
    assert result.response.ephemeral
    return result.response


def texts_in(message: discord.Message) -> list[str]:
    """All text of a message with components, from the top down."""
    found: list[str] = []

    def visit(items: object) -> None:
        for item in items:  # type: ignore[attr-defined]
            if isinstance(item, discord.TextDisplay):
                found.append(item.content)
            visit(getattr(item, "children", ()))

    visit(message.components)
    return found


async def test_history_shows_ones_own_pictures_and_the_way_to_them(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result(prompt="**one**", seed=11)
        await s.restyle(s.world.bob, prompt="not mine")
        second = await s.result(prompt="three")
        message = (await told(s, "history")).message
        heading, newest, oldest = texts_in(message)
        assert "2 in all, page 1 of 1" in heading
        assert "three" in newest
        assert r"\*\*one\*\*" in oldest
        assert "seed 11 · embedded" in oldest
        assert second.jump_url in newest
        assert first.jump_url in oldest
        assert len(message.attachments) == 2
        with Image.open(io.BytesIO(await message.attachments[0].read())) as image:
            assert max(image.size) <= THUMBNAIL_SIDE


async def test_history_is_turned_page_by_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.commands.history.PER_PAGE", 2)
    async with stage(tmp_path) as s:
        for number in range(5):
            await s.result(prompt=f"picture {number}")
        asked = await told(s, "history")
        seen = texts_in(asked.message)[1:]
        for _ in range(2):
            await s.world.alice.click(asked.message, label="Older")
            seen += texts_in(asked.message)[1:]
        assert [text.splitlines()[0] for text in seen] == [
            f"**picture {number}**" for number in (4, 3, 2, 1, 0)
        ]
        await s.world.alice.click(asked.message, label="Newer")
        assert "page 2 of 3" in texts_in(asked.message)[0]


async def test_the_posted_file_tells_how_it_was_made(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        message = await s.result(prompt="a castle", seed=4711, strength="0.5")
        found = ParserManager().parse(io.BytesIO(await message.attachments[0].read()))
        assert found is not None
        assert [prompt.value for prompt in found.prompts] == ["a castle"]
        assert found.samplers[0].parameters["seed"] == "4711"


async def test_history_of_somebody_new_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        message = (await told(s, "history")).message
        assert texts_in(message) == ["I keep no pictures of yours."]


async def test_a_lineage_is_one_drawing_of_all_that_came_of_a_picture(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result(prompt="the first")
        varied = await (await s.press(first, "Vary subtle")).outcome()
        await (await s.press(first, "Reroll", s.world.bob)).outcome()
        await (await s.press(varied, "Vary strong")).outcome()
        await s.result(prompt="unrelated")
        result = await s.world.alice.context_menu(s.world.channel, "Show lineage", varied)
        assert result.response is not None
        message = result.response.message
        assert [line[:2] for line in message.content.splitlines()[1:]] == ["1.", "2.", "3.", "4."]
        assert "unrelated" not in message.content
        assert s.world.bob.mention in message.content
        [attachment] = message.attachments
        assert "A tree of 4 pictures" in (attachment.description or "")
        with Image.open(io.BytesIO(await attachment.read())) as image:
            # Source, first, two of its children side by side, and a grandchild: four columns.
            assert image.width > image.height


async def test_a_lineage_hides_what_was_made_where_one_cannot_read(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result(prompt="in the channel")
        other = s.world.alice.guild.create_text_channel("elsewhere")
        await (await s.press(first, "Vary subtle", s.world.bob)).outcome()
        asked = await s.world.bob.slash(other, "lineage")
        assert asked.response is not None
        # Bob sees his own, and not the one that Alice made in the other channel.
        assert s.world.bob.mention in asked.response.content
        assert s.world.alice.mention not in asked.response.content


async def test_lineage_offers_ones_own_and_refuses_others(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result(prompt="a castle")
        await s.result(prompt="a boat")
        alice, channel = s.world.alice, s.world.channel
        offered = await alice.autocomplete(channel, "lineage", "picture", "CAST")
        assert [choice["name"] for choice in offered] == ["a castle"]
        assert offered[0]["value"] == s.job_of(first)
        asked = await s.world.bob.slash(channel, "lineage", picture=s.job_of(first))
        assert "none of your pictures" in asked.followups[0].content
        asked = await s.world.bob.slash(channel, "lineage")
        assert "no pictures of yours" in asked.followups[0].content


async def test_help_fits_what_the_member_may_do(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        text = (await told(s, "help")).content
        assert "`/restyle` Give a picture a new look" in text
        assert "`/privacy export`" in text
        for command in command_payloads():
            if command["type"] == discord.AppCommandType.chat_input.value:
                everybodys = command.get("default_member_permissions") is None
                assert (f"`/{command['name']}" in text) is everybodys, command["name"]


async def test_help_lists_where_the_member_is_only_what_works_there(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        who = moderator(s)
        carol = s.world.env.create_user("carol")
        with told_of(s.world.env, **brought_along(who.id)):
            brought = await who.slash(s.world.channel, "help")
        direct = await carol.slash("help")
        for asked in (brought, direct):
            assert asked.response is not None
            said = "\n".join(one.content for one in (asked.response, *asked.followups))
            for works in ("`/restyle` ", "`/privacy export` ", "`/quota me` ", "`/look save` "):
                assert works in said
            for works_not in ("/mod ", "/setup", "/status", "/quota gift", "/quota ask"):
                assert works_not not in said
            assert "as a moderator" not in said
        assert "`/quota gift` " in (await told(s, "help")).content


async def test_about_tells_version_checkpoint_and_licence(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        text = (await told(s, "about")).content
        assert s.app.checkpoint.name in text
        assert s.app.checkpoint.licence in text
        assert "0 jobs wait" in text


async def test_help_leaves_out_nothing_that_a_moderator_may_do(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        who = moderator(s)
        asked = await who.slash(s.world.channel, "help")
        replies = [one for one in (asked.response, *asked.followups) if one is not None]
        assert all(one.ephemeral and len(one.content) <= 2000 for one in replies)
        said = "\n".join(one.content for one in replies)
        paths = [path for path in who.available_commands(s.world.channel) if path[0].islower()]
        assert len(paths) > 30
        assert [path for path in paths if f"`/{path}`" not in said] == []
