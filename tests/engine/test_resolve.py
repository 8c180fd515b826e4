"""Filling in defaults, refusing what cannot be, and never running zero steps."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.abilities import Task
from engine.checkpoints import Checkpoint, find_checkpoint
from engine.errors import InvalidParams
from engine.resolve import MAX_STEPS, resolve
from tests.engine.attempts import params

EMBEDDED = find_checkpoint("embedded")


def test_defaults_come_from_the_checkpoint() -> None:
    resolved, notes = resolve(params(num_inference_steps=None), EMBEDDED)
    assert resolved.num_inference_steps == EMBEDDED.num_inference_steps
    assert resolved.guidance_scale == EMBEDDED.guidance_scale
    assert notes == ()


@given(st.floats(0.01, 1.0), st.integers(1, 100))
def test_at_least_one_step_is_run_and_a_change_is_said(strength: float, steps: int) -> None:
    resolved, notes = resolve(params(strength=strength, num_inference_steps=steps), EMBEDDED)
    assert resolved.num_inference_steps is not None
    assert int(resolved.num_inference_steps * strength) >= 1
    assert (resolved.num_inference_steps != steps) == bool(notes)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"strength": 0.0}, "strength"),
        ({"strength": 1.5}, "strength"),
        ({"strength": float("nan")}, "strength"),
        ({"num_inference_steps": MAX_STEPS + 1}, "num_inference_steps"),
        ({"num_inference_steps": -1}, "num_inference_steps"),
        ({"seed": -1}, "seed"),
        ({"guidance_scale": float("inf")}, "guidance_scale"),
        ({"width": 60}, "multiples"),
        ({"height": 0}, "multiples"),
        ({"width": 1024}, "at most"),
        ({"scheduler": "magic"}, "scheduler"),
    ],
)
def test_what_cannot_be_is_refused_by_name(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidParams, match=named):
        resolve(params(**changes), EMBEDDED)


EDITOR = Checkpoint(
    name="editor", source="x", strength=0.5, takes_strength=False, takes_negative_prompt=False
)


def test_a_strength_that_a_checkpoint_has_no_use_for_is_left_out_and_said() -> None:
    resolved, notes = resolve(params(strength=0.3), EDITOR)
    assert resolved.strength == 1.0
    assert [note.split(";")[0] for note in notes] == ["This checkpoint takes no strength"]
    # The default is nobody's wish.
    assert resolve(params(strength=0.5), EDITOR)[1] == ()


@pytest.mark.parametrize(
    ("row", "guidance_scale"),
    [
        (EDITOR, None),
        (find_checkpoint("sd-turbo"), None),
        (find_checkpoint("lcm-dreamshaper"), None),
        (find_checkpoint("flux-dev"), None),
        (EMBEDDED, 1.0),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_a_negative_prompt_without_effect_is_refused(
    row: Checkpoint, guidance_scale: float | None
) -> None:
    asked = params(negative_prompt="grey", guidance_scale=guidance_scale)
    with pytest.raises(InvalidParams, match=f"{row.name} takes no negative prompt"):
        resolve(asked, row)
    # Whoever asks for guidance, as the command line can, gets it.
    if row.name in ("sd-turbo", "embedded"):
        assert resolve(msgspec.structs.replace(asked, guidance_scale=4.0), row)[1] == ()


@pytest.mark.parametrize("task", ["text2img", "inpaint"])
def test_a_kind_of_job_that_a_checkpoint_cannot_do_is_refused(task: Task) -> None:
    resolve(params(), EMBEDDED, task)
    with pytest.raises(InvalidParams, match="editor cannot make"):
        resolve(params(), EDITOR, task)


def test_a_stock_pipeline_keeps_its_own_scheduler() -> None:
    with pytest.raises(InvalidParams, match="no scheduler but its own"):
        resolve(params(scheduler="euler"), EDITOR)
