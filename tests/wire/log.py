"""The log of every REST call: in memory for the tests, and as JSON lines for others to check."""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TRAFFIC = Path(__file__).parents[2] / "build" / "discord-traffic.jsonl"


@dataclass(kw_only=True)
class Call:
    """One call as it came in, and what became of it.

    Attributes:
        path: Below ``/api/v10``, without the query.
        json: The JSON body, or the ``payload_json`` part of a multipart body.
        files: Names of the multipart parts that hold files.
        sizes: Bytes of each of them.
        status: What was answered; 0 where the connection was dropped instead.
        applied: Whether Discord did what was asked, answered or not.
        fault: The fault that met it, in a word.
        message_id: The message that it made, changed or deleted.
        arrived_s: Seconds since the fake began.
        answered_s: The same, for the answer.
    """

    method: str
    path: str
    json: Any = None
    files: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    status: int = 0
    applied: bool = False
    fault: str | None = None
    message_id: int | None = None
    arrived_s: float = 0.0
    answered_s: float = 0.0


class TrafficLog:
    """Keeps all calls, and appends each to a file when it is over."""

    def __init__(self, path: Path | None = TRAFFIC) -> None:
        self.calls: list[Call] = []
        self._path = path
        self._began = time.monotonic()
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)

    def now(self) -> float:
        """Seconds since the log began."""
        return time.monotonic() - self._began

    def begin(self, method: str, path: str) -> Call:
        """Note that a call has come in."""
        call = Call(method=method, path=path, arrived_s=self.now())
        self.calls.append(call)
        return call

    def end(self, call: Call) -> None:
        """Note that it has been answered or dropped."""
        call.answered_s = self.now()
        if self._path is None:
            return
        # A line is one write, so that several processes may share the file.
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(vars(call)) + "\n")

    def to(self, method: str, *parts: str) -> list[Call]:
        """The calls of a method whose path holds all of ``parts``."""
        return [
            call
            for call in self.calls
            if call.method == method and all(part in call.path for part in parts)
        ]
