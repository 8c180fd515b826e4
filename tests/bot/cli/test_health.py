"""`restyle health`, against a server that is there and against none."""

import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.cli.running import restyle


class Answer(http.server.BaseHTTPRequestHandler):
    """Well, but not ready."""

    def do_GET(self) -> None:  # the name that the library calls
        well = self.path == "/healthz"
        body = b'{"loops": true}' if well else b'{"gateway": false}'
        self.send_response(200 if well else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_well_but_not_ready(port: int, tmp_path: Path) -> None:
    healthy = restyle(tmp_path, "health", RESTYLE_MONITORING_PORT=str(port))
    assert (healthy.returncode, healthy.stdout) == (0, '{"loops": true}\n')
    ready = restyle(tmp_path, "health", "--ready", RESTYLE_MONITORING_PORT=str(port))
    assert (ready.returncode, ready.stdout) == (1, '{"gateway": false}\n')


def test_nobody_there(tmp_path: Path) -> None:
    with socket.socket() as held:
        # Held but not listened on, so nobody else can answer there either.
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        done = restyle(tmp_path, "health", RESTYLE_MONITORING_PORT=str(port))
    assert (done.returncode, done.stderr) == (1, f"No bot answers on port {port}.\n")
