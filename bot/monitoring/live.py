"""Figures that are read off the running bot at the moment that somebody asks for them."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.jobs.line import Line
from engine.api import Engine, Health
from storage.database import Database
from storage.ledger_totals import LedgerTotal


class LiveFigures(Collector):
    """Queue, engine and ledger as they are now.

    A collector cannot await, so ``refresh`` reads the ledger before each scrape.
    """

    def __init__(self, line: Line, engine: Engine, database: Database) -> None:
        self._line = line
        self._engine = engine
        self._database = database
        self._ledger: dict[str, LedgerTotal] = {}
        self._read_up_to = 0

    async def refresh(self) -> None:
        """Add what the ledger has got since the last time; raises ``StorageError``."""
        fresh = await self._database.ledger_totals.since(self._read_up_to)
        for total in fresh:
            known = self._ledger.get(total.kind, LedgerTotal(total.kind, 0, 0, 0))
            self._ledger[total.kind] = known + total
            self._read_up_to = max(self._read_up_to, total.last_id)

    def collect(self) -> Iterator[Metric]:
        """See ``prometheus_client.registry.Collector``."""
        health = self._engine.health()
        yield GaugeMetricFamily("restyle_queue_jobs", "Jobs that wait.", value=self._line.length)
        yield GaugeMetricFamily(
            "restyle_engine_up", "1 while the engine can take attempts.", value=health.alive
        )
        yield GaugeMetricFamily(
            "restyle_engine_running", "Attempts in the engine.", value=len(health.running)
        )
        yield GaugeMetricFamily(
            "restyle_engine_slots", "Attempts that the engine wants at once.", value=health.slots
        )
        yield from _memory(health)
        yield _calls(health)
        yield CounterMetricFamily(
            "restyle_engine_restarts", "How often the engine was lost.", value=health.restarts
        )
        steps = GaugeMetricFamily(
            "restyle_step_seconds",
            "Seconds of one denoiser call, a running mean, by checkpoint and size.",
            labels=("checkpoint", "size"),
        )
        for place, seconds in health.step_seconds.items():
            checkpoint, _, size = place.rpartition(" ")
            steps.add_metric((checkpoint, size), seconds)
        yield steps
        yield from self._ledger_figures()

    def _ledger_figures(self) -> Iterator[Metric]:
        rows = CounterMetricFamily(
            "restyle_ledger_rows", "Rows of the ledger, by kind.", labels=("kind",)
        )
        amounts = GaugeMetricFamily(
            "restyle_ledger_credits", "Sum of the ledger's amounts, by kind.", labels=("kind",)
        )
        for kind, total in sorted(self._ledger.items()):
            rows.add_metric((kind,), total.rows)
            amounts.add_metric((kind,), total.amount)
        yield rows
        yield amounts


def _memory(health: Health) -> Iterator[Metric]:
    memory = GaugeMetricFamily(
        "restyle_engine_memory_bytes",
        "Memory of the engine's device, on a CPU of its process: taken, and there in all.",
        labels=("kind",),
    )
    memory.add_metric(("taken",), health.memory_bytes)
    memory.add_metric(("total",), health.memory_total_bytes)
    yield memory
    yield CounterMetricFamily(
        "restyle_engine_out_of_memory",
        "How often memory ran out since the engine started.",
        value=health.out_of_memory,
    )


def _calls(health: Health) -> Metric:
    calls = CounterMetricFamily(
        "restyle_denoiser_calls",
        "Denoiser calls since the engine started, by the rows (latents) that shared them.",
        labels=("rows",),
    )
    for rows, count in sorted(health.calls.items()):
        calls.add_metric((str(rows),), count)
    return calls
