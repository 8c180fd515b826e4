"""The step loop with a family that moves numbers instead of latents."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from engine.checkpoints import find_checkpoint
from engine.core import EngineCore
from engine.core.profile import Profile
from engine.errors import InvalidSource, NotFinite
from engine.events import Cancelled, Done, Event, Failed, Preview, Progress, Started, Terminal
from engine.families.base import Inputs
from engine.params import Attempt, RestyleParams
from tests.engine.attempts import SIDE, attempt, params
from tests.engine.pictures import encoded, picture, pixels

pytestmark = pytest.mark.engine

EMBEDDED = find_checkpoint("embedded")


@dataclass
class CountingRow:
    """A row whose picture is the number of steps it was moved on."""

    params: RestyleParams
    total: int
    step: int = 0
    notes: tuple[str, ...] = ()


class CountingFamily:
    """Moves rows on, remembers which shared a call, and breaks where it is told to."""

    device = "cpu"

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.breaks: Callable[[Sequence[CountingRow]], None] = lambda rows: None
        self.discarded: list[str] = []
        self.inputs: list[Inputs] = []
        self.savings = 0

    def begin(self, inputs: Inputs) -> CountingRow:
        params = inputs.params
        self.inputs.append(inputs)
        if params.prompt == "unusable":
            raise InvalidSource("That cannot be used.")
        self._fill(params.prompt, "full at begin")
        if params.prompt == "full beside others" and len(self.calls) < 4:
            raise torch.OutOfMemoryError("full")
        assert params.num_inference_steps is not None
        return CountingRow(params, int(params.num_inference_steps * params.strength))

    def _fill(self, prompt: str, when: str) -> None:
        if prompt.startswith(when) and (self.savings > 0 or prompt.endswith("always")):
            raise torch.OutOfMemoryError("full")

    def batch_key(self, row: CountingRow) -> Hashable:
        return row.params.width

    def cost(self, row: CountingRow) -> int:
        return 2 if (row.params.guidance_scale or 0) > 1 else 1

    def advance(self, rows: Sequence[CountingRow]) -> None:
        self.breaks(rows)
        self.calls.append([row.params.prompt for row in rows])
        for row in rows:
            row.step += 1

    def preview(self, row: CountingRow) -> Image.Image | None:
        return Image.new("RGB", (8, 8), (row.step, 0, 0))

    def finish(self, row: CountingRow) -> tuple[Image.Image, bytes]:
        if row.params.prompt == "nan":
            raise NotFinite("It dissolved.")
        self._fill(row.params.prompt, "full at finish")
        return Image.new("RGB", (row.params.width, row.params.height)), b"latents"

    def flagged(self, image: Image.Image) -> bool | None:
        return None

    def discard(self, row: CountingRow) -> None:
        self.discarded.append(row.params.prompt)

    def measure(self, rows: int, width: int, height: int) -> float | None:
        return 0.001 * rows

    def save_memory(self) -> bool:
        self.savings -= 1
        return self.savings >= 0


@pytest.fixture
def family() -> CountingFamily:
    return CountingFamily()


@pytest.fixture
def core(family: CountingFamily) -> EngineCore:
    return EngineCore(family, EMBEDDED, max_rows=8)


def run(core: EngineCore, before: list[Event] | None = None) -> dict[str, list[Event]]:
    """Step until nothing is left; the events of each attempt, checked for order."""
    said = list(before or [])
    while core.has_work:
        said += core.step()
    events: dict[str, list[Event]] = {}
    for event in said:
        events.setdefault(event.key, []).append(event)
    for of_one in events.values():
        assert [event.seq for event in of_one] == list(range(len(of_one)))
        assert [isinstance(event, Terminal) for event in of_one].count(True) == 1
        assert isinstance(of_one[-1], Terminal)
    return events


def named(prompt: str, **changes: Any) -> Attempt:
    return attempt(prompt, prompt=prompt, **changes)


def test_one_attempt_is_told_from_start_to_result(core: EngineCore) -> None:
    core.submit(named("a"))
    events = run(core)["a"]
    assert isinstance(events[0], Started)
    assert [(e.step, e.total) for e in events[1:-1] if isinstance(e, Progress)] == [
        (1, 4), (2, 4), (3, 4), (4, 4)
    ]  # fmt: skip
    done = events[-1]
    assert isinstance(done, Done)
    assert (done.width, done.height, done.latents) == (64, 64, b"latents")
    assert (done.num_inference_steps, done.guidance_scale) == (8, EMBEDDED.guidance_scale)


def test_attempts_join_and_leave_at_step_boundaries(
    core: EngineCore, family: CountingFamily
) -> None:
    core.submit(named("long", num_inference_steps=12))
    core.submit(named("short", num_inference_steps=4))
    run(core)
    # One is let in per turn; the short one joins the second call and is gone after the third.
    calls = [sorted(call) for call in family.calls]
    assert calls == [["long"], ["long", "short"], ["long", "short"], *[["long"]] * 3]


def test_rows_of_another_shape_share_no_call(core: EngineCore, family: CountingFamily) -> None:
    core.submit(named("narrow"))
    core.submit(named("wide", width=128))
    events = run(core)
    assert all(len(call) == 1 for call in family.calls)
    assert all(isinstance(of_one[-1], Done) for of_one in events.values())


def test_on_a_full_device_the_shortest_goes_first(family: CountingFamily) -> None:
    full = Profile(pixels=SIDE * SIDE, seconds=((1, 1.0), (2, 2.0)))
    core = EngineCore(family, EMBEDDED, max_rows=8, profile=full)
    core.submit(named("long", strength=1.0, num_inference_steps=9, guidance_scale=1.0))
    core.submit(named("short", strength=1.0, num_inference_steps=3, guidance_scale=1.0))
    run(core)
    names = [name for call in family.calls for name in call]
    assert names == ["long"] + ["short"] * 3 + ["long"] * 8


def test_what_a_step_took_at_the_start_is_known_before_any_job(family: CountingFamily) -> None:
    measured = Profile(pixels=EMBEDDED.size**2, seconds=((1, 1.0), (2, 1.5), (4, 3.0)))
    core = EngineCore(family, EMBEDDED, max_rows=8, profile=measured)
    # With guidance a job takes two rows.
    assert core.profiled_seconds == {f"embedded {EMBEDDED.size}x{EMBEDDED.size}": 1.5}
    assert EngineCore(family, EMBEDDED, max_rows=8).profiled_seconds == {}


def test_what_a_finished_row_costs_holds_up_one_turn_at_most(
    core: EngineCore, family: CountingFamily
) -> None:
    for name in "abc":
        core.submit(named(name, num_inference_steps=6 if name == "a" else 2))
    turns = []
    while core.has_work:
        turns.append(core.step())
    for turn in turns:
        assert sum(isinstance(event, Started) for event in turn) <= 1
        assert sum(isinstance(event, Done) for event in turn) <= 1


@pytest.mark.parametrize(
    ("step_s", "rows_that_gain", "first_call"),
    [
        (60.0, 4, ["a", "b", "c", "d"]),
        # More rows would gain nothing, or be opened for longer than the step takes.
        (60.0, 1, ["a"]),
        (1e-9, 4, ["a"]),
    ],
)
def test_an_idle_loop_opens_what_can_share_its_first_call(
    family: CountingFamily, step_s: float, rows_that_gain: int, first_call: list[str]
) -> None:
    seconds = tuple((rows, step_s) for rows in (1, 2, 4) if rows <= rows_that_gain)
    profile = Profile(pixels=SIDE * SIDE, seconds=seconds)
    core = EngineCore(family, EMBEDDED, max_rows=8, profile=profile)
    for name in "abcdef":
        core.submit(named(name, guidance_scale=1.0))
    first = core.step()
    assert family.calls == [first_call]
    assert [event.key for event in first if isinstance(event, Started)] == first_call
    # Whoever runs waits for one opening a turn, not for all of them.
    second = core.step()
    assert sum(isinstance(event, Started) for event in second) == 1
    run(core, first + second)


def test_no_call_holds_more_rows_than_the_cap(family: CountingFamily) -> None:
    core = EngineCore(family, EMBEDDED, max_rows=4)
    for name in "abcdef":
        core.submit(named(name, guidance_scale=3.0))
    events = run(core)
    assert max(map(len, family.calls)) == 2
    assert all(isinstance(of_one[-1], Done) for of_one in events.values())


def test_a_waiting_and_a_running_attempt_are_cancelled_at_the_next_boundary(
    core: EngineCore, family: CountingFamily
) -> None:
    for name in ("running", "waiting", "other"):
        core.submit(named(name))
    before = core.step()
    core.cancel("running")
    core.cancel("waiting")
    core.cancel("unknown")
    rest = run(core, before)
    assert isinstance(rest["waiting"][-1], Cancelled)
    assert isinstance(rest["other"][-1], Done)
    assert family.calls[0] == ["running"]
    assert all(call == ["other"] for call in family.calls[1:])
    assert family.discarded == ["running"]


@pytest.mark.parametrize(("prompt", "code"), [("unusable", "invalid"), ("nan", "nan")])
def test_trouble_of_one_attempt_stays_its_own(core: EngineCore, prompt: str, code: str) -> None:
    core.submit(named(prompt))
    core.submit(named("fine"))
    events = run(core)
    failed = events[prompt][-1]
    assert isinstance(failed, Failed)
    assert failed.code == code
    assert isinstance(events["fine"][-1], Done)


def test_pictures_of_another_size_are_resized(core: EngineCore, family: CountingFamily) -> None:
    small = encoded(picture(32, 32))
    core.submit(Attempt(key="a", params=params(width=128), source=small, mask=small))
    assert isinstance(run(core)["a"][-1], Done)
    [inputs] = family.inputs
    assert inputs.source is not None
    assert inputs.mask is not None
    assert (inputs.source.size, inputs.source.mode) == ((128, 64), "RGB")
    assert (inputs.mask.size, inputs.mask.mode) == ((128, 64), "L")


def test_an_upscale_may_be_larger_than_a_first_result(core: EngineCore) -> None:
    most = EMBEDDED.max_size
    core.submit(Attempt(key="up", params=params(width=2 * most), source=encoded(picture(most, 32))))
    core.submit(attempt("same", width=2 * most))
    core.submit(attempt("beyond", width=2 * most + 8))
    events = run(core)
    assert isinstance(events["up"][-1], Done)
    for key in ("same", "beyond"):
        failed = events[key][-1]
        assert isinstance(failed, Failed)
        assert f"at most {most}" in failed.message


def test_without_a_source_it_is_text_to_image(core: EngineCore, family: CountingFamily) -> None:
    core.submit(Attempt(key="a", params=params(strength=0.5, num_inference_steps=6)))
    assert sum(isinstance(event, Progress) for event in run(core)["a"]) == 6
    assert family.inputs[0].source is None
    assert family.inputs[0].params.strength == 1.0


@pytest.mark.parametrize(
    ("pictures", "said"),
    [
        ({"mask": encoded(picture())}, "needs a picture"),
        ({"source": b"junk"}, "source is no picture"),
        ({"source": encoded(picture()), "mask": b"junk"}, "mask is no picture"),
        ({"source": encoded(picture()), "colour_reference": b""}, "reference is no picture"),
    ],
)
def test_a_picture_that_cannot_be_used_is_named(
    core: EngineCore, pictures: dict[str, Any], said: str
) -> None:
    core.submit(Attempt(key="a", params=params(), **pictures))
    failed = run(core)["a"][-1]
    assert isinstance(failed, Failed)
    assert failed.code == "invalid"
    assert said in failed.message


def test_the_row_that_breaks_a_shared_call_is_found(
    core: EngineCore, family: CountingFamily
) -> None:
    def breaks(rows: Sequence[CountingRow]) -> None:
        if any(row.params.prompt == "bad" for row in rows):
            raise RuntimeError("a kernel failed")

    family.breaks = breaks
    for name in ("good", "bad", "fine"):
        core.submit(named(name))
    events = run(core)
    bad = events["bad"][-1]
    assert isinstance(bad, Failed)
    assert bad.code == "internal"
    assert "kernel" not in bad.message
    assert isinstance(events["good"][-1], Done)
    assert isinstance(events["fine"][-1], Done)


def test_out_of_memory_halves_the_cap_and_loses_nobody(
    core: EngineCore, family: CountingFamily
) -> None:
    def breaks(rows: Sequence[CountingRow]) -> None:
        if len(rows) > 1:
            raise torch.OutOfMemoryError("full")

    family.breaks = breaks
    for name in "abc":
        core.submit(named(name, guidance_scale=1.0))
    events = run(core)
    assert (core.max_rows, core.out_of_memory) == (1, 1)
    assert all(isinstance(of_one[-1], Done) for of_one in events.values())


def test_one_row_without_room_fails_by_name(core: EngineCore, family: CountingFamily) -> None:
    def breaks(rows: Sequence[CountingRow]) -> None:
        raise torch.OutOfMemoryError("full")

    family.breaks = breaks
    core.submit(named("a"))
    failed = run(core)["a"][-1]
    assert isinstance(failed, Failed)
    assert failed.code == "out_of_memory"


def test_memory_is_saved_before_a_job_is_given_up(core: EngineCore, family: CountingFamily) -> None:
    def breaks(rows: Sequence[CountingRow]) -> None:
        if family.savings > 0:
            raise torch.OutOfMemoryError("full")

    family.breaks = breaks
    family.savings = 2
    core.submit(named("a"))
    assert isinstance(run(core)["a"][-1], Done)
    assert core.out_of_memory == 2


@pytest.mark.parametrize("prompt", ["full at begin", "full at finish"])
def test_an_encode_or_decode_that_does_not_fit_is_tried_again_with_memory_saved(
    core: EngineCore, family: CountingFamily, prompt: str
) -> None:
    family.savings = 1
    core.submit(named(prompt))
    core.submit(named("other"))
    events = run(core)
    assert isinstance(events[prompt][-1], Done)
    assert isinstance(events["other"][-1], Done)
    family.savings = 0
    core.submit(named(f"{prompt} always"))
    failed = run(core)[f"{prompt} always"][-1]
    assert isinstance(failed, Failed)
    assert failed.code == "out_of_memory"
    core.submit(named("fine"))
    assert isinstance(run(core)["fine"][-1], Done)


def test_an_encode_without_room_waits_until_others_have_left(
    core: EngineCore, family: CountingFamily
) -> None:
    core.submit(named("first"))
    before = core.step()
    core.submit(named("full beside others"))
    events = run(core, before)
    assert isinstance(events["full beside others"][-1], Done)


def test_an_adapter_that_raises_at_step_k_harms_nobody_else(
    core: EngineCore, family: CountingFamily
) -> None:
    def breaks(rows: Sequence[CountingRow]) -> None:
        if any(row.params.prompt == "bad" and row.step == 2 for row in rows):
            raise ZeroDivisionError

    family.breaks = breaks
    for name in ("good", "bad", "fine"):
        core.submit(named(name))
    events = run(core)
    assert [e.step for e in events["bad"] if isinstance(e, Progress)] == [1, 2]
    assert isinstance(events["bad"][-1], Failed)
    for name in ("good", "fine"):
        assert [e.step for e in events[name] if isinstance(e, Progress)] == [1, 2, 3, 4]
        assert isinstance(events[name][-1], Done)


def test_previews_come_only_where_wanted_and_due(
    core: EngineCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.core.running.PREVIEW_INTERVAL_S", 0.0)
    core.submit(attempt("with", previews=True))
    core.submit(attempt("without"))
    events = run(core)
    # Not after the last step: the result itself is next.
    assert sum(isinstance(event, Preview) for event in events["with"]) == 3
    assert not any(isinstance(event, Preview) for event in events["without"])


def test_a_colour_reference_gives_the_result_its_colours(core: EngineCore) -> None:
    orange = encoded(Image.new("RGB", (8, 8), (220, 120, 20)))
    plain = attempt("plain")
    core.submit(plain)
    core.submit(Attempt(key="a", params=plain.params, source=plain.source, colour_reference=orange))
    events = run(core)
    black, coloured = events["plain"][-1], events["a"][-1]
    assert isinstance(black, Done)
    assert isinstance(coloured, Done)
    assert pixels(black.image).max() == 0
    assert np.abs(pixels(coloured.image) - (220, 120, 20)).max() <= 1
