"""A guild's rules through the real bot: what moderators set, and what members then meet."""

from pathlib import Path
from typing import Any

import discord
import pytest
import simcord

from bot.jobs.spec import JobSpec
from storage.audit import AuditEntry
from tests.bot.stage import PHOTO, Asked, Stage, stage
from tests.bot.test_where import OPTIONS, restyle_in, thread_in

MODERATOR = discord.Permissions(moderate_members=True)


def moderator(s: Stage) -> simcord.MemberActor:
    """A member who may time out members, and nothing else."""
    guild = s.world.alice.guild
    role = guild.create_role("Moderator", permissions=MODERATOR)
    return guild.add_member(s.world.env.create_user("carol"), roles=[role])


async def mod(s: Stage, carol: simcord.MemberActor, command: str, **options: Any) -> str:
    """What `/mod …` answers, to the moderator alone."""
    result = await carol.slash(s.world.channel, f"mod {command}", **options)
    if result.followups:
        return Asked(s, result).refusal
    assert result.response is not None
    assert result.response.ephemeral
    return result.response.content


def restrict(s: Stage, channel: simcord.ChannelHandle) -> None:
    """Let a channel be age-restricted; the simulated Discord knows nothing of that itself."""
    known = s.world.env.bot.get_channel(channel.id)
    assert isinstance(known, discord.TextChannel)
    known.nsfw = True


async def entries(s: Stage) -> list[AuditEntry]:
    """The audit log, the newest first."""
    return await s.app.database.audit.page(s.world.alice.guild.id, limit=50)


async def test_a_paused_guild_takes_no_pictures(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        carol = moderator(s)
        first = await s.result()
        assert "Paused" in await mod(s, carol, "pause")
        assert "have paused me in this server" in (await s.restyle()).refusal
        assert "paused" in (await s.press(first, "Reroll")).refusal
        assert "again" in await mod(s, carol, "resume", reason="quiet again")
        await s.result()
        assert [one.action for one in await entries(s)] == ["resume", "pause"]


async def test_a_blocked_member_is_told_why_and_until_when(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        carol, bob = moderator(s), s.world.bob
        first = await s.result()
        assert "until <t:" in await mod(s, carol, "block", member=bob, reason="spam", expires="7d")
        for asked in (await s.restyle(bob), await s.press(first, "Vary subtle", bob)):
            assert "You are blocked here" in asked.refusal
            assert "spam" in asked.refusal
        assert bob.mention in await mod(s, carol, "blocked")
        await s.result()
        assert "again" in await mod(s, carol, "unblock", member=bob)
        await (await s.restyle(bob)).outcome()
        [unblock, block] = await entries(s)
        assert (block.action, block.target_id, block.reason) == ("block", str(bob.id), "spam")
        assert (unblock.before["blocked"], unblock.after["blocked"]) == (True, False)
        assert "Tell me a time" in await mod(
            s, carol, "block", member=bob, reason="x", expires="soon"
        )


async def test_a_block_is_for_this_guild_alone(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        carol, bob = moderator(s), s.world.bob
        await mod(s, carol, "block", member=bob, reason="spam")
        result = await bob.user.slash("restyle", image=("p.jpg", PHOTO), prompt="an oil painting")
        assert len((await Asked(s, result).outcome()).attachments) == 1


async def test_pictures_only_in_allowed_channels_and_their_threads(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        carol = moderator(s)
        studio = s.world.alice.guild.create_text_channel("studio")
        assert studio.mention in await mod(s, carol, "channel allow", channel=studio)
        refused = (await s.restyle()).refusal
        assert "other channels" in refused
        assert studio.mention in refused
        assert "other channels" in (await restyle_in(s, thread_in(s, s.world.channel))).refusal
        await (await restyle_in(s, thread_in(s, studio))).outcome()
        await mod(s, carol, "channel allow", channel=s.world.channel)
        await s.result()
        await mod(s, carol, "channel disallow", channel=studio)
        await mod(s, carol, "channel disallow", channel=s.world.channel)
        await s.result()
        assert len(await entries(s)) == 4


async def test_a_thread_has_the_rules_of_its_channel(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        carol, adults = moderator(s), s.world.alice.guild.create_text_channel("adults")
        restrict(s, adults)
        await mod(s, carol, "channel explicit", channel=adults, permitted=True)
        await mod(s, carol, "channel spoiler", channel=adults, rule="always")
        await mod(s, carol, "quota set", channel=adults, allowance="3")
        for parent, ruled in ((adults, True), (s.world.channel, False)):
            thread = thread_in(s, parent)
            message = await (await restyle_in(s, thread)).outcome()
            assert message.channel.id == thread.id
            assert message.attachments[0].is_spoiler() is ruled
            job = await s.app.database.jobs.get(s.job_of(message))
            assert JobSpec.from_mapping(job.params).explicit_allowed is ruled
            asked = await s.world.alice.slash(thread, "quota me")
            assert asked.response is not None
            assert f"used 1 of {3 if ruled else 20}" in asked.response.content


async def test_pictures_only_for_allowed_roles(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        carol = moderator(s)
        guild = s.world.alice.guild
        role = guild.create_role("Artist")
        artist = guild.add_member(s.world.env.create_user("dora"), roles=[role])
        assert role.mention in await mod(s, carol, "role allow", role=role)
        assert role.mention in (await s.restyle()).refusal
        await (await s.restyle(artist)).outcome()
        await mod(s, carol, "role disallow", role=role)
        await s.result()


async def test_prompt_filters_refuse_and_are_counted(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        carol = moderator(s)
        assert "gore" in await mod(s, carol, "filter words", words="Gore")
        assert "trump" in await mod(s, carol, "filter regex", expression="trump|biden")
        assert "cannot read" in await mod(s, carol, "filter regex", expression="(?<=a)b")
        assert "what no prompt may contain" in await mod(s, carol, "filter words", words=" _ ")
        assert "do not want" in (await s.restyle(prompt="blood and GORE")).refusal
        assert "do not want" in (await s.restyle(prompt="Bidens")).refusal
        first = await s.result(prompt="gorgeous")
        [listed, *_] = (await mod(s, carol, "filter list")).split("`")[1:]
        assert "biden" in await mod(s, carol, "filter remove", number=int(listed))
        await s.result(prompt="gore")
        assert "no filter" in await mod(s, carol, "filter remove", number=int(listed))
        counts = await s.app.database.refusals.counts(
            s.world.alice.guild.id, first.created_at.replace(year=2000)
        )
        assert counts == {"prompt": 2}


async def test_the_rule_on_minors_holds_along_the_lineage_and_in_direct_messages(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as s:
        assert "under age" in (await s.restyle(prompt="a naked child")).refusal
        first = await s.result(prompt="a schoolgirl in the park")
        asked = await s.press(first, "Remix")
        asked.interaction = await s.world.alice.submit_modal(
            asked.interaction, {"prompt": "nude", "strength": "0.6"}
        )
        assert "under age" in asked.refusal
        assert len(s.engine.attempts) == 1
        user = s.world.alice.user
        words = OPTIONS | {"prompt": "a naked child"}
        assert "under age" in Asked(s, await user.slash("restyle", **words)).refusal
        words = OPTIONS | {"prompt": "a schoolgirl in the park"}
        first = await Asked(s, await user.slash("restyle", **words)).outcome()
        form = await user.click(first, label="Remix")
        sent = await user.submit_modal(form, {"prompt": "nude", "strength": "0.6"})
        assert "under age" in Asked(s, sent, pressed=first).refusal
        assert len(s.engine.attempts) == 2


async def test_only_age_restricted_channels_may_be_explicit(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        carol = moderator(s)
        told = await mod(s, carol, "channel explicit", channel=s.world.channel, permitted=True)
        assert "restricts to adults" in told
        adults = s.world.alice.guild.create_text_channel("adults")
        restrict(s, adults)
        assert adults.mention in await mod(
            s, carol, "channel explicit", channel=adults, permitted=True
        )
        assert len(await entries(s)) == 1


async def test_the_rules_of_the_guild_are_set_and_shown(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        carol = moderator(s)
        desk = s.world.alice.guild.create_text_channel("desk")
        assert "**Sources are checked:** no" in await mod(s, carol, "set source-filter", on=False)
        assert "30 days" in await mod(s, carol, "set retention", days=30)
        assert f"to:** {desk.mention}" in await mod(s, carol, "set report-channel", channel=desk)
        assert f"to:** {desk.mention}" in await mod(s, carol, "set request-channel", channel=desk)
        hidden = await mod(s, carol, "channel spoiler", channel=s.world.channel, rule="always")
        assert s.world.channel.mention in hidden
        rules = await mod(s, carol, "rules")
        assert "**Pictures are kept:** 30 days" in rules
        assert [(one.action, one.after) for one in await entries(s)][1:] == [
            ("set request-channel", {"moderators_channel_id": desk.id}),
            ("set report-channel", {"report_channel_id": desk.id}),
            ("set retention", {"retention_days": 30}),
            ("set source-filter", {"source_filter": False}),
        ]


async def test_a_channel_out_of_reach_is_not_taken(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        carol = moderator(s)
        guild = s.world.alice.guild
        deny = discord.PermissionOverwrite(send_messages=False)
        shut = guild.create_text_channel("shut", overwrites={guild.default_role: deny})
        told = await mod(s, carol, "set report-channel", channel=shut)
        assert "cannot post" in told
        assert await entries(s) == []


@pytest.mark.parametrize("member", [True, False])
async def test_the_log_is_filtered_and_turned(tmp_path: Path, member: bool) -> None:
    async with stage(tmp_path) as s:
        carol = moderator(s)
        assert "nothing here" in await mod(s, carol, "log")
        for at in range(10):
            who = s.world.bob if at % 2 else s.world.alice
            await mod(s, carol, "block", member=who, reason=f"reason {at}")
        options = {"member": s.world.bob} if member else {}
        result = await carol.slash(s.world.channel, "mod log", **options)
        assert result.response is not None
        page = result.response.content
        assert page.splitlines()[0].endswith("“reason 9”")
        if member:
            assert [line[-2] for line in page.splitlines()] == ["9", "7", "5", "3", "1"]
            return
        assert len(page.splitlines()) == 8
        await s.restart()
        turned = await carol.click(result.response, label="Older")
        assert turned.response is not None
        assert [line[-2] for line in turned.response.content.splitlines()] == ["1", "0"]


async def test_a_channel_that_always_hides_hides_previews_and_results(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        await mod(s, moderator(s), "channel spoiler", channel=s.world.channel, rule="always")
        s.engine.gate.clear()
        asked = await s.restyle()
        [preview] = (await asked.progress()).attachments
        assert preview.is_spoiler()
        s.engine.gate.set()
        first = await asked.outcome()
        assert first.attachments[0].is_spoiler()
        await mod(s, moderator(s), "channel spoiler", channel=s.world.channel, rule="choice")
        assert not (await s.result()).attachments[0].is_spoiler()
