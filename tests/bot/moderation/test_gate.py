"""No command of moderators serves anybody else, however it is sent."""

from pathlib import Path

import discord
import pytest
from structlog.testing import capture_logs

from tests.bot.forging import forge_command, leaves
from tests.bot.moderation.test_forged import everything, refused_in
from tests.bot.stage import stage

MODERATOR = discord.Permissions(moderate_members=True)


@pytest.mark.parametrize(
    ("direct", "sentence"), [(False, "for moderators"), (True, "inside their server")]
)
async def test_every_hidden_command_refuses_all_others(
    tmp_path: Path, direct: bool, sentence: str
) -> None:
    """An admin may show a command to any member, and in direct messages nobody is a moderator.

    Each one is refused and the refusal is logged; of all rows of all tables none has changed.
    """
    async with stage(tmp_path) as s:
        await s.result()
        bob = s.world.bob
        actor, channel = (bob.user, bob.user.dm_channel) if direct else (bob, s.world.channel)
        names = [command.qualified_name for command in leaves(s)]
        assert {"mod block", "mod pause", "setup", "status"} <= set(names)
        before = await everything(s)
        for name in names:
            with capture_logs() as lines:
                asked = await forge_command(s, actor, channel, name)
            assert sentence in asked.refusal, name
            assert refused_in(lines, asked.refusal), name
        assert await everything(s) == before


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
