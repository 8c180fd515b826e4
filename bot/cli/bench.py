"""`restyle bench …`: figures that can be made again."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from bot.cli.engine_bench import add_engine_benchmarks
from bot.cli.ledger_bench import add_ledger_benchmark
from bot.log import configure_logging
from bot.settings import load_settings
from engine.client import LocalEngine

if TYPE_CHECKING:
    from bot.bench.engine import EngineFigures

app = typer.Typer(help="Figures that can be made again.", no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Figures that can be made again."""


@app.command()
def engine(
    side: Annotated[int, typer.Option(min=64, help="Pixels of each side.")] = 256,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Jobs handed in at once.")] = 4,
    rounds: Annotated[int, typer.Option(min=1, help="Measurements of each kind.")] = 5,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Time one job alone against several that share denoiser calls."""
    # Here and below, not at the top: `restyle bench --help` needs none of the bot.
    from bot.application import engine_options
    from bot.bench.engine import measure_engine

    settings = load_settings()
    configure_logging(settings.model_copy(update={"log_level": "ERROR"}))

    async def work() -> "EngineFigures":
        local = LocalEngine(engine_options(settings))
        await local.start()
        try:
            return await measure_engine(local, side=side, jobs=jobs, rounds=rounds)
        finally:
            await local.close()

    figures = asyncio.run(work())
    if as_json:
        typer.echo(msgspec.json.encode(figures).decode())
        return
    typer.echo(
        f"{figures.checkpoint} on {figures.device}, {side}×{side}, strength 0.6, median of {rounds}"
        f"\n  alone     {figures.alone:.3f} s a job"
        f"\n  {jobs} at once {figures.together:.3f} s in all, {figures.gain:.2f} × the throughput"
    )


@app.command()
def ack(
    *,
    rounds: Annotated[int, typer.Option(min=1, help="How often 200 ask at once.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Time the acknowledgement of 200 /restyle at once; from a checkout only."""
    from bot.bench.bot import measure_ack

    _tell(asyncio.run(measure_ack(rounds=rounds)), as_json=as_json)


@app.command()
def bot(
    *,
    jobs: Annotated[int, typer.Option(min=1, help="Jobs before the memory is looked at.")] = 10_000,
    interactions: Annotated[int, typer.Option(min=1, help="Interactions to count.")] = 2_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure the bot without an engine: rate, lag, memory; from a checkout only."""
    from bot.bench.bot import measure_bot

    _tell(asyncio.run(measure_bot(jobs=jobs, interactions=interactions)), as_json=as_json)


@app.command()
def embedded(
    photos: Annotated[
        int | None, typer.Option(min=1, help="How many of the evaluation photographs; else all.")
    ] = None,
    *,
    sizes: Annotated[bool, typer.Option(help="Measure other sizes than 256 × 256 too.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Hold the embedded checkpoint against its bars; with every photograph this takes an hour."""
    from bot.bench.embedded import measure_embedded

    report = asyncio.run(measure_embedded(photos=photos, sizes=sizes))
    _tell(report, as_json=as_json)


def _tell(report: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(report))
        return
    for name, value in report["figures"].items():
        bar = report["bars"].get(name)
        verdict = "" if bar is None else _against(bar)
        typer.echo(f"{name:30} {value:9.4f}  {verdict}")


def _against(bar: dict[str, Any]) -> str:
    ends = [f"{word} {bar[word]:g}" for word in ("least", "most") if bar.get(word) is not None]
    return f"{'holds' if bar['ok'] else 'falls short'}: at {', at '.join(ends)}"


add_engine_benchmarks(app)
add_ledger_benchmark(app)
