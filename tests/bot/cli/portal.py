"""As much of Discord's REST API as the doctor asks: who the bot is, and where."""

import http.server
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

USER = {"id": "1", "username": "Restyle", "discriminator": "0", "avatar": None, "bot": True}
APPLICATION = {
    "id": "1",
    "name": "Restyle",
    "icon": None,
    "description": "",
    "bot_public": True,
    "bot_require_code_grant": False,
    "verify_key": "",
    "flags": 0,
    "owner": USER | {"id": "2", "username": "owner"},
    "team": None,
}


@contextmanager
def portal(
    *, guilds: Sequence[dict[str, Any]] = (), clock_skew_s: float = 0, refuses: bool = False
) -> Iterator[str]:
    """Serve for as long as the block; the REST base to set."""
    answers = {
        "/gateway": {"url": "ws://127.0.0.1:1"},
        "/users/@me": USER,
        "/oauth2/applications/@me": APPLICATION,
        "/users/@me/guilds": list(guilds),
    }

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that the library calls
            path = self.path.partition("?")[0]
            unauthorized = refuses and path != "/gateway"
            body = json.dumps({"message": "401", "code": 0} if unauthorized else answers[path])
            self.send_response_only(401 if unauthorized else 200)
            moment = datetime.now(UTC) - timedelta(seconds=clock_skew_s)
            self.send_header("Date", format_datetime(moment, usegmt=True))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
