"""One job's trace across bot and engine, received as a collector receives it."""

import asyncio
import hashlib
import itertools
import os
import signal
from pathlib import Path

import pytest

from bot.monitoring.tracing import NoTraces
from engine.client import EngineOptions, LocalEngine
from tests.bot.monitoring.collector import Span, collector
from tests.bot.stage import stage


@pytest.mark.engine
async def test_one_trace_holds_what_both_processes_did(tmp_path: Path) -> None:
    with collector() as taking:
        engine = LocalEngine(EngineOptions(device="cpu", traces_endpoint=taking.url))
        async with stage(tmp_path, engine=engine, traces_endpoint=taking.url) as on:
            asked = await on.restyle(prompt="a secret", strength="1.0")
            await asked.progress()
            assert engine.pid is not None
            os.kill(engine.pid, signal.SIGKILL)
            message = await asked.outcome()
            job_id = on.job_of(message)
        # Both processes have ended, and each has sent what it had.
    [root] = taking.named("job")
    assert root.trace_id == hashlib.sha256(job_id.encode()).hexdigest()[:32]
    assert {span.trace_id for span in taking.spans} == {root.trace_id}
    assert (root.parent_id, root.attributes["restyle.job"]) == ("", job_id)
    assert (root.attributes["restyle.status"], root.attributes["restyle.attempts"]) == ("done", 2)
    attempts = taking.named("attempt")
    assert [span.attributes["restyle.attempt"] for span in attempts] == [1, 2]
    [wait], [deliver] = taking.named("wait"), taking.named("deliver")
    assert {span.parent_id for span in (*attempts, wait, deliver)} == {root.span_id}
    # The engine that was killed took its spans with it; the next one tells of the second attempt.
    [run] = taking.named("engine attempt")
    assert (run.service, root.service) == ("restyle-engine", "restyle-bot")
    assert run.parent_id == attempts[1].span_id
    assert run.attributes["restyle.attempt"] == f"{job_id}.2"
    assert run.attributes["restyle.outcome"] == "done"
    assert run.attributes["restyle.steps"] == 12
    parts = [span for name in ("open", "denoise", "finish") for span in taking.named(name)]
    assert [span.parent_id for span in parts] == [run.span_id] * 3
    _in_turn(parts)
    _in_turn([wait, *attempts, deliver])
    assert run.ended_ns - run.began_ns <= attempts[1].ended_ns - attempts[1].began_ns
    assert "secret" not in repr(taking.spans)


def _in_turn(spans: list[Span]) -> None:
    for before, after in itertools.pairwise(spans):
        assert before.began_ns <= before.ended_ns <= after.began_ns


async def test_what_failed_is_marked_so(tmp_path: Path) -> None:
    with collector() as taking:
        async with stage(tmp_path, traces_endpoint=taking.url) as on:
            on.fail_next(code="nan", message="It dissolved.", retryable=False)
            await (await on.restyle()).outcome()
    [root] = taking.named("job")
    assert (root.failed, root.attributes["restyle.status"]) == ("nan", "failed")


async def test_without_an_address_nothing_is_made_or_sent(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        assert isinstance(on.app.traces, NoTraces)
        await on.result()


async def test_a_collector_that_is_away_holds_up_nothing(tmp_path: Path) -> None:
    with collector() as gone:
        url = gone.url
    async with asyncio.timeout(60):
        async with stage(tmp_path, traces_endpoint=url) as on:
            assert len((await on.result()).attachments) == 1
