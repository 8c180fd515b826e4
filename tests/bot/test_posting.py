"""What is posted of before and after goes with what it shows, and by those who may say so."""

import asyncio
from pathlib import Path

import discord
import simcord

from tests.bot.moderation.test_reports import card_of, with_desk
from tests.bot.moderation.test_rules import entries, moderator
from tests.bot.stage import Asked, Stage, stage
from tests.bot.test_buttons import cleaner


async def posted(
    s: Stage, message: discord.Message, who: simcord.MemberActor | None = None
) -> discord.Message:
    """Before and after of a result, posted for all by bob or another."""
    by = who or s.world.bob
    compared = await s.press(message, "Compare", by)
    asked = Asked(s, await by.click(compared.message, label="Post it here"))
    assert await s.app.database.posts.get(asked.message_id) is not None
    return asked.message


async def gone(s: Stage, message: discord.Message) -> None:
    """Wait until a message is deleted and nothing more is left to delete."""
    async with asyncio.timeout(20):
        while await s.app.database.erasures.left():  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(0)
    path = f"/channels/{message.channel.id}/messages/{message.id}"
    assert ("DELETE", path) in [(r.method, r.path) for r in s.world.env.http_requests]


async def stands(s: Stage, message: discord.Message) -> bool:
    return await s.app.database.posts.get(message.id) is not None


async def test_a_post_is_deleted_by_its_button_and_the_result_stays(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result()
        post = await posted(s, first)
        dave = s.world.alice.guild.add_member(s.world.env.create_user("dave"))
        assert "Only the person" in (await s.press(post, "Delete", dave)).refusal
        # Whose picture it is may, too; and who posted it.
        await s.world.alice.click(post, label="Delete")
        await gone(s, post)
        assert (await s.app.database.jobs.get(s.job_of(first))).result_hash is not None
        s.app.presses.forget(s.world.bob.id, f"r:share_parent:{s.job_of(first)}")
        again = await posted(s, first)
        await s.world.bob.click(again, label="Delete")
        await gone(s, again)
        assert await entries(s) == []


async def test_a_moderator_deletes_a_post_and_that_is_written_down(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result()
        post, carol = await posted(s, first), cleaner(s)
        await carol.click(post, label="Delete")
        await gone(s, post)
        [entry] = await entries(s)
        assert (entry.action, entry.target_id) == ("unpost", s.job_of(first))


async def test_deleting_a_result_deletes_what_was_posted_of_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result()
        varied = await (await s.press(first, "Vary strong")).outcome()
        both = await posted(s, first), await posted(s, varied)
        await s.press(first, "Delete")
        for post in both:
            await gone(s, post)
            assert not await stands(s, post)


async def test_a_reported_post_is_removed_with_the_result(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first, desk = await s.result(), await with_desk(s)
        post = await posted(s, first)
        asked = await s.press(post, "Report", s.world.bob)
        await s.world.bob.submit_modal(asked.interaction, {"reason": "not nice"})
        await moderator(s).click(card_of(desk), label="Remove")
        await gone(s, post)
        await gone(s, first)
        assert (await s.app.database.jobs.get(s.job_of(first))).result_hash is None


async def test_forgetting_and_opting_out_reach_posts(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        alice, channel = s.world.alice, s.world.channel
        first = await s.result()
        post, own = await posted(s, first), await posted(s, first, alice)
        await alice.slash(channel, "privacy opt-out", alone=True)
        await gone(s, post)
        assert await stands(s, own)
        compared = await s.press(first, "Compare", s.world.bob)
        s.app.presses.forget(s.world.bob.id, f"r:share_parent:{s.job_of(first)}")
        refused = await s.press(compared.message, "Post it here", s.world.bob)
        assert "wants nobody to restyle it" in refused.refusal
        # A post is nobody's way around that, either.
        menu = await s.world.bob.context_menu(channel, "Restyle this", own)
        assert menu.response is not None
        assert "wants nobody to restyle it" in menu.response.content
        asked = await alice.slash(channel, "privacy delete")
        assert asked.response is not None
        await alice.click(asked.response.message, label="Delete everything")
        assert "still to go" not in asked.response.message.content
        await gone(s, own)
