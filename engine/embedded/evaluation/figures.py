"""Measuring a model: what it makes of the photographs, look by look, and the figures of it all."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from engine.embedded.evaluation import measures
from engine.embedded.evaluation.classifier import NAMES, Judge, teacher_pictures
from engine.embedded.evaluation.progress import shown
from engine.embedded.evaluation.runs import Model, Pictures, usual_prompt
from engine.embedded.filters import LOOKS

STRENGTHS = (0.2, 0.4, 0.6, 0.8, 1.0)
EDGES_AT = 0.5
LOOK_AT = 0.6
NOTHING_AT = 0.55
NEGATIVE = "blurry, low quality, deformed"
_NEGATIVE_LOOKS = ("oil", "night", "tungsten", "anime")


@dataclass(frozen=True)
class LookFigures:
    """One look on all photographs: means, but for ``taken_for``, what it was mostly taken for.

    ``ssim`` is the likeness to the source at each of `STRENGTHS`.
    """

    ssim: dict[float, float]
    top1: float
    top3: float
    taken_for: str
    edges: float
    blotches: float

    @property
    def monotone(self) -> bool:
        """Whether a stronger job is never nearer to the source."""
        values = [self.ssim[strength] for strength in STRENGTHS]
        return values == sorted(values, reverse=True)


def look_figures(
    model: Model, photos: Pictures, looks_judge: Judge, looks: tuple[str, ...] = tuple(LOOKS)
) -> dict[str, LookFigures]:
    """Every look's figures on ``photos``."""
    title = f"looks, {photos.shape[2]} × {photos.shape[1]}"
    return {look: _one_look(model, photos, looks_judge, look) for look in shown(looks, title)}


def _one_look(model: Model, photos: Pictures, looks_judge: Judge, look: str) -> LookFigures:
    prompt = usual_prompt(look)
    made = {at: model.restyle(photos, prompt, at) for at in (*STRENGTHS, EDGES_AT)}
    teacher = teacher_pictures(photos, look)
    ranking = looks_judge.ranking(made[LOOK_AT])
    hits = ranking == NAMES.index(look)
    return LookFigures(
        ssim={at: measures.mean_ssim(photos, made[at]) for at in STRENGTHS},
        top1=float(hits[:, :1].any(axis=1).mean()),
        top3=float(hits[:, :3].any(axis=1).mean()),
        taken_for=NAMES[int(np.bincount(ranking[:, 0]).argmax())],
        edges=measures.edge_correlation(made[EDGES_AT], teacher),
        blotches=measures.blotch_energy(made[LOOK_AT], teacher),
    )


def summary(looks: dict[str, LookFigures]) -> dict[str, float]:
    """The means over the looks, and the share of them that is monotone."""
    each = list(looks.values())
    return {
        **{f"ssim_{at}": float(np.mean([look.ssim[at] for look in each])) for at in STRENGTHS},
        "monotone": float(np.mean([look.monotone for look in each])),
        "top1": float(np.mean([look.top1 for look in each])),
        "top3": float(np.mean([look.top3 for look in each])),
        "edges": float(np.mean([look.edges for look in each])),
        "blotches": float(np.mean([look.blotches for look in each])),
    }


def prompt_figures(model: Model, photos: Pictures) -> dict[str, float]:
    """The likeness to the source under an empty prompt, and what a negative prompt changes."""
    changes = []
    for look in shown(_NEGATIVE_LOOKS, "negative prompts"):
        prompt = usual_prompt(look)
        plain, bent = (
            measures.mean_ssim(photos, model.restyle(photos, prompt, LOOK_AT, negative))
            for negative in (None, NEGATIVE)
        )
        changes.append(abs(plain - bent))
    empty = model.restyle(photos, "", NOTHING_AT)
    return {
        "empty_prompt_ssim": measures.mean_ssim(photos, empty),
        "negative_prompt_ssim_change": max(changes),
        "autoencoder_db": measures.psnr_db(photos, model.reconstruct(photos)),
    }


def judge_accuracy(looks_judge: Judge, photos: Pictures) -> float:
    """Share of the teachers' own pictures of ``photos`` that the judge names rightly."""
    hits = [
        looks_judge.hits(teacher_pictures(photos, name), name, 1)
        for name in shown(NAMES, "the judge itself")
    ]
    return float(np.mean(hits))


def seconds(model: Model, photo: Pictures, rounds: int = 3) -> float:
    """Median over ``rounds`` of one picture of ``photo``'s size at strength 0.6, on every core."""
    threads = torch.get_num_threads()
    torch.set_num_threads(os.cpu_count() or 1)
    spent = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        model.restyle(photo, "at dusk", LOOK_AT)
        spent.append(time.perf_counter() - began)
    torch.set_num_threads(threads)
    # The first is a warm-up.
    return float(np.median(spent[1:]))


def megabytes(weights: Path) -> float:
    """What the folder weighs."""
    return sum(file.stat().st_size for file in weights.rglob("*") if file.is_file()) / 1e6
