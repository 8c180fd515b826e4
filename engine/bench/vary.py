"""Another job on a source that the engine has seen: nothing of it but the draw is done again."""

import numpy as np

from engine.acceleration import accelerate
from engine.bench import architectures
from engine.bench.jobs import ROW, Photos, attempt, core_of, png, run, stock
from engine.bench.report import Measures
from engine.bench.settings import BenchSettings
from engine.bench.timing import interleaved, median, ratio
from engine.bench.turbo import JOB, SIDE, copy_of
from engine.encoding import decode_picture


def measure(settings: BenchSettings, measures: Measures) -> int:
    """Whole one-step jobs with the KL autoencoder, compared to the pixel first."""
    rounds, side = settings.rounds_or(2), 64 if settings.quick else SIDE
    plain = architectures.pipeline("sd-turbo", quick=settings.quick)
    pipeline = copy_of(plain)
    accelerate(pipeline, ROW)
    core, source = core_of(pipeline), Photos(settings.photos).picture(0, side)
    asked = attempt("vary", source, side, **JOB)
    # The first run sees the source for the first time; the second is one on a known source.
    run(core, [asked])
    result = decode_picture(run(core, [asked])["vary"].image, "result")
    expected = stock(plain, source, asked.params)
    apart = np.abs(np.asarray(result).astype(int) - np.asarray(expected).astype(int)).max()
    measures.figure("max_abs_diff", float(apart), at_most=0.0)
    times = interleaved(
        {
            "stock": lambda: png(
                stock(plain, decode_picture(asked.source or b"", "source"), asked.params)
            ),
            "engine": lambda: run(core, [asked]),
        },
        rounds,
        warm_ups=0,
    )
    measures.figure("vs_stock", ratio(times, "stock", "engine"), at_least=1.3)
    for name, seconds in times.items():
        measures.figure(f"{name}_seconds", median(seconds))
    return rounds
