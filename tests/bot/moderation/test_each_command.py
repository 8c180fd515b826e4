"""Each command of moderators as one of them uses it; what members and blocked members may use.

That members, and anybody in direct messages, are refused every one of them is tried in
``test_gate.py``.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import discord
import pytest
import simcord
from structlog.testing import capture_logs

from tests.bot.forging import leaves
from tests.bot.moderation.test_rules import entries, moderator, restrict
from tests.bot.moderation.test_setup import admin
from tests.bot.stage import PHOTO, Asked, Stage, stage

Options = dict[str, Any]
# In an order in which each finds what it needs. True: one entry of the audit log comes of it.
COMMANDS: dict[str, tuple[Callable[[Stage], Options], bool]] = {
    "mod block": (lambda s: {"member": s.world.bob, "reason": "spam", "expires": "7d"}, True),
    "mod blocked": (lambda s: {}, False),
    "mod unblock": (lambda s: {"member": s.world.bob}, True),
    "mod pause": (lambda s: {"reason": "a raid"}, True),
    "mod resume": (lambda s: {}, True),
    "mod channel allow": (lambda s: {"channel": s.world.channel}, True),
    "mod channel disallow": (lambda s: {"channel": s.world.channel}, True),
    "mod channel explicit": (lambda s: {"channel": s.world.channel, "permitted": True}, True),
    "mod channel spoiler": (lambda s: {"channel": s.world.channel, "rule": "always"}, True),
    "mod role allow": (lambda s: {"role": s.world.alice.guild.default_role}, True),
    "mod role disallow": (lambda s: {"role": s.world.alice.guild.default_role}, True),
    "mod filter words": (lambda s: {"words": "gore"}, True),
    "mod filter regex": (lambda s: {"expression": "go+re"}, True),
    "mod filter remove": (lambda s: {"number": 1}, True),
    "mod filter list": (lambda s: {}, False),
    "mod look save": (lambda s: {"name": "ours", "template": "{prompt}, a woodcut"}, True),
    "mod look delete": (lambda s: {"name": "ours"}, True),
    "mod set source-filter": (lambda s: {"on": False}, True),
    "mod set retention": (lambda s: {"days": 30}, True),
    "mod set report-channel": (lambda s: {"channel": s.world.channel}, True),
    "mod set request-channel": (lambda s: {"channel": s.world.channel}, True),
    "mod rules": (lambda s: {}, False),
    "mod quota set": (lambda s: {"allowance": "unlimited", "reason": "a feast"}, True),
    "mod quota grant": (lambda s: {"amount": 3, "member": s.world.bob}, True),
    "mod quota reset": (lambda s: {"member": s.world.bob}, True),
    "mod quota pool": (lambda s: {"amount": "50"}, True),
    "mod quota waiting": (lambda s: {"span": "12h"}, True),
    "mod quota queue": (lambda s: {"member": 2}, True),
    "mod quota prices": (lambda s: {"large": 3}, True),
    "mod quota votes": (lambda s: {"role": s.world.alice.guild.default_role}, True),
    "mod quota rules": (lambda s: {}, False),
    "mod usage": (lambda s: {"days": 3}, False),
    "mod log": (lambda s: {}, False),
}
# For those who manage the server.
ADMINS_COMMANDS: dict[str, Options] = {"setup": {"timezone": "Europe/Berlin"}, "status": {}}


async def used(s: Stage, actor: simcord.MemberActor, name: str, options: Options) -> str:
    """What a command answers, to its sender alone, without anything going wrong."""
    with capture_logs() as lines:
        result = await actor.slash(s.world.channel, name, **options)
    wrong = [line for line in lines if line["event"] in ("told a member", "interaction failed")]
    assert wrong == [], name
    assert result.response is not None
    assert result.response.ephemeral, name
    return result.response.content


async def test_a_moderator_may_use_each_and_each_deed_is_written_down(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        assert {one.qualified_name for one in leaves(s)} == {*COMMANDS, *ADMINS_COMMANDS}
        carol = moderator(s)
        restrict(s, s.world.channel)
        for name, (options, written) in COMMANDS.items():
            before = len(await s.app.database.audit.page(carol.guild.id, limit=100))
            told = await used(s, carol, name, options(s))
            after = await s.app.database.audit.page(carol.guild.id, limit=100)
            assert len(after) == before + written, name
            if written:
                assert after[0].actor_id == carol.id
                assert after[0].action == name.removeprefix("mod ")
        # The log is the last: it shows the deeds, and no number that stands for "unlimited".
        assert "quota votes" in told
        page = await used(s, carol, "mod log", {"action": "quota set"})
        assert "daily_quota — → unlimited" in page


async def test_who_manages_the_server_may_use_the_rest(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        ada = admin(s)
        for name, options in ADMINS_COMMANDS.items():
            await used(s, ada, name, options)
        [entry] = await entries(s)
        assert (entry.action, entry.after) == ("setup timezone", {"timezone": "Europe/Berlin"})


MAKING: dict[str, Options] = {
    "restyle": {"image": ("p.jpg", PHOTO), "prompt": "an oil painting"},
    "imagine": {"prompt": "a castle"},
    "inpaint": {"image": ("p.jpg", PHOTO), "mask_image": ("m.jpg", PHOTO), "prompt": "a door"},
    "quota ask": {"amount": 1, "why": "please"},
    "quota gift": {"amount": 1},
}
LOOKING = ("quota me", "history", "help", "about", "look list", "privacy export")


async def test_a_blocked_member_makes_nothing_and_still_sees_what_is_theirs(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as s:
        bob = s.world.bob
        first = await s.result()
        await moderator(s).slash(s.world.channel, "mod block", member=bob, reason="spam")
        for name, options in MAKING.items():
            gift = {"member": s.world.alice} if name == "quota gift" else {}
            result = await bob.slash(s.world.channel, name, **options, **gift)
            assert "spam" in Asked(s, result).refusal, name
        for label in ("Vary subtle", "Reroll", "Upscale", "Strength strip"):
            assert "spam" in (await s.press(first, label, bob)).refusal, label
        for name in LOOKING:
            with capture_logs() as lines:
                await bob.slash(s.world.channel, name)
            assert "told a member" not in [line["event"] for line in lines], name
        assert len(s.engine.attempts) == 1
        assert "used 0 of 20" in await s.balance(bob)


@pytest.mark.parametrize("name", ["restyle", "imagine"])
async def test_in_direct_messages_no_guild_and_no_block_counts(tmp_path: Path, name: str) -> None:
    async with stage(tmp_path) as s:
        bob = s.world.bob
        await moderator(s).slash(s.world.channel, "mod block", member=bob, reason="spam")
        result = await bob.user.slash(name, **MAKING[name])
        message: discord.Message = await Asked(s, result).outcome()
        assert len(message.attachments) == 1
