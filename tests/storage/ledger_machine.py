"""The machine that plays with the ledger: all that members, moderators and crashes can do to it."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.audit import Deed
from storage.cases import NewCase
from storage.database import Database
from storage.errors import PoolExhausted, QuotaExceeded, StorageError, TooManyInFlight
from storage.moderation_tables import CaseKind, Decision
from storage.quota import QuotaDay, Terms
from storage.records import JobStatus
from storage.tables import LedgerKind, LedgerRow
from tests.storage.making import new_job, result, terms

T = TypeVar("T")

Taken = dict[date | None, int]
# A member's allowance of a day; the last is the channel that has one of its own.
Allowance = tuple[int, date, int | None]

LIMIT = 4
POOL = 9
IN_FLIGHT = 3
UNLIMITED = 1_000_000
MEMBERS = (1, 2)
# None is every channel without an allowance of its own.
CHANNELS = (None, 77)
DAYS = tuple(
    QuotaDay(date=date(2025, 6, n), ends_at=datetime(2025, 6, n + 1, tzinfo=UTC)) for n in (1, 2, 3)
)
GIVEN_BACK = (JobStatus.FAILED, JobStatus.CANCELLED)
OVER = (JobStatus.DONE, *GIVEN_BACK)


@dataclass
class Expected:
    """What the model knows of one job."""

    id: str
    user_id: int
    day: QuotaDay
    channel: int | None
    cost: int
    taken: Taken
    forgiven: bool = False
    given_back: bool = False
    status: JobStatus = JobStatus.QUEUED
    attempt: int = 0


class LedgerMachine(RuleBasedStateMachine):
    """Drives jobs, grants and gifts of two members in two places over three days, next to a model.

    The model keeps each pot as a number and knows nothing of rows or sums: ``allowance`` is what
    went out of a member's allowance of a day, in the channel that has one of its own or in all
    others; ``bonus`` is what is left of a member's bonus credits by the day on which they expire.
    """

    jobs = Bundle("jobs")

    def __init__(
        self,
        runner: asyncio.Runner,
        database: Database,
        rival: Database,
        rows: AsyncEngine,
        guild_id: int,
    ) -> None:
        super().__init__()
        self.runner = runner
        self.database = database
        self.rival = rival
        self.rows = rows
        self.guild_id = guild_id
        self.day = DAYS[0]
        self.limit: int | None = LIMIT
        self.channel: int | None = None
        self.known: list[Expected] = []
        self.reporters = itertools.count(100)
        self.allowance: Counter[Allowance] = Counter()
        self.bonus: Counter[tuple[int, date]] = Counter()

    def wait(self, operation: Coroutine[Any, Any, T]) -> T:
        """Run one operation of the database."""
        return self.runner.run(operation)

    def terms(self) -> Terms:
        """The rules as they stand now."""
        return terms(
            self.limit,
            day=self.day,
            max_in_flight_per_user=IN_FLIGHT,
            pool=POOL,
            channel_id=self.channel,
        )

    def left(self, user_id: int) -> Taken:
        """What is in each of a member's pots, in the order of spending; None is the allowance."""
        used = self.allowance[user_id, self.day.date, self.channel]
        today = UNLIMITED if self.limit is None else max(0, self.limit - used)
        expiries = sorted(last for member, last in self.bonus if member == user_id)
        pots: Taken = {None: today}
        return pots | {
            last: self.bonus[user_id, last] for last in expiries if last >= self.day.date
        }

    def take(self, user_id: int, amount: int, pots: Taken) -> Taken:
        """Take from the pots in their order."""
        taken: Taken = {}
        for expires_on, left in pots.items():
            part = min(left, amount - sum(taken.values()))
            if part > 0:
                taken[expires_on] = part
        for expires_on, part in taken.items():
            self.put((user_id, self.day.date, self.channel), expires_on, -part)
        return taken

    def put(self, whose: Allowance, expires_on: date | None, amount: int) -> None:
        """Put credits into a pot."""
        if expires_on is None:
            self.allowance[whose] -= amount
        else:
            self.bonus[whose[0], expires_on] += amount

    def pool_used(self) -> int:
        """What all members have spent of the day's pool."""
        today = [job for job in self.known if job.day is self.day]
        return sum(job.cost for job in today if job.status not in GIVEN_BACK)

    @rule(target=jobs, user_id=st.sampled_from(MEMBERS), cost=st.integers(0, 3))
    def submit(self, user_id: int, cost: int) -> Any:
        """Hand a job in; it is taken exactly when limits, pool and credits all reach."""
        waiting = self.waiting(user_id)
        pots = self.left(user_id)
        new = new_job(guild_id=self.guild_id, user_id=user_id, cost=cost)
        try:
            self.wait(self.database.jobs.submit(new, self.terms()))
        except StorageError as error:
            refusal: StorageError | None = error
        else:
            refusal = None
        if waiting >= IN_FLIGHT:
            assert isinstance(refusal, TooManyInFlight)
        elif self.pool_used() + cost > POOL:
            assert isinstance(refusal, PoolExhausted)
        elif sum(pots.values()) < cost:
            assert isinstance(refusal, QuotaExceeded)
        else:
            assert refusal is None
            taken = self.take(user_id, cost, pots)
            self.known.append(Expected(new.id, user_id, self.day, self.channel, cost, taken))
            return self.known[-1]
        return multiple()

    def to_give(self, giver: int) -> Taken:
        """What a member may give away: of an allowance without limit, nothing."""
        return self.left(giver) | ({None: 0} if self.limit is None else {})

    def waiting(self, user_id: int) -> int:
        """A member's jobs that are not over."""
        return sum(job.user_id == user_id and job.status not in OVER for job in self.known)

    def refund(self, job: Expected) -> None:
        """A job's credits go back to the pots that they came from."""
        for expires_on, part in job.taken.items():
            self.put((job.user_id, job.day.date, job.channel), expires_on, part)

    @rule(user_id=st.sampled_from(MEMBERS), amount=st.integers(1, 3), days=st.integers(0, 2))
    def grant(self, user_id: int, amount: int, days: int) -> None:
        """A moderator is kind."""
        expires_on = self.day.date + timedelta(days=days)
        deed = Deed(guild_id=self.guild_id, actor_id=3, action="quota grant")
        self.wait(
            self.database.quota.grant(deed, user_id, self.day, amount=amount, expires_on=expires_on)
        )
        self.bonus[user_id, expires_on] += amount

    @rule(giver=st.sampled_from(MEMBERS), amount=st.integers(1, 4))
    def give(self, giver: int, amount: int) -> None:
        """A gift is taken as a job's price is, and lives on with the other member."""
        [receiver] = set(MEMBERS) - {giver}
        pots = self.to_give(giver)
        gift = self.database.quota.give(
            self.guild_id, giver, self.terms(), amount=amount, receiver_id=receiver
        )
        try:
            self.wait(gift)
        except QuotaExceeded:
            assert sum(pots.values()) < amount
            return
        for expires_on, part in self.take(giver, amount, pots).items():
            self.bonus[receiver, expires_on or self.day.date] += part

    @rule(whose=st.sampled_from((None, *MEMBERS)))
    def reset(self, whose: int | None) -> None:
        """Settled jobs of the day are taken off the count; what else moved stays."""
        deed = Deed(guild_id=self.guild_id, actor_id=3, action="quota reset")
        users = None if whose is None else [whose]
        self.wait(self.database.quota.reset(deed, self.day, user_ids=users))
        for job in self.known:
            counts = job.status is JobStatus.DONE and not job.forgiven and not job.given_back
            if counts and job.day is self.day and whose in (None, job.user_id):
                job.forgiven = True
                whose_pot = (job.user_id, job.day.date, job.channel)
                self.put(whose_pot, None, job.taken.get(None, 0))

    @rule(job=jobs)
    def make(self, job: Expected) -> None:
        """What mostly happens to a job that waits."""
        if job.status is JobStatus.QUEUED:
            self.claim(job)
            self.end_attempt(job, late=False, ending=JobStatus.DONE)

    @rule(job=jobs)
    def refund_by_a_moderator(self, job: Expected) -> None:
        """What is charged for good goes back once; an allowance that was reset has its part."""
        new = NewCase(
            guild_id=self.guild_id,
            kind=CaseKind.REPORT,
            member_id=job.user_id,
            locale="en-US",
            channel_id=1,
            job_id=job.id,
            reporter_id=next(self.reporters),
        )
        case = self.wait(self.database.cases.open(new))
        assert case is not None
        deed = Deed(guild_id=self.guild_id, actor_id=3, action="report refund")
        settled = self.wait(self.database.cases.settle(deed, case.id, Decision.REFUND))
        assert settled is not None
        parts = dict(job.taken)
        if job.forgiven:
            parts.pop(None, None)
        if job.status is not JobStatus.DONE or job.given_back:
            parts = {}
        if any(parts.values()):
            assert settled.moved
        for expires_on, part in parts.items():
            self.put((job.user_id, job.day.date, job.channel), expires_on, part)
        if job.status is JobStatus.DONE:
            job.given_back = True

    @rule(limit=st.sampled_from((0, LIMIT, LIMIT + 2, None)))
    def change_the_rule(self, limit: int | None) -> None:
        """A moderator changes the limit while jobs are in flight."""
        self.limit = limit

    @rule(channel=st.sampled_from(CHANNELS))
    def go_elsewhere(self, channel: int | None) -> None:
        """The members move on to a channel with an allowance of its own, or back."""
        self.channel = channel

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
            if ending in GIVEN_BACK:
                self.refund(job)

    @rule(job=jobs)
    def cancel(self, job: Expected) -> None:
        """A job that waits is given back; any other stays what it is."""
        if job.status is JobStatus.QUEUED:
            job.status = JobStatus.CANCELLED
            self.refund(job)
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

    @rule(day=st.sampled_from(DAYS))
    def midnight(self, day: QuotaDay) -> None:
        """The day turns, or turns back; jobs in flight belong to the day that they began on."""
        self.day = day

    @invariant()
    def members_see_what_the_model_counts(self) -> None:
        """The sum of the ledger is what is told, and no pot is ever overdrawn."""
        assert self.pool_used() <= POOL
        here = self.channel
        for user_id, self.channel in itertools.product(MEMBERS, CHANNELS):
            pots = self.left(user_id)
            assert min(pots.values()) >= 0
            account = self.wait(self.database.quota.account(self.guild_id, user_id, self.terms()))
            balance = account.balance
            told = {bonus.expires_on: bonus.credits for bonus in account.bonuses}
            assert told == {last: left for last, left in pots.items() if last and left}
            if self.limit is None:
                assert balance.remaining is balance.limit is None
            else:
                assert balance.remaining == sum(pots.values())
        self.channel = here

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


async def taken_for(rows: AsyncEngine, job_id: str) -> Taken:
    """What a job's price was taken from, as the ledger has it."""
    row = LedgerRow
    reserved = select(row.expires_on, -row.amount).where(
        row.job_id == job_id, row.kind == LedgerKind.RESERVE, row.amount < 0
    )
    async with rows.connect() as connection:
        return dict((await connection.execute(reserved)).all())
