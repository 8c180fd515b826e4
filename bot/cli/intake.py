"""`restyle intake`: what intake makes of files, for the question why a picture was refused."""

import asyncio
import os
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from bot.intake import Intake, IntakeError, IntakeUnavailable, SizeRule
from bot.intake.limits import IntakeLimits, check_bytes
from bot.intake.sniff import format_name, sniff
from bot.settings import Settings, load_settings

AT_ONCE = 8


def intake(
    files: Annotated[list[Path], typer.Argument(help="Files to look at.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a file.")] = False,
) -> None:
    """Tell for each file what intake makes of it. A refused file is no error of this command."""
    asyncio.run(_look_at_all(files, load_settings(), as_json=as_json))


async def _look_at_all(files: list[Path], settings: Settings, *, as_json: bool) -> None:
    from bot.application import intake_limits
    from engine.checkpoints import find_checkpoint

    checkpoint = find_checkpoint(settings.checkpoint, settings.resolved_checkpoints_file)
    rule = SizeRule(
        area_side=checkpoint.size, max_side=checkpoint.max_size, multiple=checkpoint.multiple
    )
    limits = intake_limits(settings)
    taker = Intake(limits)
    try:
        for start in range(0, len(files), AT_ONCE):
            some = files[start : start + AT_ONCE]
            for report in await asyncio.gather(*(_look_at(f, taker, limits, rule) for f in some)):
                typer.echo(msgspec.json.encode(report).decode() if as_json else _line(report))
    finally:
        await taker.close()


async def _look_at(
    file: Path, taker: Intake, limits: IntakeLimits, rule: SizeRule
) -> dict[str, Any]:
    # A name need not be text; what is not is told as escapes.
    name = os.fsencode(file).decode("utf-8", "backslashreplace")
    report: dict[str, Any] = {"file": name, "ok": False, "error": None, "format": None}
    report |= {"source": None, "final": None, "notes": []}
    try:
        data = await asyncio.to_thread(_read, file, limits.max_bytes)
        check_bytes(data, limits)
        prepared = await taker.prepare(data, rule)
    except IntakeUnavailable:
        # That is no fault of the file.
        raise
    except IntakeError as error:
        refusal = {"code": error.code, "sentence": str(error)}
        return report | {"error": refusal, "format": _format(data), "source": _size(error)}
    except OSError as error:
        sentence = f"The file cannot be read: {error.strerror or error}."
        return report | {"error": {"code": "unreadable", "sentence": sentence}}
    return report | {
        "ok": True,
        "format": prepared.format,
        "source": {"width": prepared.original_width, "height": prepared.original_height},
        "final": {"width": prepared.width, "height": prepared.height},
        "notes": [str(note) for note in prepared.notes],
    }


def _format(data: bytes) -> str | None:
    """What a refused file is by its first bytes; None for what is no picture of ours."""
    try:
        return format_name(sniff(data))
    except IntakeError:
        return None


def _size(error: IntakeError) -> dict[str, Any] | None:
    """The pixels of a refused picture where its refusal tells them."""
    values = error.sentence.values
    if not {"width", "height"} <= values.keys():
        return None
    return {"width": values["width"], "height": values["height"]}


def _read(file: Path, max_bytes: int) -> bytes:
    with file.open("rb") as stream:
        # One byte more is enough to see that it is too large.
        return stream.read(max_bytes + 1)


def _line(report: dict[str, Any]) -> str:
    if not report["ok"]:
        return (
            f"{report['file']}: refused, {report['error']['code']}. {report['error']['sentence']}"
        )
    source, final = report["source"], report["final"]
    sizes = f"{source['width']} × {source['height']} to {final['width']} × {final['height']}"
    return " ".join([f"{report['file']}: {report['format']}, {sizes}.", *report["notes"]])
