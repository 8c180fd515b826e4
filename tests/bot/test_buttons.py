"""The buttons through the real bot: going on, taking back, deleting, and who may."""

from pathlib import Path

import discord
import pytest
import simcord

from bot.jobs.spec import Action
from bot.jobs.wish import VARY_STRENGTH
from storage.audit import Deed
from storage.moderation_tables import TargetKind
from storage.records import JobStatus
from tests.bot.moderation.test_rules import entries
from tests.bot.stage import Stage, buttons, shown, stage
from tests.engine.pictures import encoded


async def bytes_of(message: discord.Message) -> bytes:
    return encoded(await shown(message))


@pytest.mark.parametrize(
    ("label", "action"),
    [("Vary subtle", Action.VARY_SUBTLE), ("Vary strong", Action.VARY_STRONG)],
)
async def test_vary_starts_from_the_results_own_latents(
    tmp_path: Path, label: str, action: Action
) -> None:
    async with stage(tmp_path) as s:
        first = await s.result(seed=1)
        varied = await (await s.press(first, label)).outcome()
        parent, child = s.engine.attempts
        assert child.params.strength == VARY_STRENGTH[action]
        assert child.params.prompt == parent.params.prompt
        assert child.source_latents == f"latents of {parent.key}".encode()
        assert child.params.seed != parent.params.seed
        assert varied.id != first.id
        assert "variation of **an oil painting**" in varied.content


async def test_reroll_starts_from_the_source_again(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result(seed=1)
        again = await (await s.press(first, "Reroll")).outcome()
        parent, child = s.engine.attempts
        assert child.source == parent.source
        assert child.source_latents is None
        assert child.params.strength == parent.params.strength
        assert child.params.seed != parent.params.seed
        assert await bytes_of(again) != await bytes_of(first)


async def test_remix_asks_with_what_was_there_and_goes_on_from_the_result(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result(seed=1, strength="0.4")
        asked = await s.press(first, "Remix", s.world.bob)
        form = asked.interaction.modal
        assert form is not None
        values = [row["component"]["value"] for row in form["components"] if "component" in row]
        assert values == ["an oil painting", "0.40"]
        asked.interaction = await s.world.bob.submit_modal(
            asked.interaction, {"prompt": "neon", "strength": "60 %"}
        )
        remixed = await asked.outcome()
        parent, child = s.engine.attempts
        assert (child.params.prompt, child.params.strength) == ("neon", 0.6)
        assert child.source_latents == f"latents of {parent.key}".encode()
        assert s.world.bob.mention in remixed.content
        # Who presses pays.
        assert "used 1 of 20" in await s.balance(s.world.bob)


async def test_going_on_is_charged_like_a_command(tmp_path: Path) -> None:
    async with stage(tmp_path, daily_quota=1) as s:
        first = await s.result()
        assert "used all 1" in (await s.press(first, "Reroll")).refusal
        assert "used all 1" in (await s.press(first, "Vary subtle")).refusal


async def test_a_running_job_is_cancelled_and_refunded(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.engine.gate.clear()
        asked = await s.restyle()
        await asked.progress()
        assert buttons(asked.message) == ["Cancel"]
        assert (
            "Only the person who asked"
            in (await s.press(asked.message, "Cancel", s.world.bob)).refusal
        )
        await s.press(asked.message, "Cancel")
        message = await asked.outcome()
        assert "Cancelled" in message.content
        assert message.attachments == []
        assert buttons(message) == []
        assert "used 0 of 20" in await s.balance()


async def test_delete_is_for_the_author_and_leaves_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result()
        job = s.job_of(first)
        assert "Only the person" in (await s.press(first, "Delete", s.world.bob)).refusal
        kept = await s.app.database.jobs.get(job)
        assert kept.result_hash is not None
        await s.press(first, "Delete")
        assert s.last_message.id == s.world.welcome.id
        assert not await s.app.images.exists(kept.result_hash)
        assert (await s.app.database.jobs.get(job)).result_hash is None
        # It was made, so it stays counted.
        assert "used 1 of 20" in await s.balance()


def cleaner(s: Stage) -> simcord.MemberActor:
    """A member who may manage messages."""
    guild = s.world.alice.guild
    role = guild.create_role("Moderator", permissions=discord.Permissions(manage_messages=True))
    return guild.add_member(s.world.env.create_user("carol"), roles=[role])


async def test_a_moderator_may_delete_what_others_made_and_that_is_written_down(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as s:
        carol = cleaner(s)
        await s.press(await s.result(), "Delete")
        # What is one's own is nobody's deed.
        assert await entries(s) == []
        first = await s.result(count=2)
        job = s.job_of(first)
        await s.press(first, "Delete", carol)
        assert s.last_message.id == s.world.welcome.id
        [entry] = await entries(s)
        assert (entry.action, entry.actor_id, entry.target_id) == ("delete", carol.id, job)
        assert (entry.before, entry.after) == ({"deleted": False}, {"deleted": True})


async def test_a_moderators_delete_is_written_down_once_and_also_where_nothing_is_kept(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as s:
        carol = cleaner(s)
        first = await s.result(count=2)
        await s.press(first, "Delete", carol)
        custom_id = f"r:delete:{s.job_of(first)}"
        s.world.env.inject_error("DELETE", "/webhooks/*/*/messages/*", status=404, code=10008)
        await s.press(await s.forge(custom_id), custom_id, carol)
        assert len(await entries(s)) == 1
        # Its time was over, so the message is all that there is.
        swept = await s.result()
        await s.app.database.jobs.delete_result(s.job_of(swept))
        await s.press(swept, "Delete", carol)
        assert len(await entries(s)) == 2


async def test_a_moderator_may_cancel_what_others_asked_for_and_that_is_written_down(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as s:
        carol = cleaner(s)
        s.engine.gate.clear()
        asked = await s.restyle(count=2)
        await asked.progress()
        await s.press(asked.message, "Cancel", carol)
        assert "Cancelled" in (await asked.outcome()).content
        [entry] = await entries(s)
        assert (entry.action, entry.actor_id) == ("cancel", carol.id)
        assert (entry.target_kind, entry.after) == (TargetKind.JOB, {"status": "cancelled"})
        # What is over cannot be taken back, and is no deed.
        s.engine.gate.set()
        again = await s.result()
        deed = Deed(guild_id=carol.guild.id, actor_id=carol.id, action="cancel")
        assert not await s.app.dispatcher.cancel(s.job_of(again), deed)
        assert len(await entries(s)) == 1


async def test_going_on_from_what_is_deleted_is_one_sentence(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result()
        await s.app.database.jobs.delete_result(s.job_of(first))
        assert "no longer kept" in (await s.press(first, "Vary subtle")).refusal
        assert "used 1 of 20" in await s.balance()


async def test_a_job_that_fails_is_told_and_not_counted(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.fail_next(code="nan", message="The picture dissolved.", retryable=False)
        message = await (await s.restyle()).outcome()
        assert message.content == "The picture dissolved. This one was not counted."
        assert message.attachments == []
        assert "used 0 of 20" in await s.balance()


async def test_a_failure_worth_a_retry_is_retried(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.fail_next(code="out_of_memory", message="No room.", retryable=True)
        message = await (await s.restyle()).outcome()
        assert len(message.attachments) == 1
        assert [a.key.rpartition(".")[2] for a in s.engine.attempts] == ["1", "2"]


async def test_a_poison_job_ends_after_three_attempts(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        for _ in range(5):
            s.fail_next(code="out_of_memory", message="No room.", retryable=True)
        asked = await s.restyle()
        assert "No room" in (await asked.outcome()).content
        assert len(s.engine.attempts) == 3
        assert "used 0 of 20" in await s.balance()


async def test_the_newest_progress_and_preview_are_shown(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.engine.gate.clear()
        asked = await s.restyle()
        await asked.progress()
        assert asked.message.content.startswith("Restyling **an oil painting**")
        assert (await shown(asked.message)).size == (8, 8)
        s.engine.gate.set()
        message = await asked.outcome()
        assert len(message.attachments) == 1
        assert (await shown(message)).size != (8, 8)


async def test_buttons_go_on_after_a_restart(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result()
        await s.restart()
        varied = await (await s.press(first, "Vary subtle")).outcome()
        assert len(varied.attachments) == 1
        assert s.engine.attempts[0].source_latents is not None


async def test_jobs_that_waited_or_ran_are_finished_after_a_restart(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.engine.slots = 1
        s.engine.gate.clear()
        running, waiting = await s.restyle(), await s.restyle(s.world.bob)
        await s.restart()
        for asked in (running, waiting):
            assert len((await asked.outcome()).attachments) == 1
        assert "used 1 of 20" in await s.balance()
        assert "used 1 of 20" in await s.balance(s.world.bob)


async def test_an_engine_that_dies_costs_an_attempt_and_loses_nobody(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.engine.gate.clear()
        asked = await s.restyle()
        await asked.progress()
        s.engine.die()
        late = await s.restyle(s.world.bob)
        s.engine.gate.set()
        s.engine.alive.set()
        for message in (await asked.outcome(), await late.outcome()):
            assert len(message.attachments) == 1
        job = await s.app.database.jobs.get(s.job_of(asked.message))
        assert (job.status, job.attempt) == (JobStatus.DONE, 2)
        other = await s.app.database.jobs.get(s.job_of(late.message))
        assert other.attempt == 1


async def test_a_wish_to_cancel_outlives_the_engine(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.engine.gate.clear()
        s.engine.deaf = True
        asked = await s.restyle()
        await asked.progress()
        await s.press(asked.message, "Cancel")
        s.engine.die()
        assert "Cancelled" in (await asked.outcome()).content
        s.engine.alive.set()
        assert "used 0 of 20" in await s.balance()
