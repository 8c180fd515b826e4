"""Checkpoints without a stepwise adapter, through their own pipelines, yet step by step."""

import threading

import msgspec
import numpy as np
import pytest
import torch
from diffusers import FluxKontextPipeline

from engine.checkpoints import Checkpoint
from engine.core import EngineCore
from engine.errors import CheckpointError
from engine.events import Cancelled, Done, Event, Failed, Progress
from engine.families.loading import load_family
from engine.families.stock import StockFamily
from engine.params import Attempt
from engine.resolve import NO_STRENGTH
from tests.engine.attempts import attempt
from tests.engine.families.tiny import save_flux
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


KONTEXT = Checkpoint(
    name="kontext",
    source="set by the fixture",
    strength=0.5,
    num_inference_steps=3,
    guidance_scale=2.5,
    takes_strength=False,
    takes_negative_prompt=False,
)


@pytest.fixture(scope="module")
def kontext(tmp_path_factory: pytest.TempPathFactory) -> StockFamily:
    folder = save_flux(tmp_path_factory.mktemp("kontext"), pipeline_class=FluxKontextPipeline)
    loaded = load_family(msgspec.structs.replace(KONTEXT, source=str(folder)), "cpu")
    assert isinstance(loaded, StockFamily)
    return loaded


def test_a_pipeline_that_edits_by_prompt_runs_whole_and_says_so(kontext: StockFamily) -> None:
    core = EngineCore(kontext, KONTEXT, max_rows=8)
    core.submit(attempt("a", strength=0.3, num_inference_steps=None, width=96))
    events = run(core)
    assert [e.step for e in events if isinstance(e, Progress)] == [1, 2, 3]
    done = events[-1]
    assert isinstance(done, Done)
    assert (done.width, done.height) == (96, 64)
    assert done.notes == (NO_STRENGTH,)
    # The checkpoint's own strength is nobody's wish, so nothing is said about it.
    core.submit(attempt("b", strength=KONTEXT.strength, num_inference_steps=None))
    plain = run(core)[-1]
    assert isinstance(plain, Done)
    assert plain.notes == ()


def test_tasks_and_samplers_that_it_lacks_are_refused(kontext: StockFamily) -> None:
    core = EngineCore(kontext, KONTEXT, max_rows=8)
    core.submit(Attempt(key="words", params=attempt().params))
    core.submit(attempt("sampler", scheduler="euler"))
    core.submit(attempt("unwanted", negative_prompt="grey"))
    failed = {event.key: event for event in run(core) if isinstance(event, Failed)}
    assert "from a prompt alone" in failed["words"].message
    assert "no scheduler" in failed["sampler"].message
    assert "no negative prompt" in failed["unwanted"].message


def test_a_row_that_promises_what_its_pipeline_ignores_is_not_loaded(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = save_flux(tmp_path_factory.mktemp("promise"), pipeline_class=FluxKontextPipeline)
    row = msgspec.structs.replace(KONTEXT, source=str(folder), takes_strength=None)
    with pytest.raises(CheckpointError, match="takes_strength = false into"):
        load_family(row, "cpu")
    row = msgspec.structs.replace(row, takes_negative_prompt=None)
    with pytest.raises(CheckpointError, match="and takes_negative_prompt = false"):
        load_family(row, "cpu")
