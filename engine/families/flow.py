"""What the flow-matching families share: one schedule, shifted by the picture's size."""

from typing import Any

# Of FlowMatchEulerDiscreteScheduler's configuration, as the stock pipelines read it.
_SHIFT_DEFAULTS = {
    "base_image_seq_len": 256,
    "max_image_seq_len": 4096,
    "base_shift": 0.5,
    "max_shift": 1.15,
}


def shift_of(scheduler: Any, tokens: int, **defaults: float) -> float:
    """The shift ``mu`` for a picture of so many tokens: a line through the configured two points.

    The formula is ``calculate_shift`` of the stock FLUX and Stable Diffusion 3 pipelines.
    """
    known = _SHIFT_DEFAULTS | defaults
    short, long, low, high = (scheduler.config.get(name, known[name]) for name in _SHIFT_DEFAULTS)
    slope = (high - low) / (long - short)
    return float(tokens * slope + (low - slope * short))
