"""The trace of a job for OpenTelemetry: from the wish to its delivery, through both processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from bot.errors import SettingsError
from bot.settings import Settings
from engine.errors import TracingError
from engine.tracing import trace_of, tracer_provider
from storage.records import Job

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.id_generator import IdGenerator

NANOSECONDS = 1_000_000_000


class JobTraces(Protocol):
    """Told of what happens to jobs."""

    @contextmanager
    def attempt(self, job: Job) -> Iterator[str]:
        """An attempt of a job runs for as long as the block; its ``traceparent``, or ``""``."""

    @contextmanager
    def delivery(self, job: Job) -> Iterator[None]:
        """Its outcome is being delivered; an error that leaves the block is the delivery's."""

    def over(self, job: Job) -> None:
        """Its outcome was delivered or given up."""

    def close(self) -> None:
        """Send what is left."""


class NoTraces:
    """Nobody wants traces."""

    @contextmanager
    def attempt(self, _job: Job) -> Iterator[str]:
        """See ``JobTraces``."""
        yield ""

    @contextmanager
    def delivery(self, _job: Job) -> Iterator[None]:
        """See ``JobTraces``."""
        yield

    def over(self, _job: Job) -> None:
        """See ``JobTraces``."""

    def close(self) -> None:
        """See ``JobTraces``."""


class OtlpTraces:
    """Sends the spans of each job to a collector.

    The spans ``wait``, ``attempt`` and ``deliver`` lie below the span ``job``. That one is made
    last, when all is known, with an id that the others could name beforehand.
    """

    def __init__(self, endpoint: str) -> None:
        self._roots: ContextVar[tuple[int, int] | None] = ContextVar("root", default=None)
        self._provider: TracerProvider = tracer_provider(
            endpoint, service="restyle-bot", id_generator=_ids(self._roots)
        )
        self._tracer = self._provider.get_tracer("restyle.bot")

    @contextmanager
    def attempt(self, job: Job) -> Iterator[str]:
        """See ``JobTraces``; the first attempt also tells how long the job waited."""
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        if job.attempt == 1 and job.started_at is not None:
            waited = self._tracer.start_span(
                "wait", context=_below(job), start_time=_nanoseconds(job.created_at)
            )
            waited.end(_nanoseconds(job.started_at))
        with self._tracer.start_as_current_span(
            "attempt", context=_below(job), attributes={"restyle.attempt": job.attempt}
        ):
            carrier: dict[str, str] = {}
            TraceContextTextMapPropagator().inject(carrier)
            yield carrier["traceparent"]

    @contextmanager
    def delivery(self, job: Job) -> Iterator[None]:
        """See ``JobTraces``."""
        with self._tracer.start_as_current_span("deliver", context=_below(job)):
            yield

    def over(self, job: Job) -> None:
        """See ``JobTraces``: the root of the trace."""
        from opentelemetry.context import Context
        from opentelemetry.trace import StatusCode

        token = self._roots.set(trace_of(job.id))
        try:
            root = self._tracer.start_span(
                "job",
                context=Context(),
                start_time=_nanoseconds(job.created_at),
                attributes={
                    "restyle.job": job.id,
                    "restyle.action": job.action,
                    "restyle.status": job.status.value,
                    "restyle.attempts": job.attempt,
                },
            )
        finally:
            self._roots.reset(token)
        if job.error_code is not None:
            root.set_status(StatusCode.ERROR, job.error_code)
        root.end()

    def close(self) -> None:
        """See ``JobTraces``."""
        self._provider.shutdown()


def job_traces(settings: Settings) -> JobTraces:
    """What the settings want; raises ``SettingsError`` without the extra ``monitoring``."""
    if settings.traces_endpoint is None:
        return NoTraces()
    try:
        return OtlpTraces(settings.traces_endpoint)
    except TracingError as error:
        raise SettingsError(str(error)) from error


def _ids(roots: "ContextVar[tuple[int, int] | None]") -> "IdGenerator":
    """Random ids, but for the root of a job's trace, whose ids follow from the job's."""
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    class Ids(RandomIdGenerator):
        def generate_trace_id(self) -> int:
            root = roots.get()
            return super().generate_trace_id() if root is None else root[0]

        def generate_span_id(self) -> int:
            root = roots.get()
            return super().generate_span_id() if root is None else root[1]

    return Ids()


def _below(job: Job) -> "Context":
    """The context in which a span becomes one below the job's."""
    from opentelemetry.trace import (
        NonRecordingSpan,
        SpanContext,
        TraceFlags,
        set_span_in_context,
    )

    trace_id, span_id = trace_of(job.id)
    root = SpanContext(
        trace_id, span_id, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED)
    )
    return set_span_in_context(NonRecordingSpan(root))


def _nanoseconds(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * NANOSECONDS)
