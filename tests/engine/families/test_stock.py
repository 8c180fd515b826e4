"""Checkpoints without a stepwise adapter, through their own pipelines, yet step by step."""

import threading

import numpy as np
import pytest
import torch

from engine.checkpoints import Checkpoint
from engine.core import EngineCore
from engine.events import Cancelled, Done, Event, Failed, Progress
from engine.families.loading import load_family
from engine.families.stock import StockFamily
from tests.engine.attempts import attempt
from tests.engine.pictures import picture, pixels

pytestmark = pytest.mark.engine

# The embedded weights are good enough to be run the long way round.
ROW = Checkpoint(
    name="stocked", source="embedded", family="stock", num_inference_steps=12, guidance_scale=2.0
)


@pytest.fixture(scope="module")
def family() -> StockFamily:
    loaded = load_family(ROW, "cpu")
    assert isinstance(loaded, StockFamily)
    return loaded


def run(core: EngineCore) -> list[Event]:
    events: list[Event] = []
    while core.has_work:
        events += core.step()
    return events


def test_it_is_the_pipelines_own_picture_with_progress(family: StockFamily) -> None:
    core = EngineCore(family, ROW, max_rows=8)
    core.submit(attempt())
    events = run(core)
    assert [(e.step, e.total) for e in events if isinstance(e, Progress)][-1] == (4, 4)
    done = events[-1]
    assert isinstance(done, Done)
    assert done.latents == b""
    expected = family._pipe(
        prompt="an oil painting",
        image=picture(),
        strength=0.5,
        num_inference_steps=8,
        guidance_scale=2.0,
        generator=torch.Generator("cpu").manual_seed(7),
    ).images[0]
    assert (pixels(done.image) == np.asarray(expected)).all()


def test_one_at_a_time_and_cancel_leaves_no_thread(family: StockFamily) -> None:
    threads = threading.active_count()
    core = EngineCore(family, ROW, max_rows=8)
    core.submit(attempt("first", strength=1.0, num_inference_steps=50))
    core.submit(attempt("second"))
    before = [*core.step(), *core.step()]
    assert {event.key for event in before} == {"first"}
    core.cancel("first")
    events = run(core)
    assert isinstance(events[0], Cancelled)
    assert isinstance(events[-1], Done)
    assert events[-1].key == "second"
    assert threading.active_count() == threads


def test_what_the_pipeline_refuses_fails_by_itself(family: StockFamily) -> None:
    core = EngineCore(family, ROW, max_rows=8)
    before = family._pipe.unet
    family._pipe.unet = None
    try:
        core.submit(attempt("broken"))
        events = run(core)
    finally:
        family._pipe.unet = before
    assert isinstance(events[-1], Failed)
    core.submit(attempt("fine"))
    assert isinstance(run(core)[-1], Done)
