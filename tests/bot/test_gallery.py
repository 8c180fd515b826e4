"""Several pictures in one message, and the strength strip: one message, each charged, none lost."""

from pathlib import Path

import discord

from bot.jobs.strip import STRENGTHS
from storage.records import JobStatus
from tests.bot.stage import Stage, all_shown, buttons, shown, stage
from tests.engine.pictures import encoded

FAILS = {"code": "nan", "message": "The picture dissolved.", "retryable": False}


def menu(message: discord.Message) -> discord.SelectMenu:
    """The one menu under a message."""
    [found] = [
        child
        for row in message.components
        if isinstance(row, discord.ActionRow)
        for child in row.children
        if isinstance(child, discord.SelectMenu)
    ]
    return found


async def test_four_pictures_come_in_one_message_and_are_counted(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.engine.slots = 4
        message = await s.result(count=4, seed=7)
        assert len(message.attachments) == 4
        assert {a.params.seed for a in s.engine.attempts} == {7, 8, 9, 10}
        assert "seed 7, 8, 9, 10" in message.content
        assert buttons(message) == ["V1", "V2", "V3", "V4", "Reroll", "Delete"]
        assert "used 4 of 20" in await s.balance()
        # Each picture is the one of its seed, in the order of the seeds.
        made = {a.params.seed: a for a in s.engine.attempts}
        pictures = [encoded(image) for image in await all_shown(message)]
        assert len(set(pictures)) == 4
        varied = await (await s.press(message, "V3")).outcome()
        assert s.engine.attempts[-1].source_latents == f"latents of {made[9].key}".encode()
        assert "strong variation" in varied.content


async def test_a_picture_is_picked_from_the_menu_and_gone_on_from(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        message = await s.result(count=2, seed=3)
        options = menu(message).options
        assert [option.label for option in options] == ["Picture 1", "Picture 2"]
        picked = await s.pick(message, options[1].value, s.world.bob)
        assert picked.interaction.response is not None
        assert picked.interaction.response.ephemeral
        second = (await all_shown(message))[1]
        assert encoded(await shown(picked.message)) == encoded(second)
        # The message is not the picture's own, so it cannot be deleted from there.
        assert "Delete" not in buttons(picked.message)
        assert "Upscale" in buttons(picked.message)
        again = await (await s.press(picked.message, "Reroll", s.world.bob)).outcome()
        assert len(again.attachments) == 1
        assert "used 1 of 20" in await s.balance(s.world.bob)


async def test_a_gallery_is_rerolled_whole(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        message = await s.result(count=3)
        again = await (await s.press(message, "Reroll")).outcome()
        assert len(again.attachments) == 3
        assert "A reroll of" in again.content
        assert s.engine.attempts[-1].source == s.engine.attempts[0].source
        assert "used 6 of 20" in await s.balance()


async def test_what_fails_in_a_gallery_is_told_and_not_counted(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.engine.slots = 1
        s.fail_next(**FAILS)  # type: ignore[arg-type]  # the three arguments
        message = await s.result(count=3)
        assert len(message.attachments) == 2
        assert "1 of 3 could not be made, and was not counted." in message.content
        assert len([b for b in buttons(message) if b.startswith("V")]) == 2
        assert "used 2 of 20" in await s.balance()


async def test_a_gallery_of_failures_is_one_sentence(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        for _ in range(2):
            s.fail_next(**FAILS)  # type: ignore[arg-type]  # the three arguments
        message = await (await s.restyle(count=2)).outcome()
        assert message.content == "The picture dissolved. This one was not counted."
        assert message.attachments == []
        assert "used 0 of 20" in await s.balance()


async def test_a_gallery_is_paid_whole_or_not_begun(tmp_path: Path) -> None:
    async with stage(tmp_path, daily_quota=3) as s:
        assert "That costs 4, and you have 3 left" in (await s.restyle(count=4)).refusal
        assert s.engine.attempts == []
        assert len((await s.result(count=3)).attachments) == 3


async def test_progress_is_that_of_all_and_cancel_takes_all_back(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.engine.slots = 1
        s.engine.gate.clear()
        asked = await s.restyle(count=3)
        shown_now = await asked.progress()
        assert "3 pictures" in shown_now.content
        assert buttons(shown_now) == ["Cancel"]
        await s.press(asked.message, "Cancel")
        message = await asked.outcome()
        assert "Cancelled" in message.content
        assert "used 0 of 20" in await s.balance()
        assert len(s.engine.attempts) == 1


async def test_a_gallery_that_a_restart_cut_in_two_comes_whole_and_once(tmp_path: Path) -> None:
    async with stage(tmp_path, shutdown_grace_s=20.0) as s:
        s.engine.slots = 1
        s.engine.gate.clear()
        asked = await s.restyle(count=3, seed=1)
        await asked.progress()
        running = len(s.engine.attempts)
        s.engine.gate.set()
        # Lets what runs finish; what waits goes on after the restart.
        await s.restart()
        message = await asked.outcome()
        assert len(message.attachments) == 3
        assert running + len(s.engine.attempts) >= 3
        assert "used 3 of 20" in await s.balance()
        jobs = await s.app.database.jobs.group(await s.app.database.jobs.get(s.job_of(message)))
        assert [job.status for job in jobs] == [JobStatus.DONE] * 3


async def test_delete_takes_all_pictures_of_a_gallery(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        message = await s.result(count=2)
        first = await s.app.database.jobs.get(s.job_of(message))
        group = await s.app.database.jobs.group(first)
        await s.press(message, "Delete")
        assert s.last_message.id == s.world.welcome.id
        for job in group:
            assert job.result_hash is not None
            assert not await s.app.images.exists(job.result_hash)


async def test_pictures_that_were_asked_for_together_are_in_the_order_of_their_places(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as s:
        # Of ids that came as they do, four would hardly be in order three times.
        for _ in range(3):
            first = await s.app.database.jobs.get(s.job_of(await s.result(count=4)))
            group = await s.app.database.jobs.group(first)
            assert sorted(job.id for job in group) == [job.id for job in group]


async def _strip(s: Stage, message: discord.Message) -> discord.Message:
    return await (await s.press(message, "Strength strip")).outcome()


async def test_a_strip_is_one_sheet_of_one_seed_at_five_strengths(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result(seed=5)
        strip = await _strip(s, first)
        made = s.engine.attempts[1:]
        assert sorted(a.params.strength for a in made) == sorted(STRENGTHS)
        assert {a.params.seed for a in made} == {5}
        assert {a.source for a in made} == {s.engine.attempts[0].source}
        sheet = await shown(strip)
        assert sheet.width > 3 * made[0].params.width
        assert buttons(strip) == ["Delete"]
        options = menu(strip).options
        assert [o.label for o in options] == [f"Strength {one:.2f}" for one in STRENGTHS]
        picked = await s.pick(strip, options[4].value)
        assert "strength 0.80" in picked.message.content
        await (await s.press(picked.message, "Vary subtle")).outcome()
        assert "used 7 of 20" in await s.balance()


async def test_a_strip_is_made_once_and_then_pointed_to(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result(seed=5)
        strip = await _strip(s, first)
        again = await s.press(first, "Strength strip", s.world.bob)
        assert str(strip.id) in again.refusal
        assert "there already" in again.refusal
        assert "used 0 of 20" in await s.balance(s.world.bob)
        await s.press(strip, "Delete")
        # What is deleted can be made anew.
        anew = await s.press(first, "Strength strip", s.world.bob)
        assert len((await anew.outcome()).attachments) == 1


async def test_no_strip_of_a_picture_without_a_source(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        message = await (await s.command("imagine", prompt="a castle")).outcome()
        assert "Strength strip" not in buttons(message)
        forged = await s.forge(f"r:strip:{s.job_of(message)}")
        told = await s.press(forged, f"r:strip:{s.job_of(message)}")
        assert "words alone" in told.refusal
