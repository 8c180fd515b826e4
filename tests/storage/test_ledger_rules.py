"""Whatever happens to jobs in whatever order: no credit is overspent, lost or given back twice."""

import asyncio
import itertools
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from storage.database import Database
from storage.errors import QuotaExceeded, StorageError, TooManyInFlight
from storage.quota import QuotaDay
from storage.records import JobStatus, NewJob
from tests.storage.making import TODAY, TOMORROW, new_job, result

T = TypeVar("T")

LIMIT = 4
IN_FLIGHT = 3
MEMBERS = (1, 2)
DAYS = (TODAY, TOMORROW)
GIVEN_BACK = (JobStatus.FAILED, JobStatus.CANCELLED)
OVER = (JobStatus.DONE, *GIVEN_BACK)


@dataclass
class Expected:
    """What the model knows of one job."""

    id: str
    user_id: int
    day: QuotaDay
    cost: int
    status: JobStatus = JobStatus.QUEUED
    attempt: int = 0


class LedgerMachine(RuleBasedStateMachine):
    """Drives jobs of two members over two days, next to a model that simply counts."""

    jobs = Bundle("jobs")

    def __init__(self, runner: asyncio.Runner, database: Database, guild_id: int) -> None:
        super().__init__()
        self.runner = runner
        self.database = database
        self.guild_id = guild_id
        self.day = TODAY
        self.known: list[Expected] = []

    def wait(self, operation: Coroutine[Any, Any, T]) -> T:
        """Run one operation of the database."""
        return self.runner.run(operation)

    def spent(self, user_id: int, day: QuotaDay) -> int:
        """What the model says that a member has used."""
        return sum(
            job.cost
            for job in self.known
            if (job.user_id, job.day) == (user_id, day) and job.status not in GIVEN_BACK
        )

    @rule(target=jobs, user_id=st.sampled_from(MEMBERS), cost=st.integers(0, 3))
    def submit(self, user_id: int, cost: int) -> Any:
        """Hand a job in; it is taken exactly when both the limit and the credits reach."""
        waiting = sum(job.user_id == user_id and job.status not in OVER for job in self.known)
        spent = self.spent(user_id, self.day)
        refusal = self.try_submit(new := self.new_job(user_id, cost))
        if waiting >= IN_FLIGHT:
            assert isinstance(refusal, TooManyInFlight)
        elif spent + cost > LIMIT:
            assert isinstance(refusal, QuotaExceeded)
            assert (refusal.used, refusal.limit) == (spent, LIMIT)
        else:
            assert refusal is None
            self.known.append(Expected(new.id, user_id, self.day, cost))
            return self.known[-1]
        return multiple()

    def new_job(self, user_id: int, cost: int) -> NewJob:
        """A job in this example's guild."""
        return new_job(guild_id=self.guild_id, user_id=user_id, cost=cost)

    def try_submit(self, new: NewJob) -> StorageError | None:
        """Hand a job in and return why it was refused."""
        try:
            self.wait(
                self.database.jobs.submit(
                    new,
                    limit=LIMIT,
                    day=self.day,
                    max_in_flight_per_user=IN_FLIGHT,
                    max_in_flight_per_guild=100,
                )
            )
        except StorageError as error:
            return error
        return None

    @rule(job=jobs)
    def claim(self, job: Expected) -> None:
        """Only a job that waits can be claimed."""
        claimed = self.wait(self.database.jobs.claim(job.id))
        assert (claimed is not None) == (job.status is JobStatus.QUEUED)
        if claimed is not None:
            job.status = JobStatus.RUNNING
            job.attempt += 1
            assert claimed.attempt == job.attempt

    @rule(job=jobs, late=st.booleans(), ending=st.sampled_from((*OVER, JobStatus.QUEUED)))
    def end_attempt(self, job: Expected, late: bool, ending: JobStatus) -> None:
        """End the running attempt, or try to end the one before it."""
        attempt = job.attempt - late
        jobs = self.database.jobs
        changed = self.wait(
            {
                JobStatus.DONE: lambda: jobs.complete(job.id, attempt, result()),
                JobStatus.FAILED: lambda: jobs.fail(job.id, attempt, "nan", "Not finite."),
                JobStatus.CANCELLED: lambda: jobs.cancelled(job.id, attempt),
                JobStatus.QUEUED: lambda: jobs.retry(job.id, attempt),
            }[ending]()
        )
        assert changed == (job.status is JobStatus.RUNNING and not late)
        if changed:
            job.status = ending

    @rule(job=jobs)
    def cancel(self, job: Expected) -> None:
        """A job that waits is given back; any other stays what it is."""
        if job.status is JobStatus.QUEUED:
            job.status = JobStatus.CANCELLED
        assert self.wait(self.database.jobs.cancel(job.id)) is job.status

    @rule(job=consumes(jobs))
    def delete_result(self, job: Expected) -> None:
        """A deleted result stays charged."""
        if job.status is JobStatus.DONE:
            self.wait(self.database.jobs.delete_result(job.id))

    @rule()
    def restart(self) -> None:
        """The bot dies and comes back."""
        waiting = {job.id for job in self.wait(self.database.jobs.unfinished())}
        for job in self.known:
            if job.status is JobStatus.RUNNING:
                job.status = JobStatus.QUEUED
            assert (job.id in waiting) == (job.status is JobStatus.QUEUED)

    @rule()
    def midnight(self) -> None:
        """The day turns, or turns back; jobs in flight belong to the day that they began on."""
        self.day = DAYS[self.day is TODAY]

    @invariant()
    def members_see_what_the_model_counts(self) -> None:
        """The sum of the ledger is what is told, and never more than the limit."""
        for user_id, day in itertools.product(MEMBERS, DAYS):
            balance = self.wait(self.database.quota.balance(self.guild_id, user_id, day, LIMIT))
            assert balance.used == self.spent(user_id, day)
            assert balance.remaining == LIMIT - balance.used >= 0

    def teardown(self) -> None:
        """Every job that ended, and no other, has one delivery; a late look finds the same."""
        later = datetime.now(UTC) + timedelta(minutes=1)
        known = {job.id: job for job in self.known}
        told = [
            (delivery.job_id, delivery.kind)
            for delivery in self.wait(self.database.outbox.due(later, 100_000))
            if delivery.job_id in known
        ]
        assert len(told) == len(set(told))
        assert {job_id: known[job_id].status for job_id, _ in told} == dict(told)
        failed = {job.id for job in self.known if job.status in GIVEN_BACK}
        assert failed <= dict(told).keys()
        # Jobs of the next example must not meet these members' limits.
        for job in self.wait(self.database.jobs.unfinished()):
            self.wait(self.database.jobs.cancel(job.id))


def machine_on(runner: asyncio.Runner, database: Database) -> type[LedgerMachine]:
    """The machine on one database; each example plays in a guild of its own."""
    guild_ids = itertools.count(1)

    class MachineOnDatabase(LedgerMachine):
        def __init__(self) -> None:
            super().__init__(runner, database, next(guild_ids))

    return MachineOnDatabase


def test_no_order_of_events_breaks_the_ledger(url: str) -> None:
    """Tried with random orders of all that can happen to a job."""
    examples = settings(
        max_examples=12,
        stateful_step_count=25,
        deadline=None,
        database=None,
        # Shrinking would run a failure hundreds of times over, for longer than a test may take.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with asyncio.Runner() as runner:
        database = Database(url)
        try:
            run_state_machine_as_test(machine_on(runner, database), settings=examples)
        finally:
            runner.run(database.close())
