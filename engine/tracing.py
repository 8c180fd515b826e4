"""Spans for OpenTelemetry, where an operator wants them: the set-up that bot and engine share.

The packages of OpenTelemetry are an extra and are imported only when an address is given.
"""

import hashlib
from importlib.metadata import version
from typing import TYPE_CHECKING

from engine.errors import TracingError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.id_generator import IdGenerator

# A bot or engine that ends waits no longer than this for a collector that does not answer.
EXPORT_TIMEOUT_S = 3.0


def tracer_provider(
    endpoint: str, *, service: str, id_generator: "IdGenerator | None" = None
) -> "TracerProvider":
    """Where spans are made; they are sent in the background. Shut it down in the end.

    Args:
        endpoint: Where a collector takes traces by OTLP over HTTP, path included.
        service: What the process is called there.

    Raises:
        TracingError: The extra ``monitoring`` is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise TracingError(
            "RESTYLE_TRACES_ENDPOINT needs OpenTelemetry; install the extra `monitoring`."
        ) from error
    about = {"service.name": service, "service.version": version("restyle-bot")}
    provider = TracerProvider(resource=Resource.create(about), id_generator=id_generator)
    exporter = OTLPSpanExporter(endpoint=endpoint, timeout=EXPORT_TIMEOUT_S)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def trace_of(job_id: str) -> tuple[int, int]:
    """Trace id and id of the root span of a job.

    They follow from the job's id (the first 16 and the next 8 bytes of its SHA-256), so that a job
    has one trace through every restart and nothing about it need be kept.
    """
    digest = hashlib.sha256(job_id.encode()).digest()
    return int.from_bytes(digest[:16]), int.from_bytes(digest[16:24])
