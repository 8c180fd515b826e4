"""Refusals that no other test comes by: each is one sentence, for the member alone."""

import sqlite3
import sys
from pathlib import Path

import pytest

from bot.errors import NotAllowed
from bot.jobs.beginning import FirstWish
from bot.pictures import Given
from tests.bot.moderation.test_rules import mod, moderator
from tests.bot.stage import PHOTO, Asked, Stage, stage
from tests.bot.told import told
from tests.engine.pictures import encoded, picture

WORDS = "a long and winding prompt with many words"


async def test_a_message_without_a_picture_has_no_lineage(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        asked = await s.world.alice.context_menu(s.world.channel, "Show lineage", s.world.welcome)
        assert "shows no picture of mine" in Asked(s, asked).refusal


async def test_a_size_that_is_none(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        refused = (await s.restyle(size="enormous")).refusal
        assert refused == "That is no size. There are: small, medium, large."


async def test_a_prompt_that_its_look_makes_too_long(tmp_path: Path) -> None:
    async with stage(tmp_path, prompt_max_chars=len(WORDS)) as s:
        assert "characters are the most" in (await s.restyle(prompt=WORDS, look="neon")).refusal


async def test_everything_of_somebody_else_is_not_deleted(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        await s.result()
        custom_id = f"forget:{s.world.alice.id}"
        forged = await s.forge(custom_id)
        refused = await s.press(forged, custom_id, s.world.bob)
        assert "Only the person whose data it is" in refused.refusal
        assert await s.app.database.members.count(s.world.alice.id) == 1


async def test_nobody_reads_a_report_where_there_is_no_desk(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        asked = await s.press(await s.result(), "Report")
        assert asked.interaction.modal is None
        assert "report" in asked.refusal


async def test_what_is_asked_while_the_bot_ends(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.app.submission.close()
        assert "ask again in a minute" in (await s.restyle()).refusal
        assert s.engine.attempts == []


async def test_there_is_nobody_to_report_to_in_direct_messages(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        user = s.world.env.create_user("carol")
        made = Asked(s, await user.slash("restyle", image=("photo.jpg", PHOTO), prompt="a fresco"))
        message = await made.outcome()
        asked = Asked(s, await user.click(message, label="Report"), pressed=message)
        assert "There are no moderators here" in asked.refusal


def spoil(s: Stage, job_id: str) -> None:
    """Make a job's row unreadable, as a mistake of ours could."""
    with sqlite3.connect(s.database_file) as database:
        database.execute("UPDATE jobs SET params = '{}' WHERE id = ?", (job_id,))
    database.close()


async def test_a_mistake_of_ours_is_one_sentence(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        message = await s.result()
        spoil(s, s.job_of(message))
        refused = (await s.press(message, "Vary subtle")).refusal
        assert refused.startswith("Something went wrong on my side. It has been noted;")


async def test_a_mistake_of_ours_in_a_job_is_told_and_not_charged(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.engine.slots = 1
        s.engine.gate.clear()
        running = await s.restyle()
        await running.progress()
        waiting = await s.restyle(s.world.bob)
        # Read as far as the message needs it, and no further.
        spoil(s, s.job_of(waiting.message))
        s.engine.gate.set()
        await running.outcome()
        assert "Something went wrong on my side. Nothing was charged" in (
            (await waiting.outcome()).content
        )
        assert "used 0 of 20" in await s.balance(s.world.bob)


async def test_a_database_that_takes_nothing_is_one_sentence(tmp_path: Path) -> None:
    async with stage(tmp_path, database_lock_timeout_s=0.1) as s:
        other = sqlite3.connect(s.database_file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            assert "I cannot write anything down right now." in (await s.restyle()).refusal
        finally:
            other.execute("ROLLBACK")
            other.close()
        assert len((await (await s.restyle()).outcome()).attachments) == 1


async def test_an_engine_that_dies_too_often_is_told_of(tmp_path: Path) -> None:
    async with stage(tmp_path, max_attempts=1) as s:
        s.engine.gate.clear()
        asked = await s.restyle()
        await asked.progress()
        s.engine.die()
        told = (await asked.outcome()).content
        assert told.startswith("The engine stopped while it worked on this picture,")
        assert "used 0 of 20" in await s.balance()


@pytest.mark.parametrize("count", [0, 5])
async def test_more_pictures_than_are_made_at_once(tmp_path: Path, count: int) -> None:
    """Discord offers no such number, but whoever sends an interaction is not to be trusted."""
    async with stage(tmp_path) as s:
        with pytest.raises(NotAllowed, match="I make 1 to 4 pictures at once"):
            await s.app.beginning.restyle(Given(PHOTO), FirstWish(prompt="x", count=count))


async def test_pictures_that_are_too_narrow_or_too_heavy(tmp_path: Path) -> None:
    async with stage(tmp_path, intake_max_bytes=50_000) as s:
        narrow = ("narrow.png", encoded(picture(1300, 16)))
        told = (await s.restyle(image=narrow)).refusal
        assert "That picture is too narrow at 1300 × 16 pixels" in told
        heavy = ("heavy.jpg", PHOTO + bytes(60_000))
        assert "MB is the most I take" in (await s.restyle(image=heavy)).refusal


async def test_a_picture_that_nobody_can_open(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        await s.app.intake.close()
        assert "I cannot open pictures right now" in (await s.restyle()).refusal


async def test_an_interaction_without_a_channel(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        with told(s.world.env, channel_id=None, channel={}):
            refused = await s.world.alice.slash(s.world.channel, "quota me")
        assert "I can only answer inside a channel." in Asked(s, refused).refusal


async def test_one_filter_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["bot.commands.mod.filtering"], "MAX_FILTERS", 2)
    async with stage(tmp_path) as s:
        carol = moderator(s)
        for words in ("tulip", "rose"):
            await mod(s, carol, "filter words", words=words)
        told = await mod(s, carol, "filter words", words="daisy")
        assert told == "There are 2 filters already, and no room for more."
