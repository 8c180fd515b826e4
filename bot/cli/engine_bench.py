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
        *,
        quick: Quick = False,
        as_json: Json = False,
    ) -> None:
        reports = []
        for name in names:
            report = run_benchmark(name, quick=quick, rounds=rounds, threads=threads)
            reports.append(report)
            if out is not None:
                _keep(report, out)
            if not as_json:
                Console().print(report_table(report))
        if as_json:
            typer.echo(msgspec.json.encode(_told(reports)).decode())

    return command


def _keep(report: Report, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(report), indent=2)
    (folder / f"{report.name}.json").write_bytes(text + b"\n")


def _told(reports: list[Report]) -> object:
    """One object: the report of one benchmark, or all of several under one verdict."""
    if len(reports) == 1:
        return reports[0]
    return {"name": "all", "ok": all(report.ok for report in reports), "reports": reports}
