"""Guild channels, threads, forum posts, direct messages, user-install; where it may not post."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import discord
import pytest
import simcord

from bot.jobs.deadline import Deadline
from bot.jobs.estimate import Work
from bot.jobs.spec import JobSpec
from storage.records import JobStatus
from tests.bot.stage import PHOTO, Asked, Stage, buttons, stage
from tests.bot.told import PRIVATE_CHANNEL, brought_along, told

OPTIONS: dict[str, Any] = {"image": ("photo.jpg", PHOTO), "prompt": "an oil painting"}
POSTS = discord.Permissions(view_channel=True, send_messages=True, attach_files=True)


async def restyle_in(s: Stage, channel: simcord.ChannelHandle) -> Asked:
    return Asked(s, await s.world.alice.slash(channel, "restyle", **OPTIONS))


async def restyle_told(s: Stage, **facts: Any) -> Asked:
    with told(s.world.env, **facts):
        return await s.restyle()


def thread_in(s: Stage, parent: simcord.ChannelHandle) -> simcord.ChannelHandle:
    s.world.env.backend.create_thread(parent.id, "a thread", s.world.alice.id)
    return parent.threads[-1]


@pytest.mark.parametrize("kind", ["thread", "forum post"])
async def test_threads_and_forum_posts_show_results_to_all(tmp_path: Path, kind: str) -> None:
    async with stage(tmp_path) as s:
        guild = s.world.alice.guild
        parent = s.world.channel if kind == "thread" else guild.create_forum_channel("forum")
        thread = thread_in(s, parent)
        asked = await restyle_in(s, thread)
        message = await asked.outcome()
        assert len(message.attachments) == 1
        assert not message.flags.ephemeral
        assert message.channel.id == thread.id
        again = await (await s.press(message, "Reroll")).outcome()
        assert again.channel.id == thread.id


async def test_direct_messages_show_results(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        user = s.world.env.create_user("carol")
        asked = Asked(s, await user.slash("restyle", **OPTIONS))
        message = await asked.outcome()
        assert len(message.attachments) == 1
        assert not message.flags.ephemeral
        varied = Asked(s, await user.click(message, label="Vary subtle"))
        assert len((await varied.outcome()).attachments) == 1


@pytest.mark.parametrize("missing", ["send_messages", "attach_files"])
async def test_where_it_may_not_post_the_answer_is_for_one_alone(
    tmp_path: Path, missing: str
) -> None:
    async with stage(tmp_path) as s:
        allowed = discord.Permissions(POSTS.value)
        allowed.update(**{missing: False})
        asked = await restyle_told(s, app_permissions=str(allowed.value))
        message = await asked.outcome()
        assert message.flags.ephemeral
        assert len(message.attachments) == 1
        # By the token and by nothing else, as long as that lives.
        job = await s.app.database.jobs.get(s.job_of(message))
        assert JobSpec.from_mapping(job.params).private
        calls = [r for r in s.world.env.http_requests if f"/messages/{message.id}" in r.path]
        assert calls
        assert all(call.path.startswith("/webhooks/") for call in calls)


async def test_a_thread_needs_the_permission_of_threads(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        thread = thread_in(s, s.world.channel)
        with told(s.world.env, app_permissions=str(POSTS.value)):
            asked = await restyle_in(s, thread)
        assert (await asked.outcome()).flags.ephemeral
        threads = POSTS | discord.Permissions(send_messages_in_threads=True)
        with told(s.world.env, app_permissions=str(threads.value)):
            asked = await restyle_in(s, thread)
        assert not (await asked.outcome()).flags.ephemeral


async def test_whoever_brings_the_bot_along_is_answered_alone(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        facts = brought_along(s.world.alice.id)
        asked = await restyle_told(s, **facts)
        message = await asked.outcome()
        assert message.flags.ephemeral
        job = await s.app.database.jobs.get(s.job_of(message))
        # That guild's rules, quotas and moderators have no part in it.
        assert job.guild_id is None
        with told(s.world.env, **facts):
            varied = await s.press(message, "Vary subtle")
            assert (await varied.outcome()).flags.ephemeral
            form = await s.world.alice.context_menu(s.world.channel, "Restyle this", message)
            assert form.modal is not None
        # What one member alone was shown is nobody else's last picture.
        s.world.env.inject_error("GET", "/channels/*/messages", status=403, code=50001, times=None)
        assert "Please attach one" in (await s.restyle(s.world.bob, image=None)).refusal


async def test_in_a_channel_between_members_the_answer_is_for_one_alone(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        asked = await restyle_told(s, context=PRIVATE_CHANNEL, **brought_along(s.world.alice.id))
        assert (await asked.outcome()).flags.ephemeral


async def test_all_that_makes_pictures_can_be_brought_along(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        tree = s.world.env.bot.tree  # type: ignore[attr-defined]  # discord.Client has none
        payloads = {one.name: one.to_dict(tree) for one in tree.get_commands(type=None)}
        for name in ("restyle", "imagine", "inpaint", "Restyle this", "Restyle avatar", "quota"):
            assert set(payloads[name]["integration_types"]) == {0, 1}, name
            assert set(payloads[name]["contexts"]) == {0, 1, 2}, name
        assert payloads["mod"]["integration_types"] == [0]


async def test_what_would_outlive_its_token_is_taken_back_and_told(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.engine.slots = 1
        s.engine.gate.clear()
        running = await s.restyle(s.world.bob)
        await running.progress()
        asked = await restyle_told(s, app_permissions="1024")
        public = await s.restyle()
        deadline = Deadline(s.app.database, s.app.dispatcher.cancel)
        await deadline.look(discord.utils.utcnow())
        [job] = await s.app.database.members.shown_in(asked.message_id)
        assert job.status is JobStatus.QUEUED
        await deadline.look(job.interaction_expires_at)
        s.engine.gate.set()
        # The public one waits on: its message can be edited for ever.
        assert len((await public.outcome()).attachments) == 1
        assert "was not made by then" in (await asked.outcome()).content
        [job] = await s.app.database.members.shown_in(asked.message_id)
        assert job.status is JobStatus.CANCELLED


async def test_a_queue_longer_than_the_token_lives_is_refused(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        await s.result()
        work = Work.of(s.engine.attempts[-1].params)
        s.app.estimator.learn(work, 1, timedelta(days=9).total_seconds())
        asked = await restyle_told(s, app_permissions="1024")
        assert "the queue is longer" in asked.refusal
        assert len((await (await s.restyle()).outcome()).attachments) == 1


async def test_a_private_message_is_pressed_by_its_member_alone(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        message = await (await restyle_told(s, app_permissions="1024")).outcome()
        assert "Vary subtle" in buttons(message)
        forged = await s.forge(f"r:vary_subtle:{s.job_of(message)}")
        pressed = await s.world.bob.click(forged, custom_id=f"r:vary_subtle:{s.job_of(message)}")
        assert "no longer know that picture" in Asked(s, pressed, pressed=forged).refusal
