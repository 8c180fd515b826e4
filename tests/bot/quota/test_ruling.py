"""Which of the rules that a member meets is theirs."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.quota.ruling import allowance_by
from storage.quota import quota_day
from storage.quota_rules import UNLIMITED, Allowance, Rules
from storage.quota_tables import AllowanceScope
from tests.bot.quota.test_members import court

OPERATORS = 20
CHANNEL = 7
DAY = quota_day(datetime(2024, 5, 1, tzinfo=UTC), "UTC")


def role(credits_: int | None, role_id: int = 1) -> Allowance:
    return Allowance(scope=AllowanceScope.ROLE, target_id=role_id, credits=credits_)


def own(credits_: int | None) -> Allowance:
    return Allowance(scope=AllowanceScope.MEMBER, target_id=5, credits=credits_)


def channels(credits_: int | None) -> Allowance:
    return Allowance(scope=AllowanceScope.CHANNEL, target_id=CHANNEL, credits=credits_)


@pytest.mark.parametrize(
    ("allowances", "guilds", "wanted"),
    [
        pytest.param([], None, (OPERATORS, None), id="the operator's default"),
        pytest.param([], 9, (9, None), id="the guild's default over the operator's"),
        pytest.param([], 0, (0, None), id="a guild's default of none"),
        pytest.param([], UNLIMITED, (None, None), id="a guild's default without limit"),
        pytest.param([role(4), role(6, 2), role(5, 3)], 9, (6, None), id="the best role"),
        pytest.param([role(0)], 9, (0, None), id="a role that means none"),
        pytest.param([role(0), role(3, 2)], 9, (3, None), id="none, and a better role"),
        pytest.param([role(4), role(None, 2)], 9, (None, None), id="a role without limit"),
        pytest.param([channels(2), role(6)], 9, (2, CHANNEL), id="the channel over roles"),
        pytest.param([channels(2)], UNLIMITED, (2, CHANNEL), id="the channel over the guild"),
        pytest.param([channels(None)], 9, (None, CHANNEL), id="a channel without limit"),
        pytest.param([channels(2), role(None)], 9, (None, None), id="no limit over the channel"),
        pytest.param([role(None), channels(8), own(1)], 9, (1, None), id="their own over all"),
        pytest.param([own(None), channels(2), role(0)], 9, (None, None), id="their own, no limit"),
        pytest.param([role(6), own(0)], UNLIMITED, (0, None), id="their own, none"),
    ],
)
def test_of_all_rules_one_gives_the_allowance(
    allowances: list[Allowance], guilds: int | None, wanted: tuple[int | None, int | None]
) -> None:
    """However the database has sorted them."""
    for order in (allowances, allowances[::-1]):
        rules = Rules(day=DAY, daily_quota=guilds, allowances=tuple(order))
        assert allowance_by(rules, OPERATORS) == wanted


async def test_the_best_of_a_members_roles_is_what_they_may_spend(tmp_path: Path) -> None:
    async with court(tmp_path, daily_quota=4) as c:
        guild, s = c.s.world.alice.guild, c.s
        patron, artist, muted = (guild.create_role(it) for it in ("Patron", "Artist", "Muted"))
        for one, allowance in ((patron, "6"), (artist, "9"), (muted, "none")):
            await c.mod("set", allowance=allowance, role=one)
        made = {
            name: guild.add_member(s.world.env.create_user(name), roles=roles)
            for name, roles in (
                ("dora", [patron, artist, muted]),
                ("eve", [muted]),
                ("fay", [muted, patron]),
            )
        }
        assert "used 0 of 9" in await s.balance(made["dora"])
        assert "used 0 of 6" in await s.balance(made["fay"])
        assert "used 0 of 4" in await s.balance(s.world.bob)
        assert "give you no pictures" in (await s.restyle(made["eve"])).refusal
        await (await s.restyle(made["dora"])).outcome()
        assert "used 1 of 9" in await s.balance(made["dora"])
        await c.mod("set", allowance="unlimited", role=patron)
        assert "there is no limit" in await s.balance(made["fay"])
        await c.mod("set", allowance="2", member=made["fay"])
        assert "used 0 of 2" in await s.balance(made["fay"])
