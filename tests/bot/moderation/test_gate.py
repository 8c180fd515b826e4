"""No command of moderators serves anybody else, however it is sent."""

from pathlib import Path

import discord

from tests.bot.forging import forge_command, leaves
from tests.bot.stage import Stage, stage

MODERATOR = discord.Permissions(moderate_members=True)


async def nothing_done(s: Stage) -> bool:
    guild = s.world.alice.guild.id
    return not await s.app.database.audit.page(guild, limit=1)


async def test_every_hidden_command_refuses_members(tmp_path: Path) -> None:
    """An admin may show a command to anybody; each one is refused, and nothing is done."""
    async with stage(tmp_path) as s:
        names = [command.qualified_name for command in leaves(s)]
        assert {"mod block", "mod pause"} <= set(names)
        for name in names:
            asked = await forge_command(s, s.world.bob, s.world.channel, name)
            assert "for moderators" in asked.refusal, name
        assert await nothing_done(s)


async def test_every_hidden_command_refuses_direct_messages(tmp_path: Path) -> None:
    """Nobody is a moderator there."""
    async with stage(tmp_path) as s:
        user = s.world.alice.user
        for command in leaves(s):
            name = command.qualified_name
            asked = await forge_command(s, user, user.dm_channel, name)
            assert "inside their server" in asked.refusal, name
        assert await nothing_done(s)


async def test_a_command_is_hidden_until_one_is_a_moderator(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        guild = s.world.alice.guild
        role = guild.create_role("Moderator", permissions=MODERATOR)
        carol = guild.add_member(s.world.env.create_user("carol"), roles=[role])
        assert "mod pause" not in s.world.bob.available_commands(s.world.channel)
        assert "mod pause" in carol.available_commands(s.world.channel)
        result = await carol.slash(s.world.channel, "mod pause", reason="a raid")
        assert result.response is not None
        assert result.response.ephemeral
        assert "Paused" in result.response.content
        [entry] = await s.app.database.audit.page(guild.id, limit=5)
        assert (entry.actor_id, entry.action, entry.reason) == (carol.id, "pause", "a raid")
