"""Each command of moderators as one of them uses it; what members and blocked members may use.

That members, and anybody in direct messages, are refused every one of them is tried in
``test_gate.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import discord
import simcord
from structlog.testing import capture_logs

from tests.bot.forging import forge_menu, leaves
from tests.bot.moderation.test_reports import card_of, report, with_desk
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


@dataclass(frozen=True, kw_only=True)
class Use:
    """How a member uses a command or a menu.

    Attributes:
        on: What a menu is opened on: a result, or a member.
        form: What is filled into the form that it opens.
        asks: It asks for pictures or for credits, which a blocked member may not.
        in_guilds: In direct messages there is nobody to ask.
    """

    options: Callable[[Stage], Options] = lambda s: {}
    on: str | None = None
    form: Options | None = None
    asks: bool = False
    in_guilds: bool = False


PICTURE: Options = {"image": ("p.jpg", PHOTO), "prompt": "an oil painting"}
MASKED = PICTURE | {"mask_image": ("m.jpg", PHOTO)}
FORM: Options = {"prompt": "an oil painting", "strength": "0.6"}
AVATARS = FORM | {"prompt": "a woodcut"}
# In an order in which each finds what it needs.
MEMBERS: dict[str, Use] = {
    "restyle": Use(options=lambda s: PICTURE, asks=True),
    "imagine": Use(options=lambda s: {"prompt": "a castle"}, asks=True),
    "inpaint": Use(options=lambda s: MASKED, asks=True),
    "Restyle this": Use(on="result", form=FORM, asks=True),
    "Restyle avatar": Use(on="member", form=AVATARS, asks=True),
    "quota ask": Use(options=lambda s: {"amount": 1, "why": "x"}, asks=True, in_guilds=True),
    "quota gift": Use(
        options=lambda s: {"amount": 1, "member": s.world.alice}, asks=True, in_guilds=True
    ),
    "quota me": Use(),
    "history": Use(),
    "lineage": Use(),
    "Show lineage": Use(on="result"),
    "help": Use(),
    "about": Use(),
    "look save": Use(options=lambda s: {"name": "mine", "template": "{prompt}, a woodcut"}),
    "look list": Use(),
    "look delete": Use(options=lambda s: {"name": "mine"}),
    "privacy export": Use(),
    "privacy opt-out": Use(options=lambda s: {"alone": True}),
    "privacy delete": Use(),
}


async def use(s: Stage, actor: Any, name: str, result: discord.Message) -> Asked:
    """Use a command or a menu as a member does: a guild's, or a user in direct messages."""
    how, direct = MEMBERS[name], not isinstance(actor, simcord.MemberActor)
    if how.on is not None:
        on = result if how.on == "result" else s.world.alice
        sent = await (
            forge_menu(s, actor, name, on)
            if direct
            else actor.context_menu(s.world.channel, name, on)
        )
    else:
        options = how.options(s)
        if direct:
            if "member" in options:
                options = options | {"member": s.world.alice.user}
            sent = await actor.slash(name, **options)
        else:
            sent = await actor.slash(s.world.channel, name, **options)
    if how.form is not None:
        assert sent.modal is not None, name
        sent = await actor.submit_modal(sent, how.form)
    return Asked(s, sent)


def said(asked: Asked) -> str:
    """All that an answer says, also where it is made of components or of files alone."""
    sent = asked.interaction
    return " ".join(one.content for one in (sent.response, *sent.followups) if one is not None)


async def test_a_blocked_member_asks_for_nothing_and_still_sees_what_is_theirs(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as s:
        bob, desk = s.world.bob, await with_desk(s)
        assert {one.qualified_name for one in leaves(s, hidden=False)} == set(MEMBERS)
        await (await s.restyle(bob)).outcome()
        first = await s.result()
        await moderator(s).slash(s.world.channel, "mod block", member=bob, reason="spam")
        for label in ("Vary subtle", "Vary strong", "Reroll", "Upscale", "Strength strip"):
            assert "spam" in (await s.press(first, label, bob)).refusal, label
        remixed = await s.press(first, "Remix", bob)
        remixed.interaction = await bob.submit_modal(remixed.interaction, FORM)
        assert "spam" in remixed.refusal
        # To report is to ask for no picture.
        assert "Thank you" in (await report(s, first)).refusal
        assert bob.mention in card_of(desk).content
        for name, how in MEMBERS.items():
            with capture_logs() as lines:
                asked = await use(s, bob, name, first)
            assert ("spam" in said(asked)) is how.asks, name
            told = [one for one in lines if one["event"] in ("told a member", "interaction failed")]
            assert bool(told) is how.asks, name
        assert len(s.engine.attempts) == 2
        assert "used 1 of 20" in await s.balance(bob)


async def test_in_direct_messages_each_serves_also_who_is_blocked_in_a_guild(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as s:
        bob = s.world.bob
        await moderator(s).slash(s.world.channel, "mod block", member=bob, reason="spam")
        first = await (await use(s, bob.user, "restyle", s.world.welcome)).outcome()
        made = 1
        for name, how in MEMBERS.items():
            with capture_logs() as lines:
                asked = await use(s, bob.user, name, first)
            if how.in_guilds:
                assert "inside a server only" in asked.refusal, name
                continue
            if how.on == "member":
                # The form was taken; avatars are on Discord's own CDN, which is not simulated.
                assert "uploaded to Discord" in asked.refusal
                continue
            told = [one for one in lines if one["event"] in ("told a member", "interaction failed")]
            assert told == [], name
            if how.asks:
                assert len((await asked.outcome()).attachments) == 1, name
                made += 1
        assert len(s.engine.attempts) == made
