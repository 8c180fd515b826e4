"""How far a chain of subtle variations strays from where it began."""

import statistics

import numpy as np

from engine.bench.jobs import Photos, attempt, core_of, run
from engine.bench.report import Measures
from engine.bench.settings import BenchSettings
from engine.checkpoints import find_checkpoint
from engine.colour import to_lab
from engine.core import EngineCore
from engine.encoding import decode_picture
from engine.events import Done
from engine.families.loading import load_pipeline

# What the button "Vary subtle" does; and hardly anything, which leaves what the chain loses.
SUBTLE, LEAST = 0.3, 0.05
VARIES = 5
SIDE = 128
CHAINS = 4


def measure(settings: BenchSettings, measures: Measures) -> int:
    """Varies of varies, from the kept latents and from the decoded picture."""
    row, photos = find_checkpoint("embedded"), Photos(settings.photos)
    core = core_of(load_pipeline(row, "cpu"), row=row)
    side, chains = (64, 1) if settings.quick else (SIDE, CHAINS)
    starts = [
        attempt("start", photos.picture(at, side), side, seed=at, guidance_scale=2.0)
        for at in range(chains)
    ]
    parents = [run(core, [start])["start"] for start in starts]
    for strength, suffix in ((SUBTLE, ""), (LEAST, "_at_least_strength")):
        kept, decoded = (
            [
                _distances(_chain(core, parent, side, strength, from_latents=way))
                for parent in parents
            ]
            for way in (True, False)
        )
        pixels = _mean(kept, 1) / _mean(decoded, 1)
        measures.figure(f"lab_ratio{suffix}", pixels, at_most=None if suffix else 0.5)
        measures.figure(f"lab_kept{suffix}", _mean(kept, 1))
        measures.figure(f"lab_decoded{suffix}", _mean(decoded, 1))
        measures.figure(f"mean_colour_ratio{suffix}", _mean(kept, 0) / _mean(decoded, 0))
    return chains


def _chain(
    core: EngineCore, parent: Done, side: int, strength: float, *, from_latents: bool
) -> list[Done]:
    """The varies, each of the one before."""
    results = []
    for number in range(VARIES):
        source = decode_picture(parent.image, "source")
        brought = {"source_latents": parent.latents} if from_latents else {}
        # An empty prompt asks for no change of its own: what changes is what the chain loses.
        asked = attempt(
            "vary", source, side, prompt="", strength=strength, seed=100 + number, **brought
        )
        parent = run(core, [asked])["vary"]
        results.append(parent)
    return results


def _distances(results: list[Done]) -> tuple[float, float]:
    """From the first to the last: between their mean colours, and of each pixel in the mean."""
    first, last = (to_lab(decode_picture(r.image, "result")) for r in (results[0], results[-1]))
    between = np.linalg.norm(first.mean((0, 1)) - last.mean((0, 1)))
    return float(between), float(np.linalg.norm(first - last, axis=-1).mean())


def _mean(chains: list[tuple[float, float]], which: int) -> float:
    return statistics.mean(chain[which] for chain in chains)
