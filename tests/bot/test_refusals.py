"""Refusals that no other test comes by: each is one sentence, for the member alone."""

from pathlib import Path

from tests.bot.stage import PHOTO, Asked, stage

WORDS = "a long and winding prompt with many words"


async def test_a_message_without_a_picture_has_no_lineage(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        asked = await s.world.alice.context_menu(s.world.channel, "Show lineage", s.world.welcome)
        assert "shows no picture of mine" in Asked(s, asked).refusal


async def test_a_size_that_is_none(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        assert "small" in (await s.restyle(size="enormous")).refusal


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
