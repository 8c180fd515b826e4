"""Turns the wishes of one attempt into exact numbers, and refuses what cannot be."""

import math

import msgspec

from engine.checkpoints import SCHEDULERS, Checkpoint
from engine.errors import InvalidParams
from engine.params import RestyleParams

MAX_SEED = 2**63 - 1
MAX_STEPS = 200
MAX_GUIDANCE = 50.0


def resolve(params: RestyleParams, checkpoint: Checkpoint) -> tuple[RestyleParams, tuple[str, ...]]:
    """Fill in the checkpoint's defaults, and say what was changed.

    Returns:
        The parameters with no ``None`` left but perhaps ``scheduler``, and one note a change.

    Raises:
        InvalidParams: A value is out of its range.
    """
    steps = params.num_inference_steps or checkpoint.num_inference_steps
    guidance = params.guidance_scale
    filled = msgspec.structs.replace(
        params,
        num_inference_steps=steps,
        guidance_scale=checkpoint.guidance_scale if guidance is None else guidance,
        scheduler=params.scheduler or checkpoint.scheduler,
    )
    _check(filled, steps, checkpoint)
    # Pipelines run int(steps × strength) steps, and none at all is a crash or the picture itself
    # (diffusers issue 1867).
    if int(steps * params.strength) >= 1:
        return filled, ()
    raised = math.ceil(1 / params.strength)
    while int(raised * params.strength) < 1:
        raised += 1
    note = f"Steps were raised from {steps} to {raised}, the fewest for strength {params.strength}."
    return msgspec.structs.replace(filled, num_inference_steps=raised), (note,)


def _check(params: RestyleParams, steps: int, checkpoint: Checkpoint) -> None:
    multiple, longest = checkpoint.multiple, checkpoint.max_size
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
