"""Whatever happens in whatever order: no credit is overspent, lost or given back twice."""

import asyncio
import itertools

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.connection import make_engine, parse_url
from storage.database import Database
from tests.storage.racing_ledger_machine import RacingLedgerMachine

EXAMPLES = 8


def machine_on(
    runner: asyncio.Runner, database: Database, rival: Database, rows: AsyncEngine
) -> type[RacingLedgerMachine]:
    """The machine on one database by two connections; each example plays in its own guild."""
    guild_ids = itertools.count(1)

    class MachineOnDatabase(RacingLedgerMachine):
        def __init__(self) -> None:
            super().__init__(runner, database, rival, rows, next(guild_ids))

    return MachineOnDatabase


def test_no_order_of_events_breaks_the_ledger(url: str) -> None:
    """Tried with random orders of all that can happen to a job."""
    examples = settings(
        # Hypothesis's first is the simplest, which does nothing; so this is one at random. More in
        # one run would be held against each other, and what is raced does not end alike twice.
        max_examples=2,
        stateful_step_count=40,
        deadline=None,
        database=None,
        # Shrinking would run a failure hundreds of times over, for longer than a test may take.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with asyncio.Runner() as runner:
        database, rival = Database(url), Database(url)
        rows = make_engine(parse_url(url), lock_timeout_s=10.0)
        try:
            machine = machine_on(runner, database, rival, rows)
            for _ in range(EXAMPLES):
                run_state_machine_as_test(machine, settings=examples)
        finally:
            runner.run(rows.dispose())
            runner.run(database.close())
            runner.run(rival.close())
