"""The engine's part of a job's trace: where the time of each attempt went."""

from typing import TYPE_CHECKING, Protocol, Self

from engine.events import Cancelled, Done, Event, Failed, Progress, Started
from engine.params import Attempt
from engine.tracing import tracer_provider

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span


class Witness(Protocol):
    """Sees attempts come in and events go out."""

    def submitted(self, attempt: Attempt) -> None:
        """An attempt has come in."""

    def saw(self, event: Event) -> None:
        """An event goes out."""

    def dropped(self) -> None:
        """The client is gone; what it had asked for ends without a word."""

    def close(self) -> None:
        """Send what is left."""


class NoWitness:
    """Nobody wants traces."""

    def submitted(self, attempt: Attempt) -> None:
        """See ``Witness``."""

    def saw(self, event: Event) -> None:
        """See ``Witness``."""

    def dropped(self) -> None:
        """See ``Witness``."""

    def close(self) -> None:
        """See ``Witness``."""


class _Traced:
    """One attempt: its span, and the one of the part that it is in now."""

    def __init__(self, whole: "Span", part: "Span") -> None:
        self.whole = whole
        self.part = part
        self.steps = 0


class TracingWitness:
    """Makes a span of each attempt, with one for each part of it below.

    The parts are ``open`` (in the engine's own line, then the source decoded and encoded to
    latents), ``denoise``, and ``finish`` (latents to a picture, and that to a file).
    """

    def __init__(self, provider: "TracerProvider") -> None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider = provider
        self._tracer = provider.get_tracer("restyle.engine")
        self._propagator = TraceContextTextMapPropagator()
        self._attempts: dict[str, _Traced] = {}

    @classmethod
    def to(cls, endpoint: str) -> Self:
        """One that sends to a collector; raises ``TracingError``."""
        return cls(tracer_provider(endpoint, service="restyle-engine"))

    def submitted(self, attempt: Attempt) -> None:
        """Begin the span, below the one that the attempt names."""
        params = attempt.params
        whole = self._tracer.start_span(
            "engine attempt",
            context=self._propagator.extract({"traceparent": attempt.traceparent}),
            attributes={
                "restyle.attempt": attempt.key,
                "restyle.task": attempt.task,
                "restyle.checkpoint": params.checkpoint,
                "restyle.width": params.width,
                "restyle.height": params.height,
                "restyle.strength": params.strength,
            },
        )
        self._attempts[attempt.key] = _Traced(whole, self._part("open", whole))

    def saw(self, event: Event) -> None:
        """Move the span on, or end it."""
        traced = self._attempts.get(event.key)
        if traced is None:
            return
        match event:
            case Started():
                self._next(traced, "denoise")
            case Progress(step=step, total=total):
                traced.steps = step
                if step == total:
                    self._next(traced, "finish")
            case Done():
                self._end(event.key, "done")
            case Failed(code=code):
                self._end(event.key, code)
            case Cancelled():
                self._end(event.key, "cancelled")

    def dropped(self) -> None:
        """End all spans that are open."""
        for key in list(self._attempts):
            self._end(key, "dropped")

    def close(self) -> None:
        """Send what is left, within ``engine.tracing.EXPORT_TIMEOUT_S``."""
        self._provider.shutdown()

    def _part(self, name: str, whole: "Span") -> "Span":
        from opentelemetry.trace import set_span_in_context

        return self._tracer.start_span(name, context=set_span_in_context(whole))

    def _next(self, traced: _Traced, name: str) -> None:
        traced.part.end()
        traced.part = self._part(name, traced.whole)

    def _end(self, key: str, outcome: str) -> None:
        from opentelemetry.trace import StatusCode

        traced = self._attempts.pop(key)
        traced.part.end()
        traced.whole.set_attribute("restyle.outcome", outcome)
        traced.whole.set_attribute("restyle.steps", traced.steps)
        if outcome not in ("done", "cancelled"):
            traced.whole.set_status(StatusCode.ERROR, outcome)
        traced.whole.end()


def witness(endpoint: str | None) -> Witness:
    """One that sends to ``endpoint``, or one that looks away; raises ``TracingError``."""
    return NoWitness() if endpoint is None else TracingWitness.to(endpoint)
