"""A judge of looks: trained on the teachers' pictures of the training photographs only."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.embedded.evaluation.progress import shown
from engine.embedded.evaluation.runs import Pictures
from engine.embedded.filters import LIGHTS, LOOKS, restyle
from engine.embedded.training.pairs import build_crops, listed_photos
from engine.embedded.training.plan import FULL

NAMES = ("photo", *LOOKS)
_SAMPLES_PER_LOOK = 90
_EPOCHS = 60
# A person does not mind a trace of grain or softness, and neither should the judge.
_MOST_GRAIN, _MOST_BLUR_PX = 0.02, 0.7

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Judge:
    """Ranks the looks (`NAMES`) that a picture may have."""

    mean: Tensor
    deviation: Tensor
    network: nn.Module

    def ranking(self, pictures: Pictures) -> NDArray[np.int64]:
        """For each picture the places in `NAMES`, likeliest first."""
        features = (torch.from_numpy(_features(pictures)) - self.mean) / self.deviation
        with torch.inference_mode():
            return np.asarray(self.network(features).argsort(dim=1, descending=True))

    def hits(self, pictures: Pictures, look: str, among: int) -> float:
        """Share of pictures of which ``look`` is among the first so many places."""
        return float((self.ranking(pictures)[:, :among] == NAMES.index(look)).any(axis=1).mean())


def teacher_pictures(photos: Pictures, look: str) -> Pictures:
    """What the teacher of ``look`` makes of each photograph (``"photo"`` leaves it)."""
    if look == "photo":
        return photos
    light = look if look in LIGHTS else None
    medium = None if light else look
    return np.stack([restyle(photo, medium, light) for photo in photos])


def judge(folder: Path, seed: int = 5) -> Judge:
    """The judge kept in ``folder``, trained there first if need be (some minutes).

    Raises:
        FetchError: A training photograph's package could not be downloaded.
    """
    kept = folder / "judge.pt"
    if not kept.exists():
        crops = build_crops(folder, FULL, listed_photos(folder, FULL))
        mean, deviation, network = _train(crops, seed)
        torch.save({"mean": mean, "deviation": deviation, "network": network.state_dict()}, kept)
    state = torch.load(kept, weights_only=True)
    network = _network(len(state["mean"]))
    network.load_state_dict(state["network"])
    return Judge(state["mean"], state["deviation"], network.eval())


def _train(crops: Pictures, seed: int) -> tuple[Tensor, Tensor, nn.Module]:
    dice = np.random.default_rng(seed)
    torch.manual_seed(seed)
    found, places = [], []
    for look in shown(NAMES, "judge"):
        chosen = crops[np.sort(dice.permutation(len(crops))[:_SAMPLES_PER_LOOK])]
        pictures = teacher_pictures(chosen, look)
        found += [_features(pictures), _features(_worn(pictures, dice))]
        places += [NAMES.index(look)] * (2 * len(chosen))
    features, wanted = torch.from_numpy(np.concatenate(found)), torch.tensor(places)
    mean, deviation = features.mean(0), features.std(0) + 1e-3
    features = (features - mean) / deviation
    network = _network(features.shape[1])
    optimizer = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=0.02)
    for _ in range(_EPOCHS):
        for rows in torch.split(torch.randperm(len(features)), 128):
            noisy = features[rows] + 0.15 * torch.randn(len(rows), features.shape[1])
            loss = nn.functional.cross_entropy(network(noisy), wanted[rows])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
    return mean, deviation, network


def _worn(pictures: Pictures, dice: np.random.Generator) -> Pictures:
    """The pictures with a little grain and softness."""
    worn = []
    for picture in pictures.astype(np.float32):
        soft = cv2.GaussianBlur(picture, (0, 0), dice.uniform(0.05, _MOST_BLUR_PX))
        worn.append(soft + dice.normal(0, 255 * dice.uniform(0, _MOST_GRAIN), soft.shape))
    pixels: Pictures = (np.clip(np.stack(worn), 0, 255) + 0.5).astype(np.uint8)
    return pixels


def _network(inputs: int) -> nn.Module:
    return nn.Sequential(
        nn.Linear(inputs, 160), nn.GELU(), nn.Dropout(0.2), nn.Linear(160, len(NAMES))
    )


def _features(pictures: Pictures) -> Floats:
    return np.stack([_features_of(picture.astype(np.float32) / 255) for picture in pictures])


def _features_of(picture: Floats) -> Floats:
    """Colours, their spread and kinship, detail by scale, and what repeats."""
    luma = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    saturation = picture.max(axis=2) - picture.min(axis=2)
    planes = [*np.moveaxis(picture, 2, 0), luma, saturation]
    quantiles = [np.quantile(plane, (0.03, 0.2, 0.4, 0.6, 0.8, 0.97)) for plane in planes]
    kinship = np.cov(np.stack([plane.ravel() for plane in planes]))[np.triu_indices(5)]
    detail, rest = [], luma
    for _ in range(4):
        softer = cv2.GaussianBlur(rest, (0, 0), 1.5)
        detail += [np.log((rest - softer).std() + 0.005), np.abs(rest - softer).mean() * 10]
        rest = cv2.resize(softer, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    down, across = np.abs(np.diff(luma, axis=0)), np.abs(np.diff(luma, axis=1))
    beats = [
        steps[:, place::16].mean() if axis else steps[place::16].mean()
        for axis, steps in ((0, down), (1, across))
        for place in range(16)
    ]
    flat = [(down < 0.004).mean(), (across < 0.004).mean()]
    return np.concatenate([*quantiles, kinship, detail, np.array(beats) * 10, flat]).astype(
        np.float32
    )
