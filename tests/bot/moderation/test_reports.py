"""Reports through the real bot: from the button to the desk, and what a decision does."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import discord
import pytest
import simcord

from bot.moderation.expiry import UNDECIDED_DAYS, tidy
from storage.cases import NewCase
from storage.moderation_tables import CaseKind
from storage.records import JobStatus
from tests.bot.forging import forge_press
from tests.bot.moderation.test_rules import entries, moderator
from tests.bot.stage import Asked, Stage, buttons, stage
from tests.bot.test_where import OPTIONS


async def with_desk(s: Stage) -> simcord.ChannelHandle:
    """A channel for reports, chosen by a moderator."""
    desk = s.world.alice.guild.create_text_channel("desk")
    await moderator(s).slash(s.world.channel, "mod set report-channel", channel=desk)
    return desk


async def report(s: Stage, message: discord.Message, reason: str = "not nice") -> Asked:
    """Bob reports a picture."""
    asked = await s.press(message, "Report", s.world.bob)
    asked.interaction = await s.world.bob.submit_modal(asked.interaction, {"reason": reason})
    return asked


def card_of(desk: simcord.ChannelHandle) -> discord.Message:
    """The newest card."""
    card = desk.last_message
    assert card is not None
    return card


def told(s: Stage, member: simcord.MemberActor) -> list[str]:
    """What the bot wrote to a member in private."""
    return [message.content for message in member.user.dm_channel.history()]


async def test_a_report_shows_all_that_one_needs_to_decide(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        desk = await with_desk(s)
        first = await s.result(prompt="a *red* barn")
        varied = await (await s.press(first, "Vary subtle")).outcome()
        asked = await report(s, varied)
        assert asked.interaction.response is not None
        assert "Thank you" in asked.interaction.response.content
        card = card_of(desk)
        for part in (
            "not nice",
            s.world.alice.mention,
            s.world.bob.mention,
            "red",
            f"[restyle]({first.jump_url})",
        ):
            assert part in card.content
        assert str(varied.id) in card.content
        names = [attachment.filename for attachment in card.attachments]
        assert names == ["SPOILER_source.webp", "SPOILER_result.webp"]
        assert buttons(card) == ["Remove", "Remove and block", "Refund", "Dismiss"]
        again = await report(s, varied)
        assert again.interaction.response is not None
        assert "already" in again.interaction.response.content


async def test_without_a_desk_or_a_guild_nobody_is_promised_anything(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result()
        assert "no channel for reports" in (await s.press(first, "Report")).refusal
        user = s.world.alice.user
        made = await Asked(s, await user.slash("restyle", **OPTIONS)).outcome()
        pressed = await user.click(made, label="Report")
        assert pressed.modal is None
        assert "no moderators here" in Asked(s, pressed, pressed=made).refusal


async def test_remove_deletes_message_and_bytes_also_from_under_others(tmp_path: Path) -> None:
    """Who went on from it keeps what they made, and can no longer look back."""
    async with stage(tmp_path) as s:
        desk = await with_desk(s)
        first = await s.result()
        child = await (await s.press(first, "Vary subtle", s.world.bob)).outcome()
        job = await s.app.database.jobs.get(s.job_of(first))
        await report(s, first)
        carol = moderator(s)
        await s.restart()
        await s.press(card_of(desk), "Remove", carol)
        left = {message.id for message in s.world.channel.history()}
        assert first.id not in left
        assert child.id in left
        assert job.result_hash is not None
        assert job.source_hash is not None
        assert not await s.app.images.exists(job.result_hash)
        assert not await s.app.images.exists(job.source_hash)
        assert "no longer kept" in (await s.press(child, "Compare", s.world.bob)).refusal
        assert "no longer kept" in (await s.press(child, "Reroll", s.world.bob)).refusal
        varied = await s.press(child, "Vary subtle", s.world.bob)
        assert (await varied.outcome()).attachments
        assert "used 2 of 20" in await s.balance(s.world.bob)
        card = card_of(desk)
        assert "Removed by" in card.content
        assert (card.attachments, buttons(card)) == ([], [])
        assert any("has removed" in line for line in told(s, s.world.bob))
        [entry, *_] = await entries(s)
        assert (entry.action, entry.target_id) == ("report remove", str(s.world.alice.id))
        assert (entry.before, entry.after) == ({"decision": None}, {"decision": "remove"})


async def test_remove_and_block_does_both_at_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        desk = await with_desk(s)
        first = await s.result()
        await report(s, first, "spam")
        carol = moderator(s)
        await carol.slash(
            s.world.channel, "mod block", member=s.world.alice, reason="noise", expires="2d"
        )
        await s.press(card_of(desk), "Remove and block", carol)
        assert first.id not in {message.id for message in s.world.channel.history()}
        refused = (await s.restyle()).refusal
        # Who is blocked is not to know by whose words.
        assert "report 1" in refused
        assert "spam" not in refused
        [entry, *_] = await entries(s)
        assert (entry.action, entry.reason) == ("report block", "report 1")


async def test_a_removed_picture_whose_message_stays_is_told_and_tried_again(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as s:
        desk = await with_desk(s)
        first = await s.result()
        await report(s, first)
        carol = moderator(s)
        path = f"/channels/{s.world.channel.id}/messages/{first.id}"
        s.world.env.inject_error("DELETE", path, status=403, code=50013)
        await s.press(card_of(desk), "Remove", carol)
        card = card_of(desk)
        assert "Removed by" in card.content
        assert "could not be deleted" in card.content
        assert "Remove" in buttons(card)
        assert card.attachments == []
        assert told(s, s.world.bob) == []
        assert "decided already" in (await s.press(card, "Remove", carol)).refusal
        assert first.id not in {message.id for message in s.world.channel.history()}
        card = card_of(desk)
        assert "could not be deleted" not in card.content
        assert card.content.count("Removed by") == 1
        assert buttons(card) == []
        [line] = told(s, s.world.bob)
        assert "has removed" in line


async def test_remove_takes_a_whole_gallery_and_settles_every_report_of_it(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as s:
        desk = await with_desk(s)
        gallery = await s.result(count=2)
        jobs = await s.app.database.jobs.group(await s.app.database.jobs.get(s.job_of(gallery)))
        cards = []
        for job, reporter in zip(jobs, (s.world.bob, s.world.alice), strict=True):
            picked = await s.pick(gallery, job.id, reporter)
            asked = await s.press(picked.message, "Report", reporter)
            await reporter.submit_modal(asked.interaction, {"reason": "not nice"})
            cards.append(card_of(desk))
        carol = moderator(s)
        await s.press(cards[0], "Remove", carol)
        assert gallery.id not in {message.id for message in s.world.channel.history()}
        for job in jobs:
            assert job.result_hash is not None
            assert job.source_hash is not None
            assert not await s.app.images.exists(job.result_hash)
            assert not await s.app.images.exists(job.source_hash)
        for reporter in (s.world.bob, s.world.alice):
            assert any("has removed" in line for line in told(s, reporter))
        # The other card still shows pictures, until somebody presses.
        assert "decided already" in (await s.press(cards[1], "Remove", carol)).refusal
        closed = next(one for one in desk.history() if one.id == cards[1].id)
        assert (closed.attachments, buttons(closed)) == ([], [])


async def test_a_reporter_without_direct_messages_hears_of_it_by_quota_me(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        desk = await with_desk(s)
        await report(s, await s.result())
        s.world.env.inject_error("POST", "/users/@me/channels", status=403, code=50007)
        await s.press(card_of(desk), "Dismiss", moderator(s))
        assert "let the picture be" in await s.balance(s.world.bob)
        assert "let the picture be" not in await s.balance(s.world.bob)


async def test_what_nobody_decides_is_closed_in_the_end(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        desk = await with_desk(s)
        first = await s.result()
        await report(s, first)
        bot: Any = s.world.env.bot
        now = datetime.now(UTC)
        await tidy(bot, now + timedelta(days=UNDECIDED_DAYS - 1), began=now)
        assert told(s, s.world.bob) == []
        await tidy(bot, now + timedelta(days=UNDECIDED_DAYS + 1), began=now)
        [line] = told(s, s.world.bob)
        assert "No moderator has looked" in line
        assert "decided already" in (await s.press(card_of(desk), "Remove", moderator(s))).refusal
        assert "nobody has decided" in card_of(desk).content
        assert first.id in {message.id for message in s.world.channel.history()}


async def test_a_card_that_a_crash_kept_from_moderators_is_posted_at_the_next_start(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as s:
        desk, first = await with_desk(s), await s.result()
        new = NewCase(
            guild_id=s.world.alice.guild.id,
            kind=CaseKind.REPORT,
            job_id=s.job_of(first),
            member_id=s.world.alice.id,
            reporter_id=s.world.bob.id,
            reason="not nice",
            locale="en-US",
            channel_id=s.world.channel.id,
            message_id=first.id,
        )
        # There the bot dies.
        assert await s.app.database.cases.open(new) is not None
        await s.restart()
        async with asyncio.timeout(20):
            while not desk.history():  # noqa: ASYNC110  # nothing tells of it
                await asyncio.sleep(0)
        assert "not nice" in card_of(desk).content
        while await s.app.database.cases.without_card(datetime.now(UTC)):  # noqa: ASYNC110
            await asyncio.sleep(0)
        bot: Any = s.world.env.bot
        await tidy(bot, datetime.now(UTC), began=datetime.now(UTC))
        assert len(desk.history()) == 1
        await s.press(card_of(desk), "Dismiss", moderator(s))
        assert "Dismissed by" in card_of(desk).content


async def test_refund_gives_back_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        desk = await with_desk(s)
        first = await s.result()
        before = await s.balance()
        await report(s, first)
        await s.press(card_of(desk), "Refund", moderator(s))
        after = await s.balance()
        assert before != after
        await report(s, first, "still not nice")
        await s.press(card_of(desk), "Refund", moderator(s))
        assert "had the picture's price back already" in card_of(desk).content
        assert await s.balance() == after
        assert (await s.app.database.jobs.get(s.job_of(first))).status is JobStatus.DONE


async def test_dismiss_leaves_all_as_it_was(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        desk = await with_desk(s)
        first = await s.result()
        await report(s, first)
        await s.press(card_of(desk), "Dismiss", moderator(s))
        assert first.id in {message.id for message in s.world.channel.history()}
        assert any("let the picture be" in line for line in told(s, s.world.bob))


async def test_two_moderators_at_once_decide_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        desk = await with_desk(s)
        await report(s, await s.result())
        case = card_of(desk)
        cases = s.app.database.cases
        from storage.audit import Deed
        from storage.moderation_tables import Decision

        guild = s.world.alice.guild.id
        deeds = [Deed(guild_id=guild, actor_id=at, action="report refund") for at in range(8)]
        settled = await asyncio.gather(*(cases.settle(deed, 1, Decision.REFUND) for deed in deeds))
        assert len([one for one in settled if one is not None]) == 1
        assert "decided already" in (await s.press(case, "Remove", moderator(s))).refusal
        assert len([one for one in await entries(s) if one.action == "report refund"]) == 1


@pytest.mark.parametrize("decision", ["remove", "block", "refund", "dismiss", "allow"])
async def test_members_and_other_guilds_decide_nothing(tmp_path: Path, decision: str) -> None:
    async with stage(tmp_path) as s:
        desk = await with_desk(s)
        first = await s.result()
        await report(s, first)
        env = s.world.env
        elsewhere = env.create_guild("Elsewhere")
        role = elsewhere.create_role(
            "Moderator", permissions=discord.Permissions(moderate_members=True)
        )
        mallory = elsewhere.add_member(env.create_user("mallory"), roles=[role])
        bait = await mallory.send(elsewhere.create_text_channel("general"), "bait")
        forged = f"m:case:{decision}:1"
        assert "decided already" in (await forge_press(s, mallory, bait, forged)).refusal
        card = card_of(desk)
        assert "for moderators" in (await forge_press(s, s.world.bob, card, forged)).refusal
        case = await s.app.database.cases.get(s.world.alice.guild.id, 1)
        assert case is not None
        assert case.decision is None


@pytest.mark.parametrize("named", ["99", "9" * 19, "-1", "x" * 60])
async def test_a_moderator_cannot_decide_what_is_no_case(tmp_path: Path, named: str) -> None:
    async with stage(tmp_path) as s:
        await with_desk(s)
        await report(s, await s.result())
        carol = moderator(s)
        bait = await carol.send(s.world.channel, "bait")
        before = await entries(s)
        for decision in ("remove", "block", "refund", "allow"):
            asked = await forge_press(s, carol, bait, f"m:case:{decision}:{named}")
            assert "decided already" in asked.refusal or "do not know that" in asked.refusal
        assert await entries(s) == before
        case = await s.app.database.cases.get(s.world.alice.guild.id, 1)
        assert case is not None
        assert case.decision is None


async def test_what_waits_to_go_on_from_a_removed_picture_is_given_back(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        desk = await with_desk(s)
        first = await s.result()
        s.engine.slots = 1
        s.engine.gate.clear()
        runs = await s.restyle()
        await runs.progress()
        waits = await s.press(first, "Vary subtle", s.world.bob)
        await report(s, first)
        await s.press(card_of(desk), "Remove", moderator(s))
        s.engine.gate.set()
        assert "no longer kept" in (await waits.outcome()).content
        assert (await runs.outcome()).attachments
        assert "used 0 of 20" in await s.balance(s.world.bob)
