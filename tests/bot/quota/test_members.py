"""`/quota` and the cards, through the real bot."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import discord
import pytest
import simcord

from bot.moderation.expiry import UNDECIDED_DAYS, tidy
from storage.audit import AuditEntry, Deed
from storage.quota_requests import Request
from storage.quota_tables import RequestState
from tests.bot.stage import Asked, Stage, buttons, stage

MODERATOR = discord.Permissions(moderate_members=True)


@dataclass
class Court:
    """A stage with a moderator, and a channel for what members ask."""

    s: Stage
    carol: simcord.MemberActor
    office: simcord.ChannelHandle

    @property
    def guild_id(self) -> int:
        return self.s.world.alice.guild.id

    async def told(self, actor: simcord.MemberActor, command: str, **options: Any) -> str:
        """What a command says."""
        return said(await actor.slash(self.s.world.channel, command, **options))

    async def mod(self, command: str, **options: Any) -> str:
        """What the moderator is told of `/mod quota …`."""
        return await self.told(self.carol, f"mod quota {command}", **options)

    async def card(self, amount: int = 5, why: str = "a contest") -> discord.Message:
        """The card of a request of Alice's."""
        told = await self.told(self.s.world.alice, "quota ask", amount=amount, why=why)
        assert "put it before the moderators" in told
        return self.newest

    async def request(self) -> Request:
        """Alice's newest request."""
        requests = self.s.app.database.quota_requests
        found = await requests.newest(self.guild_id, self.s.world.alice.id)
        assert found is not None
        return found

    async def deeds(self) -> list[AuditEntry]:
        """The audit log, the oldest first."""
        return (await self.s.app.database.audit.page(self.guild_id, limit=50))[::-1]

    @property
    def newest(self) -> discord.Message:
        """The newest message in the moderators' channel."""
        message = self.office.last_message
        assert message is not None
        return message

    async def press(self, actor: simcord.MemberActor, custom_id: str) -> Asked:
        """Press a button with a custom_id that nobody handed out, or no longer."""
        channel = self.s.world.env.bot.get_channel(self.office.id)
        assert isinstance(channel, discord.TextChannel)
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button(label="forged", custom_id=custom_id))
        # Stopped, it is not remembered: the custom_id is all that the bot will know.
        view.stop()
        return await self.s.press(await channel.send("?", view=view), "forged", actor)


def said(result: simcord.InteractionResult) -> str:
    """What a member was told, whichever way."""
    told = result.followups[-1] if result.followups else result.response
    assert told is not None
    return str(told.content)


@asynccontextmanager
async def court(folder: Path, **changes: Any) -> AsyncIterator[Court]:
    """Set it up."""
    async with stage(folder, **changes) as s:
        guild = s.world.alice.guild
        role = guild.create_role("Moderator", permissions=MODERATOR)
        carol = guild.add_member(s.world.env.create_user("carol"), roles=[role])
        office = guild.create_text_channel("moderators")
        deed = Deed(guild_id=guild.id, actor_id=carol.id, action="setup")
        await s.app.database.guilds.change(deed, moderators_channel_id=office.id)
        yield Court(s, carol, office)


async def test_quota_me_shows_a_bar_and_where_it_went(tmp_path: Path) -> None:
    async with court(tmp_path, daily_quota=4) as c:
        await c.s.result()
        told = await c.told(c.s.world.alice, "quota me")
        assert "`▰▰▰▰▰▰▰▱▱▱` You have used 1 of 4 today, so 3 are left." in told
        assert "<t:" in told
        assert "Today it went to: restyle 1" in told
        assert "A picture costs 1; large ×2" in told


async def test_quota_me_serves_direct_messages(tmp_path: Path) -> None:
    async with court(tmp_path, daily_quota=4) as c:
        assert "used 0 of 4" in said(await c.s.world.alice.user.slash("quota me"))
        for command, options in (
            ("quota ask", {"amount": 1, "why": "x"}),
            ("quota gift", {"amount": 1, "member": c.s.world.bob.user}),
        ):
            refused = await c.s.world.alice.user.slash(command, **options)
            assert "inside a server only" in said(refused)


async def test_a_gift_is_told_to_both(tmp_path: Path) -> None:
    async with court(tmp_path, daily_quota=4) as c:
        alice, bob = c.s.world.alice, c.s.world.bob
        told = await c.told(alice, "quota gift", member=bob, amount=3)
        assert told == f"<@{alice.id}> gives 3 of today's pictures to <@{bob.id}>."
        assert "used 0 of 1" in await c.s.balance()
        assert "Today it went to: gifts 3" in await c.s.balance()
        balance = await c.s.balance(bob)
        assert "used 0 of 7 today, so 7 are left" in balance
        assert "Bonus, spent after the day's own: 3 (until " in balance


async def test_what_cannot_be_given_is_refused(tmp_path: Path) -> None:
    async with court(tmp_path, daily_quota=4) as c:
        alice, bob, channel = c.s.world.alice, c.s.world.bob, c.s.world.channel
        for member, amount, why in ((bob, 5, "4 left today"), (alice, 1, "another member")):
            result = await alice.slash(channel, "quota gift", member=member, amount=amount)
            assert why in said(result)
        stranger = c.s.world.env.create_user("erin")
        result = await alice.slash(channel, "quota gift", member=stranger, amount=1)
        assert "Only a member of this server" in said(result)
        await c.told(c.carol, "mod block", member=alice, reason="spam")
        result = await alice.slash(channel, "quota gift", member=bob, amount=1)
        assert "you ask for no pictures here" in said(result)
        assert "you ask for no pictures here" in await c.told(alice, "quota ask", amount=1, why="x")
        assert "used 0 of 4" in await c.s.balance(bob)


async def test_what_one_may_not_spend_here_or_yet_cannot_be_given(tmp_path: Path) -> None:
    """Neither evades the waiting time of new members, nor leaves a channel's own allowance."""
    async with court(tmp_path, daily_quota=4) as c:
        alice, bob, channel = c.s.world.alice, c.s.world.bob, c.s.world.channel
        await c.mod("waiting", span="2000d")
        refused = said(await alice.slash(channel, "quota gift", member=bob, amount=1))
        assert "New members of this server wait" in refused
        await c.mod("waiting", span="none")
        await c.mod("set", allowance="100", channel=channel)
        refused = said(await alice.slash(channel, "quota gift", member=bob, amount=1))
        assert "an allowance of its own" in refused
        other = alice.guild.create_text_channel("other")
        assert "gives 1" in said(await alice.slash(other, "quota gift", member=bob, amount=1))


async def test_a_request_is_approved_once_and_survives_a_restart(tmp_path: Path) -> None:
    async with court(tmp_path, daily_quota=2) as c:
        card = await c.card()
        assert f"<@{c.s.world.alice.id}> asks for 5 more: a contest" in card.content
        assert buttons(card) == ["Approve", "Approve less", "Deny"]
        assert not card.mentions or card.mentions[0].id == c.s.world.alice.id
        await c.s.restart(daily_quota=2)
        await c.carol.click(card, label="Approve")
        [told] = [one.content for one in c.s.world.alice.user.dm_channel.history()]
        name = c.s.world.alice.guild.name
        assert told == (
            f"**{name}** · You asked for 5 more: 5 are yours, to be spent within a week."
        )
        card = c.newest
        assert f"Approved by <@{c.carol.id}>: 5" in card.content
        assert buttons(card) == []
        assert "used 0 of 7" in await c.s.balance()
        assert "request for 5 was approved: 5" in await c.s.balance()
        request = await c.request()
        pressed = await c.press(c.carol, f"q:approve:{request.id}")
        assert "decided already" in pressed.refusal
        assert "used 0 of 7" in await c.s.balance()
        assert [deed.action for deed in await c.deeds()] == ["setup", "quota approve"]


async def test_less_can_be_approved_and_nothing_too(tmp_path: Path) -> None:
    async with court(tmp_path, daily_quota=2) as c:
        card = await c.card()
        for wrong in ("6", "0", "-1", "many"):
            form = await c.carol.click(card, label="Approve less")
            assert "from 1 to 5" in said(await c.carol.submit_modal(form, {"credits": wrong}))
        form = await c.carol.click(card, label="Approve less")
        await c.carol.submit_modal(form, {"credits": "3"})
        assert ": 3, to be spent" in c.newest.content
        assert "used 0 of 5" in await c.s.balance()
        await c.carol.click(await c.card(9), label="Deny")
        assert "Denied by" in c.newest.content
        assert "request for 9 was denied" in await c.s.balance()
        deeds = [(deed.action, dict(deed.before), dict(deed.after)) for deed in await c.deeds()]
        assert deeds[1:] == [
            ("quota approve", {"asked": 5}, {"granted": 3}),
            ("quota deny", {"asked": 9}, {"granted": 0}),
        ]


async def test_who_takes_no_messages_is_told_where_they_asked(tmp_path: Path) -> None:
    async with court(tmp_path) as c:
        card = await c.card()
        c.s.world.env.inject_error("POST", "/users/@me/channels", status=403, code=50007)
        await c.carol.click(card, label="Deny")
        told = c.s.last_message
        assert told.content == (
            f"<@{c.s.world.alice.id}> You asked for 5 more: the moderators have said no."
        )
        assert [one.id for one in told.mentions] == [c.s.world.alice.id]


async def test_a_member_asks_once_at_a_time_and_somewhere(tmp_path: Path) -> None:
    async with court(tmp_path) as c:
        await c.card()
        told = await c.told(c.s.world.alice, "quota ask", amount=1, why="again")
        assert "still waits" in told
        deed = Deed(guild_id=c.guild_id, actor_id=c.carol.id, action="setup")
        await c.s.app.database.guilds.change(deed, moderators_channel_id=None)
        assert "no channel" in await c.told(c.s.world.bob, "quota ask", amount=1, why="x")
        await c.s.app.database.guilds.change(deed, moderators_channel_id=1)
        assert "may not write" in await c.told(c.s.world.bob, "quota ask", amount=1, why="x")
        # It was not written down either.
        assert await c.s.app.database.quota_requests.newest(c.guild_id, c.s.world.bob.id) is None


@pytest.mark.parametrize("action", ["approve", "less", "deny", "vote"])
async def test_members_and_forgers_decide_nothing(tmp_path: Path, action: str) -> None:
    """Members lack the permission; a request that is not there or elsewhere is none."""
    async with court(tmp_path) as c:
        await c.card()
        request = await c.request()
        pressed = await c.press(c.s.world.bob, f"q:{action}:{request.id}")
        assert "for moderators" in pressed.refusal or "role chosen" in pressed.refusal
        role = c.s.world.alice.guild.create_role("Elder")
        await c.mod("votes", role=role)
        perms = discord.Permissions(moderate_members=True)
        judge = c.s.world.alice.guild.create_role("Judge", permissions=perms)
        dan = c.s.world.alice.guild.add_member(
            c.s.world.env.create_user("dan"), roles=[role, judge]
        )
        other = await c.s.app.database.quota_requests.open(1, c.s.world.bob.id, 5, "elsewhere")
        assert other is not None
        for request_id in ("0", "z" * 32, other.id):
            forged = await c.press(dan, f"q:{action}:{request_id}")
            if action == "less":
                forged = Asked(c.s, await dan.submit_modal(forged.interaction, {"credits": "1"}))
            assert "no such request" in said(forged.interaction)
        for junk in ("-1", "x" * 80, "A", "1;DROP TABLE quota_requests"):
            forged = await c.press(dan, f"q:{action}:{junk}")
            assert "do not know that button" in forged.refusal
        assert (await c.request()).state is RequestState.OPEN
        assert [deed.action for deed in await c.deeds()] == ["setup", "quota votes"]


async def test_a_vote_decides_by_enough_members_of_the_role(tmp_path: Path) -> None:
    async with court(tmp_path, daily_quota=2) as c:
        guild = c.s.world.alice.guild
        role = guild.create_role("Elder")
        elders = [
            guild.add_member(c.s.world.env.create_user(name), roles=[role])
            for name in ("dan", "eve")
        ]
        await c.mod("votes", role=role, needed=2, within="2d")
        assert "A vote takes less than 14 days." in await c.mod("votes", role=role, within="2w")
        card = await c.card()
        assert buttons(card) == ["Approve", "Approve less", "Deny", "Vote for it"]
        assert "Votes: 0 of 2" in card.content
        assert "role chosen" in (await c.s.press(card, "Vote for it", c.s.world.bob)).refusal
        await elders[0].click(card, label="Vote for it")
        assert "Votes: 1 of 2" in c.newest.content
        again = await c.s.press(card, "Vote for it", elders[0])
        assert "does not count" in again.refusal
        assert "used 0 of 2" in await c.s.balance()
        blocked = {"member": elders[1], "reason": "noise"}
        await c.carol.slash(c.s.world.channel, "mod block", **blocked)
        assert "no pictures here" in (await c.s.press(card, "Vote for it", elders[1])).refusal
        await c.carol.slash(c.s.world.channel, "mod unblock", member=elders[1])
        await elders[1].click(card, label="Vote for it")
        assert f"Approved by <@{elders[1].id}>: 5" in c.newest.content
        assert "used 0 of 7" in await c.s.balance()
        assert [deed.action for deed in await c.deeds()] == [
            "setup",
            "quota votes",
            "block",
            "unblock",
            "quota vote",
        ]


async def test_a_request_that_nobody_decides_is_over_in_the_end(tmp_path: Path) -> None:
    async with court(tmp_path) as c:
        card = await c.card()
        bot: Any = c.s.world.env.bot
        now = datetime.now(UTC)
        await tidy(bot, now + timedelta(days=UNDECIDED_DAYS - 1), began=now)
        assert (await c.request()).state is RequestState.OPEN
        for _again in range(2):
            await tidy(bot, now + timedelta(days=UNDECIDED_DAYS + 1), began=now)
        [told] = [one.content for one in c.s.world.alice.user.dm_channel.history()]
        assert "nobody has decided in time" in told
        assert "decided already" in (await c.s.press(card, "Approve", c.carol)).refusal
        assert "Nobody has decided in time." in c.newest.content
        assert "used 0 of 20" in await c.s.balance()
        # So that they may ask again.
        await c.card(1)
