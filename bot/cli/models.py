"""`restyle models …`: the checkpoints, their licences, and their weights on this machine."""

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table

from bot.errors import RestyleError
from bot.settings import load_settings
from engine.checkpoints import Checkpoint, find_checkpoint, load_checkpoints
from engine.weights.folder import pipeline_of
from engine.weights.table_file import add_row, remove_row

if TYPE_CHECKING:
    from engine.weights.on_disk import OnDisk

NON_COMMERCIAL = "This licence forbids commercial use. Please read it before you open the bot."

app = typer.Typer(help="Checkpoints and their weights.", no_args_is_help=True)


class NoEngineHere(RestyleError):
    """This installation has no part of the engine, as the bot's own image has none."""


@app.callback()
def models() -> None:
    """Checkpoints and their weights."""


@app.command("list")
def list_(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a row.")] = False
) -> None:
    """Show every checkpoint with its licence and what lies on this machine."""
    settings = load_settings()
    rows = load_checkpoints(settings.resolved_checkpoints_file).values()
    if as_json:
        for row in rows:
            told = {"chosen": row.name == settings.checkpoint, "disk": _on_disk(row)}
            typer.echo(msgspec.json.encode(msgspec.to_builtins(row) | msgspec.to_builtins(told)))
        return
    table = Table(box=None, header_style="bold")
    for column in ("checkpoint", "family", "size", "licence", "on disk", "source"):
        table.add_column(column, overflow="fold")
    for row in rows:
        name = f"{row.name} (chosen)" if row.name == settings.checkpoint else row.name
        licence = f"{row.licence}, no commercial use" if row.non_commercial else row.licence
        cells = (name, row.family, str(row.size), licence, _told(_on_disk(row)), row.source)
        # "[dev]" is part of a licence's name, and no markup.
        table.add_row(*map(escape, cells))
    Console(width=None if sys.stdout.isatty() else 160).print(table)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The name of the new row.")],
    *,
    source: Annotated[str, typer.Option(help="Hub repository owner/name, or a folder.")],
    family: Annotated[str, typer.Option(help="How it is run; docs/checkpoints.md.")] = "stock",
    licence: Annotated[str, typer.Option(help="What its licence is called.")] = "unknown",
    non_commercial: Annotated[
        bool, typer.Option("--non-commercial", help="The licence forbids commercial use.")
    ] = False,
    variant: Annotated[str | None, typer.Option(help="Such as fp16.")] = None,
    dtype: Annotated[str, typer.Option(help="float32, float16 or bfloat16.")] = "float16",
    size: Annotated[int, typer.Option(min=64, help="Side of the usual square, pixels.")] = 512,
    steps: Annotated[int, typer.Option(min=1, help="Default num_inference_steps.")] = 30,
    guidance: Annotated[float, typer.Option(min=0, help="Default guidance_scale.")] = 5.0,
) -> None:
    """Add a checkpoint: a repository of the hub, or a folder that you brought here yourself."""
    settings = load_settings()
    values = {
        "source": source,
        "family": family,
        "licence": licence,
        "non_commercial": non_commercial,
        "dtype": dtype,
        "size": size,
        "max_size": 2 * size,
        "num_inference_steps": steps,
        "guidance_scale": guidance,
    }
    if variant is not None:
        values["variant"] = variant
    what = "a repository of the hub"
    if (folder := Path(source)).is_absolute() or folder.is_dir():
        values["source"] = str(folder.resolve())
        what = f"a {pipeline_of(folder)}"
    row = add_row(settings.own_checkpoints_file, name, values)
    typer.echo(f"Added {name}, {what}, to {settings.own_checkpoints_file}.")
    _warn_of(row)


@app.command()
def pull(name: Annotated[str, typer.Argument(help="A row of the checkpoint table.")]) -> None:
    """Download a checkpoint's weights, or the files of them that are not here yet."""
    settings = load_settings()
    row = find_checkpoint(name, settings.resolved_checkpoints_file)
    _warn_of(row)
    if _on_disk(row).place in ("ships", "folder"):
        typer.echo(f"{name} needs no download.")
        return
    command = [sys.executable, "-m", "engine.weights.pull", name]
    if settings.resolved_checkpoints_file is not None:
        command += ["--checkpoints-file", str(settings.resolved_checkpoints_file)]
    if subprocess.run(command, check=False).returncode != 0:
        raise typer.Exit(1)
    typer.echo(f"{name} is here: {_told(_on_disk(row))}.")


@app.command("test")
def show_at_work(
    name: Annotated[str, typer.Argument(help="A row of the checkpoint table.")],
    *,
    out: Annotated[Path, typer.Option("-o", "--out", help="The contact sheet.")] = Path(
        "contact-sheet.webp"
    ),
    prompt: Annotated[str, typer.Option(help="How the pictures should look.")] = "an oil painting",
) -> None:
    """Restyle the sample photos at five strengths and show them on one sheet."""
    import asyncio

    from bot.files.strengths import strengths_sheet
    from bot.log import configure_logging

    settings = load_settings(checkpoint=name)
    configure_logging(settings.model_copy(update={"log_level": "ERROR"}))
    seconds = asyncio.run(strengths_sheet(settings, prompt, out))
    typer.echo(f"{out}: {seconds:.1f} s a picture.")


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="A row of the checkpoint table.")],
    *,
    keep_row: Annotated[bool, typer.Option("--keep-row", help="Delete the download only.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a checkpoint's downloads, and its row if it is one of yours."""
    from engine.weights.on_disk import remove_downloads

    settings = load_settings()
    row = find_checkpoint(name, settings.resolved_checkpoints_file)
    disk = _on_disk(row)
    if disk.place == "ships":
        raise RestyleError(f"{name} is part of Restyle and cannot be removed.")
    if name == settings.checkpoint:
        raise RestyleError(f"{name} is the checkpoint in use; set RESTYLE_CHECKPOINT first.")
    if not yes:
        typer.confirm(f"Delete what was downloaded for {name} ({_told(disk)})?", abort=True)
    typer.echo(f"Freed {decimal(remove_downloads(row))}.")
    if not keep_row and remove_row(settings.own_checkpoints_file, name):
        typer.echo(f"Took {name} out of {settings.own_checkpoints_file}.")


def _on_disk(row: Checkpoint) -> "OnDisk":
    try:
        from engine.weights.on_disk import on_disk
    except ImportError as error:
        raise NoEngineHere(
            "This installation has no engine; run this where the engine is installed."
        ) from error
    return on_disk(row)


def _told(disk: "OnDisk") -> str:
    if disk.place == "missing":
        return "not downloaded"
    return f"{decimal(disk.size_bytes)} ({disk.place})"


def _warn_of(row: Checkpoint) -> None:
    typer.echo(f"Licence: {row.licence}.")
    if row.non_commercial:
        typer.echo(NON_COMMERCIAL)
