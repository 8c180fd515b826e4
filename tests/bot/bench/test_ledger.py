"""The benchmark of the ledger runs to its end on both databases; its speed is no test's matter."""

import pytest

from bot.bench.ledger import measure_ledger


@pytest.mark.postgres
async def test_a_small_ledger_gives_every_figure() -> None:
    told = await measure_ledger(rows=2000, moves=40, at_once=4, postgres_url=None)
    for name in ("sqlite", "postgres"):
        for figure in (
            "reserve_commit_per_s",
            "reserve_commit_one_by_one_per_s",
            "whole_jobs_per_s",
            "balance_p99_ms",
        ):
            assert told["figures"][f"{name}_{figure}"] > 0
    assert set(told["bars"]) == {
        f"{name}_{figure}"
        for name in ("sqlite", "postgres")
        for figure in ("reserve_commit_per_s", "balance_p99_ms")
    }
    assert told["ok"] is all(bar["ok"] for bar in told["bars"].values())
