"""`/mod quota` and `/mod usage`, through the real bot."""

import csv
import io
from importlib import import_module
from pathlib import Path

import pytest
from PIL import Image

from bot.commands.mod.quota import read_allowance
from bot.errors import NotUnderstood
from bot.quota.moderators_texts import DEFAULT
from tests.bot.quota.test_members import Court, court, said


async def test_a_rule_is_set_for_all_a_role_and_a_member(tmp_path: Path) -> None:
    async with court(tmp_path, daily_quota=4) as c:
        guild = c.s.world.alice.guild
        assert await c.mod("set", allowance="6") == "Everybody: 6 pictures a day."
        assert "used 0 of 6" in await c.s.balance()
        role = guild.create_role("Gold")
        assert await c.mod("set", allowance="9", role=role) == f"<@&{role.id}>: 9 pictures a day."
        dan = guild.add_member(c.s.world.env.create_user("dan"), roles=[role])
        assert "used 0 of 9" in await c.s.balance(dan)
        await c.mod("set", allowance="unlimited", member=dan)
        assert "there is no limit" in await c.s.balance(dan)
        assert "Name one of" in await c.mod("set", allowance="3", member=dan, role=role)
        await c.mod("set", allowance="none", member=dan)
        assert "used all 0" in await c.s.balance(dan)
        assert "give you no pictures" in (await c.s.restyle(dan)).refusal
        await c.mod("set", allowance="default", member=dan)
        assert "used 0 of 9" in await c.s.balance(dan)
        await c.mod("set", allowance="unlimited", reason="a feast")
        assert "there is no limit" in await c.s.balance(c.s.world.bob)
        await c.mod("set", allowance="default")
        assert "used 0 of 4" in await c.s.balance(c.s.world.bob)
        deeds = [deed for deed in await c.deeds() if deed.action == "quota set"]
        assert len(deeds) == 7
        assert dict(deeds[2].before) == {"allowance": "default"}
        assert dict(deeds[2].after) == {"allowance": "unlimited"}
        assert deeds[5].reason == "a feast"


async def test_a_channel_counts_apart(tmp_path: Path) -> None:
    async with court(tmp_path, daily_quota=4) as c:
        await c.s.result()
        await c.mod("set", allowance="2", channel=c.s.world.channel)
        balance = await c.s.balance()
        assert "used 0 of 2" in balance
        assert f"allowance of <#{c.s.world.channel.id}>" in balance
        await c.s.result()
        await c.s.result()
        assert "used all 2" in (await c.s.restyle()).refusal
        assert "used 1 of 4" in said(await c.s.world.alice.slash(c.office, "quota me"))


async def test_grants_go_to_a_member_or_to_whoever_has_a_role(tmp_path: Path) -> None:
    async with court(tmp_path, daily_quota=4) as c:
        alice, bob = c.s.world.alice, c.s.world.bob
        said = await c.mod("grant", amount=3, days=2, member=alice)
        assert f"<@{alice.id}> can make 3 pictures more, until " in said
        assert "used 0 of 7" in await c.s.balance()
        await c.mod("grant", amount=2)
        # Once, however often they look.
        for _ in range(2):
            assert "used 0 of 9" in await c.s.balance()
            assert "used 0 of 6" in await c.s.balance(bob)
        role = alice.guild.create_role("Gold")
        await c.mod("grant", amount=5, role=role)
        assert "used 0 of 6" in await c.s.balance(bob)
        dan = alice.guild.add_member(c.s.world.env.create_user("dan"), roles=[role])
        assert "used 0 of 11" in await c.s.balance(dan)


async def test_a_reset_counts_from_zero(tmp_path: Path) -> None:
    async with court(tmp_path, daily_quota=4) as c:
        alice, bob = c.s.world.alice, c.s.world.bob
        role = alice.guild.create_role("Gold")
        dan = alice.guild.add_member(c.s.world.env.create_user("dan"), roles=[role])
        for actor in (alice, bob, dan):
            await (await c.s.restyle(actor)).outcome()
        assert "1 given back" in await c.mod("reset", member=alice)
        assert "used 0 of 4" in await c.s.balance()
        assert "1 given back" in await c.mod("reset", role=role)
        assert "used 0 of 4" in await c.s.balance(dan)
        assert "used 1 of 4" in await c.s.balance(bob)
        assert "1 given back" in await c.mod("reset")
        assert "used 0 of 4" in await c.s.balance(bob)


async def test_more_members_than_can_be_looked_up_are_no_role(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By name: the package has a group of that name too, which hides the module.
    monkeypatch.setattr(import_module("bot.commands.mod.quota"), "MAX_LOOKED_UP", 0)
    async with court(tmp_path, daily_quota=4) as c:
        await c.s.result()
        role = c.s.world.alice.guild.create_role("Gold")
        assert "Too many members were busy today" in await c.mod("reset", role=role)
        assert "used 1 of 4" in await c.s.balance()


async def test_pool_waiting_time_and_queue_refuse_with_their_reasons(tmp_path: Path) -> None:
    async with court(tmp_path, daily_quota=4) as c:
        assert "1 pictures a day" in await c.mod("pool", amount="1")
        await c.s.result()
        assert "shares each day are used up" in (await c.s.restyle(c.s.world.bob)).refusal
        await c.mod("pool", amount="unlimited")
        await c.mod("queue", member=1)
        c.s.engine.gate.clear()
        first = await c.s.restyle()
        assert "enough jobs" in (await c.s.restyle()).refusal
        c.s.engine.gate.set()
        await first.outcome()
        assert "wait 2000d" in await c.mod("waiting", span="2000d")
        assert "New members of this server wait" in (await c.s.restyle(c.s.world.bob)).refusal
        assert "need not wait" in await c.mod("waiting", span="none")
        await (await c.s.restyle(c.s.world.bob)).outcome()
        counts = await c.s.app.database.refusals.counts(c.guild_id, c.s.world.welcome.created_at)
        assert counts == {"pool": 1, "in_flight": 1, "new_member": 1}


async def test_the_rules_can_be_read(tmp_path: Path) -> None:
    async with court(tmp_path, daily_quota=4) as c:
        await c.mod("set", allowance="2", channel=c.s.world.channel)
        await c.mod("prices", large=3, very_many_steps=7)
        await c.mod("pool", amount="50")
        await c.mod("queue", member=2, server=0)
        told = (await c.mod("rules")).splitlines()
        assert told == [
            "Everybody: 4 pictures a day.",
            f"- <#{c.s.world.channel.id}>: 2 pictures a day.",
            "All members together: 50 pictures a day.",
            "New members need not wait.",
            "At once: 2 of a member, 100 of all.",
            "A picture costs 1; large ×3, very large ×4; many steps ×2, very many ×7.",
        ]


async def test_nonsense_changes_nothing(tmp_path: Path) -> None:
    async with court(tmp_path) as c:
        member, channel = c.s.world.alice, c.s.world.channel
        assert "Name one" in await c.mod("set", allowance="1", member=member, channel=channel)
        assert "number" in await c.mod("set", allowance="-3")
        assert "time such as" in await c.mod("waiting", span="soon")
        assert [deed.action for deed in await c.deeds()] == ["setup"]


@pytest.mark.parametrize(
    ("text", "amount"),
    [("20", 20), (" Unlimited ", None), ("none", 0), ("default", DEFAULT), ("0", 0)],
)
def test_an_allowance_is_read(text: str, amount: int | None) -> None:
    assert read_allowance(text) == amount


@pytest.mark.parametrize("text", ["", "-1", "1.5", "1000001", "lots", "²", "１２x"])
def test_an_allowance_that_makes_no_sense_is_told(text: str) -> None:
    with pytest.raises(NotUnderstood):
        read_allowance(text)


async def files(c: Court) -> dict[str, bytes]:
    """What `/mod usage` attaches."""
    result = await c.carol.slash(c.s.world.channel, "mod usage", days=3)
    assert result.response is not None
    return {one.filename: await one.read() for one in result.response.message.attachments}


async def test_usage_is_a_picture_and_three_tables(tmp_path: Path) -> None:
    async with court(tmp_path, daily_quota=1) as c:
        await c.s.result()
        await c.s.restyle()
        found = await files(c)
        assert list(found) == [
            "usage.png",
            "usage-days.csv",
            "usage-members.csv",
            "usage-refusals.csv",
        ]
        with Image.open(io.BytesIO(found["usage.png"])) as image:
            assert image.size == (1200, 860)
        days = list(csv.DictReader(io.StringIO(found["usage-days.csv"].decode())))
        assert len(days) == 3
        today = days[-1]
        assert (today["jobs"], today["failed_or_cancelled"]) == ("1", "0")
        assert today["gpu_seconds"] == "0.500"
        assert found["usage-members.csv"].decode().split() == [
            "user_id,jobs,gpu_seconds",
            f"{c.s.world.alice.id},1,0.500",
        ]
        assert found["usage-refusals.csv"].decode().split() == ["reason,count", "quota,1"]
