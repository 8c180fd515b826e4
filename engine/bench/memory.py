"""Whether an engine that runs for long holds more and more memory."""

import random

import psutil

from engine.bench.jobs import PROMPTS, Photos, attempt, run
from engine.bench.report import Measures
from engine.bench.settings import BenchSettings
from engine.checkpoints import find_checkpoint
from engine.core import EngineCore
from engine.families.loading import load_family

JOBS = 200
SETTLED = 20
SIDES = (64, 96, 128, 192, 256)
AT_ONCE = 5
SEED = 3


def measure(settings: BenchSettings, measures: Measures) -> int:
    """Resident memory after all jobs of mixed size against that after the first of them."""
    row = find_checkpoint("embedded")
    core = EngineCore(load_family(row, "cpu"), row, max_rows=8)
    draw = random.Random(SEED)  # noqa: S311  # the same jobs in each run
    photos, process = Photos(settings.photos), psutil.Process()
    count, settled = (12, 6) if settings.quick else (JOBS, SETTLED)
    resident: list[int] = []
    for first in range(0, count, AT_ONCE):
        jobs = []
        for at in range(first, min(count, first + AT_ONCE)):
            # The largest come in the first few, so that growth is growth and no larger job.
            side = SIDES[-1 - at] if at < len(SIDES) else draw.choice(SIDES)
            jobs.append(
                attempt(
                    f"{at}",
                    photos.picture(at, 64 if settings.quick else side),
                    64 if settings.quick else side,
                    prompt=f"{draw.choice(PROMPTS)} {at}",
                    num_inference_steps=draw.choice((2, 3, 4)),
                    guidance_scale=draw.choice((1.0, 2.0)),
                    seed=at,
                )
            )
        run(core, jobs)
        resident += [process.memory_info().rss] * len(jobs)
    measures.figure("growth", resident[-1] / resident[settled - 1], at_most=1.05)
    measures.figure("settled_mib", resident[settled - 1] / 2**20)
    measures.figure("end_mib", resident[-1] / 2**20)
    measures.figure("highest_mib", max(resident) / 2**20)
    measures.figure("jobs", count)
    return 1
