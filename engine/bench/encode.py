"""How long a result takes to become a file, and how large it is."""

from engine.bench.jobs import Photos, attempt, core_of, lossless, png, run
from engine.bench.report import Measures
from engine.bench.settings import BenchSettings
from engine.bench.timing import interleaved, median, ratio
from engine.checkpoints import find_checkpoint
from engine.encoding import decode_picture, encode_result
from engine.families.loading import load_pipeline

SIDE = 1024


def measure(settings: BenchSettings, measures: Measures) -> int:
    """The engine's encoder against Pillow's PNG as it comes, on results of 1024 × 1024 pixels."""
    rounds = settings.rounds_or(9)
    side, count = (128, 1) if settings.quick else (SIDE, 2)
    row = find_checkpoint("embedded")
    core = core_of(load_pipeline(row, "cpu"), row=row)
    photos = Photos(settings.photos)
    asked = [
        # Half the size, and drawn again at twice that with a low strength: an upscale.
        attempt(f"{at}", photos.picture(at, side // 2), side, strength=0.25)
        for at in range(count)
    ]
    results = [decode_picture(done.image, "result") for done in run(core, asked).values()]
    assert all(decode_picture(encode_result(r), "result").tobytes() == r.tobytes() for r in results)
    times = interleaved(
        {
            "png": lambda: [png(result) for result in results],
            "engine": lambda: [encode_result(result) for result in results],
        },
        rounds,
    )
    sizes = {
        name: sum(len(encode(result)) for result in results)
        for name, encode in (("png", png), ("engine", encode_result))
    }
    measures.figure("speed_up", ratio(times, "png", "engine"), at_least=7.0)
    measures.figure("size_ratio", sizes["engine"] / sizes["png"], at_most=1.0)
    measures.figure("png_seconds", median(times["png"]) / count)
    measures.figure("engine_seconds", median(times["engine"]) / count)
    photographs = [photos.picture(at, side) for at in range(count)]
    measures.figure(
        "photograph_size_ratio",
        sum(len(lossless(p)) for p in photographs) / sum(len(png(p)) for p in photographs),
    )
    return rounds
