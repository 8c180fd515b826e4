"""How long a job will take, learnt from the jobs before it."""

from engine.params import RestyleParams

# The newest measurement counts a quarter, so that a warm-up or a shared card is soon forgotten.
WEIGHT = 0.25


class Estimator:
    """Moving mean of engine seconds per denoising step, by checkpoint and size."""

    def __init__(self) -> None:
        self._seconds: dict[tuple[str, int, int], float] = {}

    def learn(self, params: RestyleParams, num_inference_steps: int, seconds: float) -> None:
        """Take in a finished job's time (encode and decode count as part of its steps)."""
        steps = max(1, int(num_inference_steps * params.strength))
        key = _key(params)
        known = self._seconds.get(key, seconds / steps)
        self._seconds[key] = known + WEIGHT * (seconds / steps - known)

    def seconds(self, params: RestyleParams, default_steps: int) -> float | None:
        """Expected engine seconds of one job, or None before anything was measured."""
        per_step = self._seconds.get(_key(params))
        if per_step is None:
            return None
        steps = params.num_inference_steps or default_steps
        return per_step * max(1, int(steps * params.strength))


def _key(params: RestyleParams) -> tuple[str, int, int]:
    return params.checkpoint, params.width, params.height
