"""Which source becomes which file under which seed, settled before any work begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import RestyleError
from bot.jobs.wish import fresh_seed
from engine.resolve import MAX_SEED

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
    """One result to be made; ``strength`` where it differs from what all have in common."""

    source: Path
    target: Path
    seed: int
    strength: float | None = None


def plan(sources: Sequence[Path], out: Path, *, seed: int | None, count: int) -> list[FileTask]:
    """One task a result: ``out`` is the file itself for one, the folder for several.

    Several results of one source get the seeds that follow ``seed``.

    Raises:
        BadPlan: A source is no file, or ``out`` cannot take the results, or a result would
            overwrite a source.
    """
    try:
        targets = _targets(sources, out, count)
    except OSError as error:
        # Looking alone can fail: a name too long, a loop of links, a folder without permission.
        raise BadPlan(f"{error.filename} cannot be used: {error.strerror}.") from error
    first = fresh_seed() if seed is None else seed
    if first + count - 1 > MAX_SEED:
        raise BadPlan(f"Seed {first} leaves no room for {count} seeds; the last is {MAX_SEED}.")
    return [
        FileTask(source=source, target=targets[at * count + number], seed=first + number)
        for at, source in enumerate(sources)
        for number in range(count)
    ]


def _targets(sources: Sequence[Path], out: Path, count: int) -> list[Path]:
    """The files to be written, ``count`` for each source in order; their folder is there then."""
    for source in sources:
        if not source.is_file():
            raise BadPlan(f"There is no file {source}.")
    several = len(sources) * count > 1
    if several and out.suffix.lower() in FORMATS and not out.is_dir():
        raise BadPlan(f"{out} is one file, but there are several results; name a folder for them.")
    targets = _names_in(out, sources, count) if several or out.is_dir() else [out]
    if wrong := next((path for path in targets if path.suffix.lower() not in FORMATS), None):
        raise BadPlan(f"{wrong} does not end in one of {', '.join(FORMATS)}.")
    given = {source.resolve() for source in sources}
    if same := next((path for path in targets if path.resolve() in given), None):
        raise BadPlan(f"{same} is a source, and a result would overwrite it.")
    folder = out if several else targets[0].parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadPlan(f"{folder} is no folder and cannot be made one.") from error
    return targets


def _names_in(folder: Path, sources: Sequence[Path], count: int) -> list[Path]:
    taken: set[str] = set()
    targets = []
    for source in sources:
        for number in range(count):
            stem = source.stem if count == 1 else f"{source.stem}-{number + 1}"
            name, again = stem, 2
            # Two sources of one name in different folders must not overwrite each other, nor
            # two that differ in case only, where the file system knows no case.
            while name.casefold() in taken:
                name, again = f"{stem}-{again}", again + 1
            taken.add(name.casefold())
            targets.append(folder / f"{name}{DEFAULT_SUFFIX}")
    return targets
