"""The figures that Prometheus reads, and one method for each thing that they count."""

from datetime import UTC, datetime
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from engine.events import Cancelled, Done, Failed, Lost, Terminal
from storage.records import Job

# Seconds. An answer is late after 3 s, when Discord gives the interaction up.
ACK_BUCKETS = (0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0)
WAIT_BUCKETS = (0.1, 0.5, 1, 2, 5, 10, 20, 40, 80, 160, 320, 640)
STEP_BUCKETS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class Metrics:
    """All figures of one bot process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        counter = partial(Counter, registry=self.registry)
        histogram = partial(Histogram, registry=self.registry)
        self._acknowledged = histogram(
            "restyle_ack_seconds",
            "From an interaction's own time stamp to Discord having our first answer.",
            buckets=ACK_BUCKETS,
        )
        self._calls = counter(
            "restyle_discord_calls",
            "REST calls to Discord, by method and status.",
            ("method", "status"),
        )
        self._waited = histogram(
            "restyle_queue_wait_seconds",
            "From a job being queued to its first attempt.",
            buckets=WAIT_BUCKETS,
        )
        self._worked = histogram(
            "restyle_job_seconds",
            "From start to encoded result, measured in the engine.",
            buckets=WAIT_BUCKETS,
        )
        self._attempts = counter(
            "restyle_attempts",
            "Attempts by how they ended; failures by their code.",
            ("outcome", "code"),
        )
        self._refusals = counter(
            "restyle_refusals",
            "Wishes that were refused, by reason.",
            ("reason",),
        )
        self._deliveries = counter(
            "restyle_deliveries",
            "Tries to deliver an outcome: delivered, postponed or abandoned.",
            ("outcome",),
        )
        self._swept = counter(
            "restyle_pictures_swept",
            "Picture files that were removed because their time was over or nothing used them.",
        )
        self._trouble = Gauge(
            "restyle_trouble",
            "1 while something needs the operator: engine_down, disk_low.",
            ("kind",),
            registry=self.registry,
        )

    def acknowledged(self, created_at: datetime) -> None:
        """Discord has our first answer to an interaction that was made at ``created_at``."""
        late_s = (datetime.now(UTC) - created_at).total_seconds()
        # Two machines' clocks: a small lead of Discord's would count below zero.
        self._acknowledged.observe(max(0.0, late_s))

    def called(self, method: str, status: str) -> None:
        """A REST call came back; ``status`` is Discord's, or ``"broken"`` for a lost connection."""
        self._calls.labels(method, status).inc()

    def claimed(self, job: Job) -> None:
        """An attempt of ``job`` begins; only the first tells how long the job waited."""
        if job.attempt == 1 and job.started_at is not None:
            self._waited.observe((job.started_at - job.created_at).total_seconds())

    def attempted(self, terminal: Terminal) -> None:
        """An attempt has ended."""
        code = ""
        match terminal:
            case Done(seconds=seconds):
                outcome = "done"
                self._worked.observe(seconds)
            case Failed():
                outcome, code = "failed", terminal.code
            case Cancelled():
                outcome = "cancelled"
            case Lost():
                outcome = "lost"
        self._attempts.labels(outcome, code).inc()

    def refused(self, reason: str) -> None:
        """A wish was refused; ``reason`` is the rule's word, else the name of the error."""
        self._refusals.labels(reason).inc()

    def delivery(self, outcome: str) -> None:
        """One try of a delivery came to ``"delivered"``, ``"postponed"`` or ``"abandoned"``."""
        self._deliveries.labels(outcome).inc()

    def swept(self, files: int) -> None:
        """So many picture files were removed by the sweeper."""
        self._swept.inc(files)

    def trouble(self, kind: str, *, active: bool) -> None:
        """Something that needs the operator has begun or is over."""
        self._trouble.labels(kind).set(active)

    def exposition(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self.registry)
