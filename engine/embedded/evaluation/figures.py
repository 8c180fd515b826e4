"""The figures that decide whether weights are good enough, with their bars."""

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.progress import track

from engine.embedded.evaluation import measures
from engine.embedded.evaluation.classifier import NAMES, Judge, judge, teacher_pictures
from engine.embedded.evaluation.runs import Model, Pictures, evaluation_photos, usual_prompt
from engine.embedded.filters import LOOKS

STRENGTHS = (0.2, 0.4, 0.5, 0.6, 0.8, 1.0)
NEGATIVE = "blurry, low quality, deformed"

Figures = dict[str, Any]


def measure(
    weights: Path, folder: Path, photos: int | None = None, size: tuple[int, int] = (256, 256)
) -> Figures:
    """Every figure of the weights in ``weights``, on all evaluation photographs or ``photos``.

    Args:
        weights: A diffusers folder.
        folder: The training's folder, for the judge and the downloads.
        photos: How many photographs; all when None.
        size: Width and height of the pictures.
    """
    model = Model(weights)
    shown = evaluation_photos(folder, *size, photos)
    looks = _looks(model, shown, judge(folder))
    empty = model.restyle(shown, "", 0.55)
    return {
        "photos": len(shown),
        "size": list(size),
        **_summary(looks),
        "judge_accuracy": _judge_accuracy(judge(folder), shown),
        "empty_prompt_ssim": measures.mean_ssim(shown, empty),
        "negative_prompt_ssim_change": _negative_change(model, shown),
        "autoencoder_db": measures.psnr_db(shown, model.reconstruct(shown)),
        "seconds": _seconds(model, shown[:1]),
        "megabytes": sum(file.stat().st_size for file in weights.rglob("*.*")) / 1e6,
        "looks": looks,
    }


def _looks(model: Model, photos: Pictures, looks_judge: Judge) -> dict[str, Figures]:
    figures = {}
    for look in track(LOOKS, "figures"):
        teacher = teacher_pictures(photos, look)
        made = {
            strength: model.restyle(photos, usual_prompt(look), strength) for strength in STRENGTHS
        }
        figures[look] = {
            "ssim": {str(at): measures.mean_ssim(photos, made[at]) for at in STRENGTHS},
            "top1": looks_judge.hits(made[0.6], look, 1),
            "top3": looks_judge.hits(made[0.6], look, 3),
            "taken_for": NAMES[int(np.bincount(looks_judge.ranking(made[0.6])[:, 0]).argmax())],
            "edges": measures.edge_correlation(made[0.5], teacher),
            "blotches": measures.blotch_energy(made[0.6], teacher),
        }
    return figures


def _summary(looks: dict[str, Figures]) -> Figures:
    ssim = {
        str(at): float(np.mean([look["ssim"][str(at)] for look in looks.values()]))
        for at in STRENGTHS
    }
    falls = [list(look["ssim"].values()) for look in looks.values()]
    return {
        "ssim": ssim,
        "monotone_looks": sum(values == sorted(values, reverse=True) for values in falls),
        **{
            name: float(np.mean([look[name] for look in looks.values()]))
            for name in ("top1", "top3", "edges", "blotches")
        },
    }


def _judge_accuracy(looks_judge: Judge, photos: Pictures) -> float:
    hits = [looks_judge.hits(teacher_pictures(photos, name), name, 1) for name in NAMES]
    return float(np.mean(hits))


def _negative_change(model: Model, photos: Pictures) -> float:
    """The largest change over a few prompts of the mean SSIM to the source."""
    changes = []
    for prompt in ("oil painting", "at night", "warm tungsten lighting", "anime"):
        without = model.restyle(photos, prompt, 0.6)
        with_it = model.restyle(photos, prompt, 0.6, NEGATIVE)
        changes.append(
            abs(measures.mean_ssim(photos, without) - measures.mean_ssim(photos, with_it))
        )
    return max(changes)


def _seconds(model: Model, photo: Pictures) -> dict[str, float]:
    """Median of three runs at strength 0.6, as drawn and at 512²."""
    large = np.repeat(np.repeat(photo, 2, axis=1), 2, axis=2)
    medians = {}
    threads = torch.get_num_threads()
    torch.set_num_threads(os.cpu_count() or 1)
    for picture in (photo, large):
        spent = []
        for _ in range(3):
            began = time.perf_counter()
            model.restyle(picture, "at dusk", 0.6)
            spent.append(time.perf_counter() - began)
        medians["x".join(map(str, picture.shape[2:0:-1]))] = float(np.median(spent))
    torch.set_num_threads(threads)
    return medians
