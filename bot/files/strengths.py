"""A contact sheet of one checkpoint: the sample photos, each at five strengths."""

import statistics
import tempfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from bot.demo.sheet import Shown, contact_sheet
from bot.errors import RestyleError
from bot.files.batch import Outcome, restyle_files
from bot.files.plan import FileTask, Wanted
from bot.settings import Settings

STRENGTHS = (0.2, 0.4, 0.6, 0.8, 1.0)
SEED = 7


async def strengths_sheet(settings: Settings, prompt: str, out: Path) -> float:
    """Write the sheet to ``out``; the median seconds that one picture took.

    Raises:
        EngineError: The checkpoint cannot be loaded.
        RestyleError: A picture could not be made.
    """
    photos = _sample_photos()
    outcomes: list[Outcome] = []
    wanted = Wanted(
        prompt=prompt,
        negative_prompt="",
        strength=STRENGTHS[0],
        num_inference_steps=None,
        guidance_scale=None,
    )
    with tempfile.TemporaryDirectory() as folder:
        tasks = [
            FileTask(
                source=photo,
                target=_target(folder, photo, strength),
                seed=SEED,
                strength=strength,
            )
            for photo in photos
            for strength in STRENGTHS
        ]
        await restyle_files(settings, wanted, tasks, tell=outcomes.append, show_bar=True)
        seconds = [_seconds(outcome) for outcome in outcomes]
        contact_sheet(list(_shown(folder, photos)), out, columns=1 + len(STRENGTHS))
    return statistics.median(seconds)


def _sample_photos() -> list[Path]:
    return sorted(Path(str(files("bot.demo") / "photos")).glob("*.jpg"))


def _target(folder: str, photo: Path, strength: float) -> Path:
    return Path(folder) / f"{photo.stem}-{strength}.png"


def _seconds(outcome: Outcome) -> float:
    if outcome.result is None:
        raise RestyleError(f"{outcome.task.source.name}: {outcome.error}")
    return outcome.result.seconds


def _shown(folder: str, photos: list[Path]) -> Iterator[Shown]:
    for photo in photos:
        yield Shown(title=photo.stem, path=photo)
        for strength in STRENGTHS:
            yield Shown(title=f"strength {strength}", path=_target(folder, photo, strength))
