"""Runs the planned files through one intake and one engine, as many at once as the engine takes."""

import asyncio
import io
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec
from PIL import Image
from rich.console import Console
from rich.progress import Progress

from bot.application import engine_options, intake_limits
from bot.errors import RestyleError
from bot.files.plan import FORMATS, FileTask, Wanted
from bot.intake import Intake, Prepared, SizeRule
from bot.settings import Settings
from engine import events
from engine.checkpoints import find_checkpoint
from engine.client import LocalEngine
from engine.params import Attempt, RestyleParams


class FileResult(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` tells of one result."""

    path: str
    width: int
    height: int
    seed: int
    strength: float
    steps: int
    checkpoint: str
    seconds: float
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one task ended: with a result or with an error's sentence."""

    task: FileTask
    result: FileResult | None = None
    error: str | None = None


class NotMade(RestyleError):
    """One picture could not be made or written."""


async def restyle_files(
    settings: Settings,
    wanted: Wanted,
    tasks: Sequence[FileTask],
    *,
    tell: Callable[[Outcome], None],
    show_bar: bool,
) -> int:
    """Make all results; ``tell`` hears of each as it ends. Returns how many failed.

    Raises:
        EngineError: The engine cannot be made ready.
    """
    checkpoint = find_checkpoint(settings.checkpoint, settings.resolved_checkpoints_file)
    rule = SizeRule(
        area_side=checkpoint.size, max_side=checkpoint.max_size, multiple=checkpoint.multiple
    )
    async with AsyncExitStack() as stack:
        intake = Intake(intake_limits(settings))
        stack.push_async_callback(intake.close)
        engine = LocalEngine(engine_options(settings))
        stack.push_async_callback(engine.close)
        await engine.start()
        slots = asyncio.Semaphore(max(1, engine.health().slots))
        bar = stack.enter_context(Progress(console=Console(stderr=True), disable=not show_bar))
        bar_id = bar.add_task("restyling", total=len(tasks))

        async def one(task: FileTask) -> Outcome:
            async with slots:
                try:
                    prepared = await intake.prepare(
                        await asyncio.to_thread(_read, task.source), rule
                    )
                    done = await _run(engine, _attempt(task, wanted, prepared, checkpoint.name))
                    image = done.image
                    if prepared.alpha is not None:
                        image = await intake.restore(image, prepared.alpha)
                    await asyncio.to_thread(_write, image, task.target)
                except RestyleError as error:
                    outcome = Outcome(task=task, error=str(error))
                else:
                    outcome = Outcome(
                        task=task,
                        result=_result(task, wanted, prepared, done, checkpoint.name),
                    )
                tell(outcome)
                bar.advance(bar_id)
                return outcome

        outcomes = await asyncio.gather(*map(one, tasks))
    return sum(outcome.error is not None for outcome in outcomes)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotMade(f"It cannot be read: {error.strerror}.") from error


def _attempt(task: FileTask, wanted: Wanted, prepared: Prepared, checkpoint: str) -> Attempt:
    params = RestyleParams(
        prompt=wanted.prompt,
        negative_prompt=wanted.negative_prompt,
        strength=_strength(task, wanted),
        guidance_scale=wanted.guidance_scale,
        num_inference_steps=wanted.num_inference_steps,
        seed=task.seed,
        width=prepared.width,
        height=prepared.height,
        checkpoint=checkpoint,
    )
    return Attempt(key=f"{task.target}.1", params=params, source=prepared.image)


def _strength(task: FileTask, wanted: Wanted) -> float:
    return wanted.strength if task.strength is None else task.strength


async def _run(engine: LocalEngine, attempt: Attempt) -> events.Done:
    await engine.wait_ready()
    async for event in engine.submit(attempt):
        match event:
            case events.Done():
                return event
            case events.Failed(message=message):
                raise NotMade(message)
    raise NotMade("The engine process died under it; `restyle doctor` may tell why.")


def _write(image: bytes, target: Path) -> None:
    """Write the picture in the target's format, whole or not at all."""
    with Image.open(io.BytesIO(image)) as picture:
        kind = FORMATS[target.suffix.lower()]
        flat = picture.convert("RGB") if kind == "JPEG" else picture
        out = io.BytesIO()
        flat.save(out, kind, **({"lossless": True} if kind == "WEBP" else {}))
    try:
        # On an error nothing stays behind: the folder and the unfinished file in it are removed.
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".restyle-") as folder:
            unfinished = Path(folder) / "result"
            unfinished.write_bytes(out.getvalue())
            unfinished.replace(target)
    except OSError as error:
        raise NotMade(f"{target} cannot be written: {error.strerror}.") from error


def _result(
    task: FileTask, wanted: Wanted, prepared: Prepared, done: events.Done, checkpoint: str
) -> FileResult:
    return FileResult(
        path=str(task.target),
        width=done.width,
        height=done.height,
        seed=task.seed,
        strength=_strength(task, wanted),
        steps=done.num_inference_steps,
        checkpoint=checkpoint,
        seconds=round(done.seconds, 3),
        notes=(*map(str, prepared.notes), *done.notes),
    )
