"""What is sent to Sentry, received by a server of the test's own."""

import gzip
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest
import sentry_sdk
import structlog

from bot.errors import SettingsError
from bot.log import configure_logging
from bot.monitoring.sentry import report_errors
from tests.bot.stage import settings_in


class Receiver(http.server.ThreadingHTTPServer):
    """Takes envelopes."""

    envelopes: "SimpleQueue[str]"


class _Take(http.server.BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:  # the name that the library calls
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.envelopes.put(body.decode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(("127.0.0.1", 0), _Take) as server:
        server.envelopes = SimpleQueue()
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        sentry_sdk.get_client().close()
        sentry_sdk.init()
        server.shutdown()
        thread.join()


def test_an_error_is_sent_without_tokens(receiver: Receiver, tmp_path: Path) -> None:
    dsn = f"http://key@127.0.0.1:{receiver.server_address[1]}/1"
    settings = settings_in(tmp_path, sentry_dsn=dsn)
    configure_logging(settings)
    report_errors(settings)
    # Turned round here, since lines of our own code are sent.
    prompt = "hsiw terces a"[::-1]
    alone = "aW50ZXJhY3Rpb246" + "QUJD" * 9
    bots = ".".join(("M" * 24, "G" * 6, "x" * 38))
    try:
        address = 'PATCH "/webhooks/123/tOkEn-abc" /webhooks/123/tOkEn-abc/messages/4'
        raise OSError(f"{address} {alone} {bots} {len(prompt)}")
    except OSError:
        structlog.get_logger("bot.test").exception("delivery broke", job="j1")
    sentry_sdk.flush(10)
    sent = receiver.envelopes.get(timeout=10)
    assert "delivery broke" in sent
    assert "/webhooks/123/[token]/messages/4" in sent
    for token in ("tOkEn-abc", alone, bots):
        assert token not in sent
    assert prompt not in sent


def test_nothing_is_sent_unless_asked_for(tmp_path: Path) -> None:
    before = sentry_sdk.get_client()
    report_errors(settings_in(tmp_path))
    assert sentry_sdk.get_client() is before


def test_a_wrong_address_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no address"):
        report_errors(settings_in(tmp_path, sentry_dsn="nonsense"))
