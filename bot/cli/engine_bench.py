"""`restyle bench parity`, `batching` …: the engine's benchmarks, which are held to bars."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from bot.bench.engine_bench import run_benchmark
from bot.bench.table import report_table
from engine.bench.catalog import BENCHMARKS
from engine.bench.report import Report

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Quick = Annotated[bool, typer.Option("--quick", help="Tiny models, one round: does it work?")]
Rounds = Annotated[int | None, typer.Option(min=1, help="How often each thing is measured.")]
Threads = Annotated[int | None, typer.Option(min=1, help="Threads for torch; one if not given.")]
Part = Annotated[
    list[str] | None,
    typer.Option(help="A part of `cluster`: overhead, gain, kills, fairness, claims or bot."),
]
Out = Annotated[Path | None, typer.Option(help="Folder that NAME.json is written to.")]


def add_engine_benchmarks(app: typer.Typer) -> None:
    """One command each, and one for all; a missed bar is told and is no error."""
    for name, shows in BENCHMARKS.items():
        app.command(name, help=shows)(_command([name]))
    app.command("all", help="All of these that have bars.")(_command(list(BENCHMARKS)))


def _command(names: Sequence[str]) -> Callable[..., None]:
    """A command that runs the benchmarks of these names, one after the other."""

    def command(
        rounds: Rounds = None,
        threads: Threads = None,
        out: Out = None,
        part: Part = None,
        *,
        quick: Quick = False,
        as_json: Json = False,
    ) -> None:
        reports = []
        for name in names:
            if name == "cluster":
                # It takes the bot along, which the others need not load.
                from bot.bench.cluster import measure_cluster

                report = measure_cluster(
                    quick=quick, rounds=rounds, threads=threads, parts=part or ()
                )
            else:
                report = run_benchmark(name, quick=quick, rounds=rounds, threads=threads)
            reports.append(report)
            if out is not None:
                _keep(report, out, some=bool(part))
            if not as_json:
                Console().print(report_table(report))
        if as_json:
            typer.echo(msgspec.json.encode(_told(reports)).decode())

    return command


def _keep(report: Report, folder: Path, *, some: bool) -> None:
    """Write a report; one of ``some`` parts into what is there of the others."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{report.name}.json"
    if some and path.exists():
        from bot.bench.cluster import merged

        report = merged(msgspec.json.decode(path.read_bytes(), type=Report), report)
    text = msgspec.json.format(msgspec.json.encode(report), indent=2)
    path.write_bytes(text + b"\n")


def _told(reports: list[Report]) -> object:
    """One object: the report of one benchmark, or all of several under one verdict."""
    if len(reports) == 1:
        return reports[0]
    return {"name": "all", "ok": all(report.ok for report in reports), "reports": reports}
