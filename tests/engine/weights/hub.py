"""A hub of models on this machine: serves one folder as a repository, and can break off."""

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

REPO = "somebody/painter"
COMMIT = "c0ffee" + "0" * 34


class Hub(http.server.ThreadingHTTPServer):
    """Knows the folder, what was asked of it, and how many large files are still to break off."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.folder = folder
        self.breaks_left = 0
        self.fetched: list[str] = []

    @property
    def url(self) -> str:
        """For ``HF_ENDPOINT``."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def files(self) -> list[Path]:
        """Everything in the repository."""
        return sorted(path for path in self.folder.rglob("*") if path.is_file())


@contextmanager
def hub(folder: Path) -> Iterator[Hub]:
    """Serve ``folder`` as ``REPO`` for as long as the block."""
    with Hub(folder) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Answer(http.server.BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:  # the name that the library calls
        self._answer(with_body=False)

    def do_GET(self) -> None:  # the name that the library calls
        self._answer(with_body=True)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, *, with_body: bool) -> None:
        path = self.path.partition("?")[0]
        if path.startswith(f"/api/models/{REPO}/tree/"):
            self._send(json.dumps(self._tree()).encode(), {}, with_body=with_body)
            return
        if path.startswith(f"/api/models/{REPO}"):
            self._send(json.dumps(self._description()).encode(), {}, with_body=with_body)
            return
        wanted = path.removeprefix(f"/{REPO}/resolve/").partition("/")[2]
        file = self.server.folder / wanted
        if not wanted or not file.is_file():
            self.send_response(HTTPStatus.NOT_FOUND)
            self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        data = file.read_bytes()
        if with_body:
            self.server.fetched.append(wanted)
        tags = {"ETag": f'"{hashlib.sha256(data).hexdigest()}"', "X-Repo-Commit": COMMIT}
        self._send(data, tags, with_body=with_body)

    def _send(self, data: bytes, headers: dict[str, str], *, with_body: bool) -> None:
        start = 0
        if asked := self.headers.get("Range"):
            start = int(asked.removeprefix("bytes=").partition("-")[0])
        self.send_response(HTTPStatus.PARTIAL_CONTENT if start else HTTPStatus.OK)
        for name, value in headers.items():
            self.send_header(name, value)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        if not with_body:
            return
        if len(data) > 1_000_000 and self.server.breaks_left:
            self.server.breaks_left -= 1
            self.wfile.write(data[start : len(data) // 2])
            self.close_connection = True
            return
        self.wfile.write(data[start:])

    def _tree(self) -> list[dict[str, Any]]:
        return [
            {
                "type": "file",
                "path": path.relative_to(self.server.folder).as_posix(),
                "size": path.stat().st_size,
                "oid": hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest(),
            }
            for path in self.server.files()
        ]

    def _description(self) -> dict[str, Any]:
        names = [path.relative_to(self.server.folder).as_posix() for path in self.server.files()]
        return {
            "id": REPO,
            "modelId": REPO,
            "sha": COMMIT,
            "private": False,
            "tags": [],
            "downloads": 0,
            "likes": 0,
            "siblings": [{"rfilename": name} for name in names],
        }
