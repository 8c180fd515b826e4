"""`/status`: what an admin is told, and that nobody else is."""

from pathlib import Path

import discord
import simcord

from engine.api import WorkerHealth
from tests.bot.stage import Stage, stage

ADMIN = discord.Permissions(manage_guild=True)


def admin_of(s: Stage) -> simcord.MemberActor:
    """A member of the guild who may manage it."""
    guild = s.world.alice.guild
    role = guild.create_role("Admin", permissions=ADMIN)
    return guild.add_member(s.world.env.create_user("ada"), roles=[role])


async def told(s: Stage, admin: simcord.MemberActor) -> list[str]:
    """The lines of the answer, which the admin alone sees."""
    result = await admin.slash(s.world.channel, "status")
    assert result.response is not None
    assert result.response.ephemeral
    return result.response.content.splitlines()


async def test_an_admin_sees_queue_engine_and_deliveries(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        admin = admin_of(s)
        s.engine.gate.clear()
        s.engine.slots = 1
        first = await s.restyle()
        await first.progress()
        second = await s.restyle(actor=s.world.bob)
        lines = await told(s, admin)
        assert "The engine is ready on paint with embedded; 1 of 1 places are taken." in lines
        assert "1 job waits." in lines
        assert "0 outcomes are still to be delivered." in lines
        assert any(line.endswith("GiB are free on the disk.") for line in lines)
        s.engine.gate.set()
        await first.outcome()
        await second.outcome()
        assert "0 jobs wait." in await told(s, admin)


async def test_each_gpu_of_a_cluster_has_its_line(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.engine.workers = (
            WorkerHealth(name="restyle-0", alive=True, node="10.0.0.2", slots=4, running=1),
            WorkerHealth(name="restyle-1", alive=True, drained="three failures in five minutes"),
            WorkerHealth(name="restyle-2", alive=False),
        )
        lines = await told(s, admin_of(s))
        assert [line for line in lines if line.startswith("• ")] == [
            "• restyle-0 on 10.0.0.2: 1 of 4 places are taken.",
            "• restyle-1 gets no work for now: three failures in five minutes",
            "• restyle-2 is not there yet.",
        ]


async def test_an_engine_that_is_down_is_said(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.engine.die()
        lines = await told(s, admin_of(s))
        assert "⚠️ The engine is down. Jobs wait until it is back; nothing is lost." in lines


async def test_it_is_hidden_from_everybody_else(tmp_path: Path) -> None:
    # That it refuses whoever calls it all the same is shown in tests/bot/moderation/test_gate.py.
    async with stage(tmp_path) as s:
        assert "status" not in s.world.bob.available_commands(s.world.channel)
        assert "status" in admin_of(s).available_commands(s.world.channel)
