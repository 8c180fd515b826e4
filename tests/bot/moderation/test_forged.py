"""Custom_ids that nobody was given, tried on every kind of button that the bot registers."""

import re
from collections.abc import MutableMapping, Sequence
from pathlib import Path
from typing import Any

import discord
import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.buttons.base import JOB_ID, JobButton
from bot.buttons.gallery import PickMenu
from bot.buttons.wishing import PRICE
from storage.connection import make_engine, parse_url
from storage.tables import Base
from tests.bot.forging import forge_press
from tests.bot.stage import Stage, stage

CUSTOM_ID_CHARS = 100
MODERATOR = discord.Permissions(moderate_members=True, manage_messages=True)

NINES = "9" * 19
# Custom_ids of the buttons that are about no job: of another, of nobody, out of range, and junk.
OTHERS = {
    "CaseButton": [
        "m:case:remove:99",
        f"m:case:allow:{NINES}",
        "m:case:block:-1",
        "m:case:" + "x" * 93,
    ],
    "OlderButton": ["m:log:99:-:-:", f"m:log:{NINES}:{NINES}:-:block", "m:log:-1:-:-:", "m:log:"],
    "SetupMenu": ["m:setup:quota", "m:setup:reports", "m:setup:nothing", "m:setup:-1"],
    "ApproveButton": [
        "q:approve:99",
        f"q:approve:{NINES}",
        "q:approve:-1",
        "q:approve:" + "x" * 90,
    ],
    "ApproveLessButton": ["q:less:99", f"q:less:{NINES}", "q:less:-1", "q:less:" + "x" * 90],
    "DenyButton": ["q:deny:99", f"q:deny:{NINES}", "q:deny:-1", "q:deny:" + "x" * 90],
    "VoteButton": ["q:vote:99", f"q:vote:{NINES}", "q:vote:-1", "q:vote:" + "x" * 90],
    "HistoryButton": ["history:99999", "history:-1", "history:" + "9" * 91],
    "ForgetButton": ["forget:{alice}", f"forget:{NINES}", "forget:-1", "forget:" + "x" * 92],
}

# What may change by being refused: the count of refusals, and what is only a cache.
COUNTED = {"refusals", "stored_values"}


async def everything(s: Stage) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables."""
    engine = make_engine(
        parse_url(s.app.settings.resolved_database_url), lock_timeout_s=5.0, pooled=False
    )
    try:
        async with engine.connect() as connection:
            return {
                name: [tuple(row) for row in await connection.execute(select(table))]
                for name, table in Base.metadata.tables.items()
                if name not in COUNTED
            }
    finally:
        await engine.dispose()


def kinds(s: Stage) -> dict[str, type[discord.ui.DynamicItem[Any]]]:
    """Every kind of button, by its template; read where discord.py keeps them."""
    store = s.world.env.bot._connection._view_store
    return {pattern.pattern: item for pattern, item in store._dynamic_items.items()}


def of_job(template: str, job_id: str) -> str:
    """The custom_id of a button on a job, by its template; other parts get their first value."""
    named = template.replace(JOB_ID, job_id).replace(PRICE, "")
    return re.sub(r"\(\?P<\w+>\[?(\w+)[^)]*\)", lambda part: part[1], named)


async def test_every_kind_of_button_is_known(tmp_path: Path) -> None:
    """A button that is no JobButton needs its own lines in ``OTHERS``."""
    async with stage(tmp_path) as s:
        others = {
            item.__name__
            for item in kinds(s).values()
            if not issubclass(item, JobButton | PickMenu)
        }
        assert others == set(OTHERS)


def refused_in(lines: Sequence[MutableMapping[str, Any]], sentence: str) -> bool:
    """Whether the log holds what was told, or that the press failed, and whose it was."""
    told = [line for line in lines if line["event"] in ("told a member", "interaction failed")]
    return [(one.get("sentence", sentence), "user" in one) for one in told] == [(sentence, True)]


# What stands behind the prefix of each kind of button; {job} is a job of another guild.
NAMED = {
    "another guild's": "{job}",
    "unknown": "0" * 22,
    "negative": "-1",
    "junk": "x" * CUSTOM_ID_CHARS,
    "another guild's at a price": "{job}:999999",
    "a price out of range": "{job}:9999999",
    "a negative price": "{job}:-1",
}
STRANGERS = {"another guild's", "unknown", "another guild's at a price"}


@pytest.mark.parametrize("named", NAMED)
async def test_forged_buttons_on_jobs_change_nothing(tmp_path: Path, named: str) -> None:
    """Pressed by a moderator of another guild, who may do much at home."""
    async with stage(tmp_path) as s:
        job_id = s.job_of(await s.result())
        env = s.world.env
        elsewhere = env.create_guild("Elsewhere")
        channel = elsewhere.create_text_channel("general")
        role = elsewhere.create_role("Moderator", permissions=MODERATOR)
        mallory = elsewhere.add_member(env.create_user("mallory"), roles=[role])
        bait = await mallory.send(channel, "a message without buttons")
        before = await everything(s)
        tried: set[str] = set()
        for template, item in kinds(s).items():
            if not issubclass(item, JobButton | PickMenu):
                continue
            if "price" in named and PRICE not in template:
                continue
            forged = NAMED[named].format(job=job_id)
            custom_id = of_job(template, forged)[:CUSTOM_ID_CHARS]
            picked = job_id if item is PickMenu else None
            with capture_logs() as lines:
                asked = await forge_press(s, mallory, bait, custom_id, picked)
            told = "no longer know" if named in STRANGERS else "do not know"
            assert told in asked.refusal, item
            assert refused_in(lines, asked.refusal), item
            tried.add(custom_id)
        assert len(tried) >= (6 if "price" in named else 12)
        assert named != "junk" or {len(one) for one in tried} == {CUSTOM_ID_CHARS}
        assert await everything(s) == before
        assert len(s.engine.attempts) == 1


@pytest.mark.parametrize("custom_id", [one for ids in OTHERS.values() for one in ids])
async def test_other_forged_buttons_change_nothing(tmp_path: Path, custom_id: str) -> None:
    """Pressed by a member who has nothing to do with what they name."""
    async with stage(tmp_path) as s:
        await s.result()
        bait = await s.world.bob.send(s.world.channel, "a message without buttons")
        custom_id = custom_id.format(alice=s.world.alice.id)
        before = await everything(s)
        picked = "500" if custom_id.startswith("m:setup") else None
        with capture_logs() as lines:
            asked = await forge_press(s, s.world.bob, bait, custom_id, picked)
        assert refused_in(lines, asked.refusal)
        if custom_id.startswith(("m:", "forget")) and any(
            item.__discord_ui_compiled_template__.fullmatch(custom_id) for item in kinds(s).values()
        ):
            assert "for moderators" in asked.refusal or "Only the person" in asked.refusal
        assert await everything(s) == before
