"""The job queue: fair order, heads, removal, positions."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.queue import FairQueue, JobQueue, QueuedJob

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def job(name: str, second: int = 0, *, priority: int = 0) -> QueuedJob:
    """A job named like "A1": member A's first."""
    return QueuedJob(
        job_id=name,
        user_id=ord(name[0]),
        created_at=NOON + timedelta(seconds=second),
        priority=priority,
    )


def drained(queue: FairQueue) -> list[str]:
    return [queue.pop().job_id for _ in range(len(queue))]


def filled(names: str) -> FairQueue:
    queue = FairQueue()
    for second, name in enumerate(names.split()):
        queue.put(job(name, second))
    return queue


def test_members_take_turns() -> None:
    assert drained(filled("A1 A2 B1 C1 C2 A3")) == ["A1", "B1", "C1", "A2", "C2", "A3"]


def test_a_newcomer_goes_before_members_who_were_served() -> None:
    queue = filled("A1 A2 A3")
    queue.pop()
    queue.put(job("Z1", 99))
    assert drained(queue) == ["Z1", "A2", "A3"]


def test_a_long_session_remembers_who_was_served() -> None:
    queue = filled("A1 B1")
    queue.seed_served({ord("A"): NOON, ord("B"): NOON - timedelta(hours=1)})
    assert drained(queue) == ["B1", "A1"]


def test_a_retried_job_goes_first() -> None:
    queue = filled("A1 B1")
    first = queue.pop()
    queue.put(QueuedJob(job_id="A1", user_id=first.user_id, created_at=NOON, retried=True))
    assert drained(queue) == ["A1", "B1"]


def test_priority_goes_before_fairness() -> None:
    queue = filled("A1 B1")
    queue.put(job("C1", 9, priority=1))
    assert drained(queue) == ["C1", "A1", "B1"]


def test_an_empty_queue_says_so() -> None:
    with pytest.raises(IndexError, match="empty"):
        FairQueue().pop()


JOBS = st.lists(
    st.builds(
        QueuedJob,
        job_id=st.uuids().map(str),
        user_id=st.integers(1, 5),
        created_at=st.integers(0, 50).map(lambda s: NOON + timedelta(seconds=s)),
        priority=st.integers(0, 2),
        retried=st.booleans(),
    ),
    unique_by=lambda queued: queued.job_id,
    max_size=30,
)


@given(JOBS)
def test_the_order_told_is_the_order_kept(jobs: list[QueuedJob]) -> None:
    queue = FairQueue()
    for queued in jobs:
        queue.put(queued)
    told = [queued.job_id for queued in queue.order()]
    assert sorted(told) == sorted(queued.job_id for queued in jobs)
    assert drained(queue) == told


@given(JOBS, st.data())
def test_removing_takes_off_exactly_one(jobs: list[QueuedJob], data: st.DataObject) -> None:
    queue = FairQueue()
    for queued in jobs:
        queue.put(queued)
    assert not queue.remove("unknown")
    if jobs:
        gone = data.draw(st.sampled_from(jobs)).job_id
        assert queue.remove(gone)
        assert sorted(drained(queue)) == sorted(q.job_id for q in jobs if q.job_id != gone)


@given(JOBS)
def test_nobody_is_served_twice_while_an_equal_waits_unserved(jobs: list[QueuedJob]) -> None:
    queue = FairQueue()
    for queued in jobs:
        queue.put(QueuedJob(**{f: getattr(queued, f) for f in ("job_id", "user_id", "created_at")}))
    served: list[int] = []
    while len(queue):
        waiting = {queued.user_id for queued in queue.order()}
        user_id = queue.pop().user_id
        assert user_id not in served or waiting <= set(served)
        served.append(user_id)


async def test_the_asyncio_queue_wakes_its_reader_and_tells_places() -> None:
    queue = JobQueue()
    reader = asyncio.create_task(queue.get())
    queue.put_nowait(job("A1"))
    assert (await reader).job_id == "A1"
    for second, name in enumerate(("A2", "A3", "B1")):
        queue.put_nowait(job(name, second))
    queue.put_head(job("C1"))
    assert [queue.position(name) for name in ("C1", "B1", "A2", "A3", "gone")] == [1, 2, 3, 4, None]
    assert queue.remove("C1")
    assert queue.qsize() == 3
