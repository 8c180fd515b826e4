"""The whole report on a model: every figure, its bar, and what it was measured with."""

import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from engine.embedded.evaluation import figures as measured
from engine.embedded.evaluation.bars import STAND_IN_BLOTCHES, verdicts, worse_by
from engine.embedded.evaluation.classifier import Judge, judge
from engine.embedded.evaluation.runs import Model, evaluation_photos

SIDE_PX = 256
OTHER_SIZES = ((512, 512), (384, 256), (256, 384))
# Other sizes cost up to four times as much, and are only compared.
_PHOTOS_AT_OTHER_SIZES = 2


def report(
    weights: Path, folder: Path, photos: int | None = None, *, sizes: bool = True
) -> dict[str, Any]:
    """Measure the weights in ``weights`` against every bar.

    Args:
        weights: A diffusers folder.
        folder: The training's folder, for the judge and the downloads.
        photos: How many of the evaluation photographs; all when None.
        sizes: Whether other sizes are measured too.
    """
    model, looks_judge = Model(weights), judge(folder)
    shown = evaluation_photos(folder, SIDE_PX, SIDE_PX, photos)
    large = evaluation_photos(folder, 2 * SIDE_PX, 2 * SIDE_PX, 1)
    looks = measured.look_figures(model, shown, looks_judge)
    figures = {
        **measured.summary(looks),
        "judge_accuracy": measured.judge_accuracy(looks_judge, shown),
        **measured.prompt_figures(model, shown),
        "seconds_256": measured.seconds(model, shown[:1]),
        "seconds_512": measured.seconds(model, large),
        "megabytes": measured.megabytes(weights),
    }
    figures["blotches_to_stand_in"] = figures["blotches"] / STAND_IN_BLOTCHES
    if sizes:
        figures |= _other_sizes(model, folder, looks_judge)
    bars = verdicts(figures)
    return {
        "figures": {name: round(value, 4) for name, value in figures.items()},
        "bars": bars,
        "ok": all(bar["ok"] for bar in bars.values()),
        "photos": len(shown),
        "device": "cpu",
        "versions": _versions(),
        "looks": {look: asdict(each) for look, each in looks.items()},
    }


def _other_sizes(model: Model, folder: Path, looks_judge: Judge) -> dict[str, float]:
    """How much worse the same few photographs fare at other sizes."""
    by_size = {}
    for width, height in ((SIDE_PX, SIDE_PX), *OTHER_SIZES):
        few = evaluation_photos(folder, width, height, _PHOTOS_AT_OTHER_SIZES)
        by_size[width, height] = {
            **measured.summary(measured.look_figures(model, few, looks_judge)),
            **measured.prompt_figures(model, few),
        }
    usual = by_size[SIDE_PX, SIDE_PX]
    return {
        f"{width}x{height}_worse_by": worse_by(by_size[width, height], usual)
        for width, height in OTHER_SIZES
    }


def _versions() -> dict[str, str]:
    packages = ("torch", "diffusers", "transformers", "opencv-python-headless", "scikit-image")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}
