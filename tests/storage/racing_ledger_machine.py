"""The machine that plays with the ledger, and two connections that want the same credits."""

import asyncio
import itertools
from collections.abc import Iterator
from datetime import date
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import multiple, rule

from storage.database import Database
from storage.errors import StorageError
from storage.records import NewJob
from tests.storage.ledger_machine import (
    IN_FLIGHT,
    MEMBERS,
    POOL,
    Expected,
    LedgerMachine,
    Taken,
    taken_for,
)
from tests.storage.making import new_job


class RacingLedgerMachine(LedgerMachine):
    """What no single connection can do wrong."""

    @rule(
        target=LedgerMachine.jobs,
        wishes=st.lists(
            st.tuples(st.sampled_from(MEMBERS), st.integers(1, 2)), min_size=2, max_size=5
        ),
    )
    def submit_at_once(self, wishes: list[tuple[int, int]]) -> Any:
        """Many hand in together, by two connections; nothing is given back meanwhile.

        So whoever was refused at some moment would be refused afterwards, too.
        """
        new = [new_job(guild_id=self.guild_id, user_id=who, cost=cost) for who, cost in wishes]
        refusals = self.wait(self.all_at_once(new))
        taken_in = []
        for job, refusal in zip(new, refusals, strict=True):
            if refusal is None:
                taken = self.wait(taken_for(self.rows, job.id))
                assert sum(taken.values()) == job.cost
                for expires_on, part in taken.items():
                    self.put((job.user_id, self.day.date, self.channel), expires_on, -part)
                expected = (job.id, job.user_id, self.day, self.channel, job.cost, taken)
                taken_in.append(Expected(*expected))
        self.known += taken_in
        for job, refusal in zip(new, refusals, strict=True):
            waiting = self.waiting(job.user_id)
            assert waiting <= IN_FLIGHT
            assert refusal is None or (
                waiting == IN_FLIGHT
                or self.pool_used() + job.cost > POOL
                or sum(self.left(job.user_id).values()) < job.cost
            )
        return multiple(*taken_in)

    @rule(
        target=LedgerMachine.jobs,
        giver=st.sampled_from(MEMBERS),
        cost=st.integers(1, 3),
        amount=st.integers(1, 3),
    )
    def submit_and_give_at_once(self, giver: int, cost: int, amount: int) -> Any:
        """One connection takes a member's credits for a job while another gives them away."""
        [receiver] = set(MEMBERS) - {giver}
        new = new_job(guild_id=self.guild_id, user_id=giver, cost=cost)
        refusals = self.wait(self.both_at_once(new, amount, receiver))
        taken: Taken = {} if refusals[0] else self.wait(taken_for(self.rows, new.id))
        whose = (giver, self.day.date, self.channel)
        parts: Taken = {}
        # Whoever came first took from the beginning of the line.
        job_came_first = taken == dict(_head(self.left(giver), cost))
        if refusals[1] is None and not job_came_first:
            parts = self.take(giver, amount, self.to_give(giver))
        for expires_on, part in taken.items():
            self.put(whose, expires_on, -part)
        if refusals[1] is None and job_came_first:
            parts = self.take(giver, amount, self.to_give(giver))
        assert sum(parts.values()) == (0 if refusals[1] else amount)
        for expires_on, part in parts.items():
            self.bonus[receiver, expires_on or self.day.date] += part
        if refusals[1] is not None:
            assert sum(self.to_give(giver).values()) < amount
        if refusals[0] is not None:
            full = self.waiting(giver) >= IN_FLIGHT or self.pool_used() + cost > POOL
            assert full or sum(self.left(giver).values()) < cost
            return multiple()
        assert sum(taken.values()) == cost
        self.known.append(Expected(new.id, giver, self.day, self.channel, cost, taken))
        return self.known[-1]

    async def both_at_once(
        self, new: NewJob, amount: int, receiver: int
    ) -> list[StorageError | None]:
        """What the job, and what the gift was refused for."""
        gift = self.rival.quota.give(
            self.guild_id, new.user_id, self.terms(), amount=amount, receiver_id=receiver
        )
        found = await asyncio.gather(
            self.database.jobs.submit(new, self.terms()), gift, return_exceptions=True
        )
        refusals: list[StorageError | None] = []
        for one in found:
            if isinstance(one, BaseException) and not isinstance(one, StorageError):
                raise one
            refusals.append(one if isinstance(one, StorageError) else None)
        return refusals

    async def all_at_once(self, new: list[NewJob]) -> list[StorageError | None]:
        """Hand jobs in by both connections; what each was refused for."""

        async def refusal(database: Database, job: NewJob) -> StorageError | None:
            try:
                await database.jobs.submit(job, self.terms())
            except StorageError as error:
                return error
            return None

        databases = itertools.cycle((self.database, self.rival))
        return await asyncio.gather(*map(refusal, databases, new))


def _head(pots: Taken, amount: int) -> Iterator[tuple[date | None, int]]:
    """What lies first in a line of pots."""
    for expires_on, left in pots.items():
        part = min(left, amount)
        if part > 0:
            yield expires_on, part
        amount -= part
