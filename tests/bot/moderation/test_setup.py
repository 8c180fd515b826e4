"""`/setup` through the real bot: what an admin chooses holds at once, for nobody else."""

from pathlib import Path
from typing import Any

import discord
import pytest
import simcord

from bot.moderation.setup_menus import MOST_CHANNELS
from storage.audit import Deed
from tests.bot.forging import forge_press
from tests.bot.moderation.test_rules import entries, moderator, restrict
from tests.bot.stage import Asked, Stage, stage


def admin(s: Stage) -> simcord.MemberActor:
    """A member who may manage the server."""
    guild = s.world.alice.guild
    role = guild.create_role("Admin", permissions=discord.Permissions(manage_guild=True))
    return guild.add_member(s.world.env.create_user("ada"), roles=[role])


async def test_an_admin_chooses_everything_in_one_message(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        ada, guild = admin(s), s.world.alice.guild
        desk, adults = guild.create_text_channel("desk"), guild.create_text_channel("adults")
        asked = await ada.slash(s.world.channel, "setup")
        page = asked.response
        assert page is not None
        assert page.ephemeral
        assert "**Time zone:** UTC" in page.content
        chosen: dict[str, list[Any]] = {
            "zone": ["Europe/Berlin"],
            "quota": ["50"],
            "channels": [s.world.channel],
            "reports": [desk],
            "explicit": [adults],
        }
        # The menus outlive a restart.
        await s.restart()
        restrict(s, adults)
        for field, values in chosen.items():
            done = await ada.select(page, values, custom_id=f"m:setup:{field}")
            assert done.response is not None
            shown = done.response.content
        for line in (
            "**Time zone:** Europe/Berlin",
            "**Pictures a day:** 50",
            f"**Channels:** {s.world.channel.mention}",
            f"**Explicit pictures:** {adults.mention}",
            f"**Reports go to:** {desk.mention}",
        ):
            assert line in shown
        assert "of 50" in await s.balance()
        actions = [entry.action for entry in await entries(s)]
        assert actions == [f"setup {field}" for field in reversed(chosen)]


async def test_channels_can_be_taken_back_and_none_means_all(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        ada = admin(s)
        other = s.world.alice.guild.create_text_channel("other")
        asked = await ada.slash(s.world.channel, "setup")
        assert asked.response is not None
        await ada.select(asked.response, [other], custom_id="m:setup:channels")
        assert "other channels" in (await s.restyle()).refusal
        await ada.select(asked.response, [], custom_id="m:setup:channels")
        await s.result()


async def test_what_a_menu_has_no_room_to_show_stays(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        ada, rules = admin(s), s.app.database.rules
        guild = s.world.alice.guild
        many = sorted(guild.create_text_channel(f"room-{n}").id for n in range(MOST_CHANNELS + 1))
        for channel_id in many:
            deed = Deed(guild_id=guild.id, actor_id=ada.id, action="channel allow")
            await rules.change_channel(deed, channel_id, allowed=True)
        asked = await ada.slash(s.world.channel, "setup")
        assert asked.response is not None
        await ada.select(asked.response, [s.world.channel], custom_id="m:setup:channels")
        allowed = (await rules.of(guild.id)).allowed_channels
        assert set(allowed) == {s.world.channel.id, many[-1]}


async def test_a_channel_without_age_restriction_cannot_be_explicit(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        ada = admin(s)
        asked = await ada.slash(s.world.channel, "setup")
        assert asked.response is not None
        done = await ada.select(asked.response, [s.world.channel], custom_id="m:setup:explicit")
        assert any("restricts to adults" in told.content for told in done.followups)
        assert await entries(s) == []


async def test_any_zone_can_be_typed_and_nonsense_is_told(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        ada = admin(s)
        asked = await ada.slash(s.world.channel, "setup", timezone="Asia/Kathmandu")
        assert asked.response is not None
        assert "Asia/Kathmandu" in asked.response.content
        wrong = await ada.slash(s.world.channel, "setup", timezone="Berlin")
        assert "no time zone" in Asked(s, wrong).refusal


async def test_a_moderator_who_does_not_manage_the_server_sets_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        carol = moderator(s)
        assert "setup" not in carol.available_commands(s.world.channel)
        bait = await carol.send(s.world.channel, "bait")
        asked = await forge_press(s, carol, bait, "m:setup:quota", "500")
        assert "Manage Server" in asked.refusal
        assert await entries(s) == []


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("quota", "-5", "choose from the menu"),
        ("quota", "7", "choose from the menu"),
        ("quota", "x" * 100, "choose from the menu"),
        ("zone", "Mars/Olympus", "choose from the menu"),
        ("channels", "{elsewhere}", "no such channel"),
        ("reports", "{elsewhere}", "no such channel"),
        ("explicit", "-1", "no such channel"),
    ],
)
async def test_values_that_no_menu_offers_set_nothing(
    tmp_path: Path, field: str, value: str, told: str
) -> None:
    """Written by hand, by somebody who may manage the server."""
    async with stage(tmp_path) as s:
        ada = admin(s)
        elsewhere = s.world.env.create_guild("Elsewhere").create_text_channel("general")
        bait = await ada.send(s.world.channel, "bait")
        value = value.format(elsewhere=elsewhere.id)
        asked = await forge_press(s, ada, bait, f"m:setup:{field}", value)
        assert told in asked.refusal.lower()
        assert await entries(s) == []
