"""A collector of OpenTelemetry traces: takes OTLP over HTTP, as a real one does."""

import gzip
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Span:
    """What a span told of itself."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    began_ns: int
    ended_ns: int
    attributes: dict[str, str | int | float]
    failed: str


class Collector:
    """Keeps every span that came."""

    def __init__(self) -> None:
        self.url = ""
        self.spans: list[Span] = []

    def named(self, name: str) -> list[Span]:
        """All spans of one name, in the order in which they began."""
        return sorted((s for s in self.spans if s.name == name), key=lambda s: s.began_ns)

    def take(self, body: bytes) -> None:
        """Read one export."""
        for whole in ExportTraceServiceRequest.FromString(body).resource_spans:
            about = {a.key: a.value.string_value for a in whole.resource.attributes}
            for scope in whole.scope_spans:
                for span in scope.spans:
                    values = {}
                    for attribute in span.attributes:
                        kind = attribute.value.WhichOneof("value") or "string_value"
                        values[attribute.key] = getattr(attribute.value, kind)
                    self.spans.append(
                        Span(
                            service=about["service.name"],
                            name=span.name,
                            trace_id=span.trace_id.hex(),
                            span_id=span.span_id.hex(),
                            parent_id=span.parent_span_id.hex(),
                            began_ns=span.start_time_unix_nano,
                            ended_ns=span.end_time_unix_nano,
                            attributes=values,
                            failed=span.status.message,
                        )
                    )


@contextmanager
def collector() -> Iterator[Collector]:
    """One that listens for as long as the block."""
    taking = Collector()

    class Take(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that the library calls
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            taking.take(body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Take) as server:
        taking.url = f"http://127.0.0.1:{server.server_address[1]}/v1/traces"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield taking
        finally:
            server.shutdown()
            thread.join()
