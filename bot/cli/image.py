"""`restyle image`: pictures from files to files, through the bot's own intake and engine."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from bot.files.plan import Wanted, plan
from bot.log import configure_logging
from bot.settings import load_settings
from engine.resolve import MAX_GUIDANCE, MAX_SEED, MAX_STEPS

if TYPE_CHECKING:
    from bot.files.batch import Outcome


def image(
    sources: Annotated[list[Path], typer.Argument(help="Pictures to start from.")],
    *,
    out: Annotated[Path, typer.Option("-o", "--out", help="File, or folder for several results.")],
    prompt: Annotated[str, typer.Option(help="How the pictures should look.")],
    strength: Annotated[
        str, typer.Option(help="0.05 to 1.0, or subtle, balanced, bold, reinvent.")
    ] = "0.6",
    seed: Annotated[
        int | None, typer.Option(min=0, max=MAX_SEED, help="The same seed, the same result.")
    ] = None,
    negative_prompt: Annotated[str, typer.Option(help="What should not be in them.")] = "",
    steps: Annotated[
        int | None, typer.Option(min=1, max=MAX_STEPS, help="Length of the schedule.")
    ] = None,
    guidance: Annotated[
        float | None, typer.Option(min=0, max=MAX_GUIDANCE, help="Guidance scale.")
    ] = None,
    checkpoint: Annotated[str | None, typer.Option(help="A row of the checkpoint table.")] = None,
    count: Annotated[int, typer.Option(min=1, max=100, help="Results for each source.")] = 1,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a result.")
    ] = False,
) -> None:
    """Restyle picture files."""
    # Not at the top: `restyle --help` needs none of the bot.
    from bot.files.batch import restyle_files
    from bot.strength import parse_strength

    settings = load_settings(**({} if checkpoint is None else {"checkpoint": checkpoint}))
    configure_logging(settings.model_copy(update={"log_level": "ERROR"}))
    wanted = Wanted(
        prompt=prompt,
        negative_prompt=negative_prompt,
        strength=parse_strength(strength),
        num_inference_steps=steps,
        guidance_scale=guidance,
    )
    tasks = plan(sources, out, seed=seed, count=count)

    def tell(outcome: "Outcome") -> None:
        if outcome.error is not None:
            typer.echo(f"restyle: {outcome.task.source}: {outcome.error}", err=True)
        elif as_json:
            typer.echo(msgspec.json.encode(outcome.result).decode())
        else:
            typer.echo(outcome.task.target)

    show_bar = sys.stderr.isatty()
    failures = asyncio.run(restyle_files(settings, wanted, tasks, tell=tell, show_bar=show_bar))
    raise typer.Exit(2 if failures else 0)
