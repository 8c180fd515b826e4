"""Which source becomes which file under which seed, settled before any work begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import RestyleError
from bot.jobs.wish import fresh_seed

FORMATS = {".png": "PNG", ".webp": "WEBP", ".jpg": "JPEG", ".jpeg": "JPEG"}
DEFAULT_SUFFIX = ".png"


class BadPlan(RestyleError):
    """Sources and output do not go together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What all sources of one call have in common; None is the checkpoint's default."""

    prompt: str
    negative_prompt: str
    strength: float
    num_inference_steps: int | None
    guidance_scale: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTask:
    """One result to be made."""

    source: Path
    target: Path
    seed: int


def plan(sources: Sequence[Path], out: Path, *, seed: int | None, count: int) -> list[FileTask]:
    """One task a result: ``out`` is the file itself for one, the folder for several.

    Several results of one source get the seeds that follow ``seed``.

    Raises:
        BadPlan: A source is no file, or ``out`` cannot take the results.
    """
    for source in sources:
        if not source.is_file():
            raise BadPlan(f"There is no file {source}.")
    several = len(sources) * count > 1
    targets = _names_in(out, sources, count) if several or out.is_dir() else [out]
    if wrong := next((path for path in targets if path.suffix.lower() not in FORMATS), None):
        raise BadPlan(f"{wrong} does not end in one of {', '.join(FORMATS)}.")
    folder = out if several else targets[0].parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadPlan(f"{folder} is no folder and cannot be made one.") from error
    first = fresh_seed() if seed is None else seed
    return [
        FileTask(source=source, target=targets[at * count + number], seed=first + number)
        for at, source in enumerate(sources)
        for number in range(count)
    ]


def _names_in(folder: Path, sources: Sequence[Path], count: int) -> list[Path]:
    taken: set[str] = set()
    targets = []
    for source in sources:
        for number in range(count):
            stem = source.stem if count == 1 else f"{source.stem}-{number + 1}"
            name, again = stem, 2
            # Two sources of one name in different folders must not overwrite each other.
            while name in taken:
                name, again = f"{stem}-{again}", again + 1
            taken.add(name)
            targets.append(folder / f"{name}{DEFAULT_SUFFIX}")
    return targets
