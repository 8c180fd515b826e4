"""How much of everything a training takes: in full, or in two minutes to prove the way."""

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs


@dataclass(frozen=True)
class Plan:
    """Sizes and durations of one training; the same plan and seed give the same model."""

    photos: int | None
    """Only the first so many photographs, or all."""
    crops_per_photo: int
    crops_per_view: int
    singles_per_crop: int
    compounds_per_crop: int
    text_steps: int
    autoencoder_steps: int
    denoiser_steps: int
    seed: int = 20


FULL = Plan(
    photos=None,
    crops_per_photo=8,
    crops_per_view=2,
    singles_per_crop=9,
    compounds_per_crop=3,
    text_steps=2500,
    autoencoder_steps=3000,
    denoiser_steps=6000,
)
SMOKE = Plan(
    photos=6,
    crops_per_photo=1,
    crops_per_view=1,
    singles_per_crop=4,
    compounds_per_crop=1,
    text_steps=20,
    autoencoder_steps=15,
    denoiser_steps=6,
)


def default_folder() -> Path:
    """Where a training keeps its state: ``RESTYLE_TRAIN_DIR``, or the user's cache folder."""
    configured = os.environ.get("RESTYLE_TRAIN_DIR")
    if configured:
        return Path(configured)
    return platformdirs.user_cache_path("restyle") / "train-embedded"
