"""Engine processes in which something goes wrong: a step that hangs, memory that runs out."""

import asyncio
import sys
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from engine.client import EngineOptions, LocalEngine
from engine.events import Done, Lost
from tests.engine.attempts import attempt, collect, steps_of

pytestmark = [pytest.mark.engine, pytest.mark.asyncio(loop_scope="module")]

# The real engine process, but for a denoiser that breaks where a prompt says so.
HARMED = """
import os, time
import torch
from engine.families.stepwise import StepwiseFamily
from engine.worker.__main__ import main

advance = StepwiseFamily.advance

def harmed(family, rows):
    prompts = [row.params.prompt for row in rows]
    if "hang" in prompts and rows[prompts.index("hang")].step == 2:
        time.sleep(3600)
    if "big" in prompts and len(rows) > 1:
        raise torch.OutOfMemoryError("full")
    advance(family, rows)

StepwiseFamily.advance = harmed
os._exit(main())
"""


class HarmedOptions(EngineOptions, frozen=True, kw_only=True):
    """Starts that process in place of the plain one."""

    def command(self) -> list[str]:
        plain = super().command()
        return [sys.executable, "-c", HARMED, *plain[plain.index("engine.worker") + 1 :]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine() -> AsyncIterator[LocalEngine]:
    """The last test of this file may do it harm."""
    harmed = LocalEngine(HarmedOptions(device="cpu", step_timeout_s=6.0))
    await harmed.start()
    yield harmed
    await harmed.close()


async def test_memory_that_runs_out_is_told_in_health_and_harms_no_job(
    engine: LocalEngine,
) -> None:
    told = await asyncio.gather(
        *(collect(engine.submit(attempt(f"{n}.1", prompt="big"))) for n in range(3))
    )
    assert all(isinstance(events[-1], Done) for events in told)
    health = engine.health()
    assert health.out_of_memory >= 1
    assert health.max_rows <= 3
    assert health.restarts == 0


async def test_a_step_that_hangs_ends_its_process_and_the_next_one_works(
    engine: LocalEngine,
) -> None:
    events = await collect(engine.submit(attempt("hung.1", prompt="hang")))
    assert steps_of(events) == [(1, 4), (2, 4)]
    assert isinstance(events[-1], Lost)
    await engine.wait_ready()
    assert engine.health().restarts == 1
    assert isinstance((await collect(engine.submit(attempt("fine.1"))))[-1], Done)
