"""Turns the wishes of one attempt into exact numbers, and refuses what cannot be."""

import math

import msgspec

from engine.abilities import WHAT_IT_MAKES, Task
from engine.checkpoints import SCHEDULERS, Checkpoint
from engine.errors import InvalidParams
from engine.params import RestyleParams

MAX_SEED = 2**63 - 1
MAX_STEPS = 200
MAX_GUIDANCE = 50.0

NO_STRENGTH = "This checkpoint takes no strength; it changes as much as the prompt asks for."


def resolve(
    params: RestyleParams,
    checkpoint: Checkpoint,
    task: Task = "img2img",
    *,
    upscaling: bool = False,
) -> tuple[RestyleParams, tuple[str, ...]]:
    """Fill in the checkpoint's defaults, and say what was changed.

    Args:
        upscaling: Whether the source is smaller than the result, which may then be larger.

    Returns:
        The parameters with no ``None`` left but perhaps ``scheduler``, and one note a change.

    Raises:
        InvalidParams: A value is out of its range, or the checkpoint cannot do it.
    """
    steps = params.num_inference_steps or checkpoint.num_inference_steps
    guidance = params.guidance_scale
    filled = msgspec.structs.replace(
        params,
        strength=1.0 if task == "text2img" else params.strength,
        num_inference_steps=steps,
        guidance_scale=checkpoint.guidance_scale if guidance is None else guidance,
        scheduler=params.scheduler or checkpoint.scheduler,
    )
    _check_ability(filled, params.scheduler, checkpoint, task)
    _check_ranges(filled, steps, checkpoint, upscaling=upscaling)
    filled, left_out = _leave_out_strength(filled, checkpoint)
    filled, raised = _raise_steps(filled, steps)
    return filled, left_out + raised


def _leave_out_strength(
    params: RestyleParams, checkpoint: Checkpoint
) -> tuple[RestyleParams, tuple[str, ...]]:
    if checkpoint.abilities.takes_strength:
        return params, ()
    notes = []
    # The default is nobody's wish, so leaving it out is not worth a word.
    if params.strength not in (1.0, checkpoint.strength):
        notes.append(NO_STRENGTH)
    return msgspec.structs.replace(params, strength=1.0), tuple(notes)


def _raise_steps(params: RestyleParams, steps: int) -> tuple[RestyleParams, tuple[str, ...]]:
    # Pipelines run int(steps × strength) steps, and none at all is a crash or the picture itself
    # (diffusers issue 1867).
    if int(steps * params.strength) >= 1:
        return params, ()
    raised = math.ceil(1 / params.strength)
    while int(raised * params.strength) < 1:
        raised += 1
    note = f"Steps were raised from {steps} to {raised}, the fewest for strength {params.strength}."
    return msgspec.structs.replace(params, num_inference_steps=raised), (note,)


def _check_ability(
    params: RestyleParams, scheduler: str | None, checkpoint: Checkpoint, task: Task
) -> None:
    abilities, name = checkpoint.abilities, checkpoint.name
    if task not in abilities.tasks:
        raise InvalidParams(f"The checkpoint {name} cannot make {WHAT_IT_MAKES[task]}.")
    if scheduler is not None and not abilities.takes_scheduler:
        raise InvalidParams(f"The checkpoint {name} takes no scheduler but its own.")
    if params.negative_prompt and not checkpoint.heeds_negative_prompt(params.guidance_scale or 0):
        raise InvalidParams(f"{name} takes no negative prompt; please leave it out.")


def _check_ranges(
    params: RestyleParams, steps: int, checkpoint: Checkpoint, *, upscaling: bool
) -> None:
    multiple, longest = checkpoint.multiple, checkpoint.longest_side(upscaling=upscaling)
    guidance = params.guidance_scale
    checks = (
        (0.0 < params.strength <= 1.0, "strength is above 0 and at most 1"),
        (1 <= steps <= MAX_STEPS, f"num_inference_steps is 1 to {MAX_STEPS}"),
        (0 <= params.seed <= MAX_SEED, f"seed is 0 to {MAX_SEED}"),
        (
            guidance is not None and math.isfinite(guidance) and 0 <= guidance <= MAX_GUIDANCE,
            f"guidance_scale is 0 to {MAX_GUIDANCE}",
        ),
        (
            params.width > 0
            and params.height > 0
            and params.width % multiple == params.height % multiple == 0,
            f"width and height are multiples of {multiple}",
        ),
        (
            max(params.width, params.height) <= longest,
            f"width and height are at most {longest} for {checkpoint.name}",
        ),
        (
            params.scheduler is None or params.scheduler in SCHEDULERS,
            f"scheduler is one of {', '.join(SCHEDULERS)}",
        ),
    )
    for holds, rule in checks:
        if not holds:
            raise InvalidParams(f"That does not work: {rule}.")
