"""Reading what a call brings: JSON, or a multipart body with its files."""

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from tests.wire.log import Call


@dataclass(frozen=True)
class File:
    """A multipart part that holds a file."""

    part: str
    filename: str
    data: bytes
    content_type: str | None


@dataclass(frozen=True)
class Body:
    """The JSON of a call, and its files by part name."""

    json: Any = None
    files: dict[str, File] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """All files together."""
        return sum(len(file.data) for file in self.files.values())


async def read_body(request: web.Request, call: Call) -> Body:
    """Read it to its end and note it in the log."""
    if request.content_type == "multipart/form-data":
        body = await _multipart(request)
    else:
        raw = await request.read()
        body = Body(json.loads(raw) if raw else None)
    call.json = body.json
    call.files = list(body.files)
    call.sizes = [len(file.data) for file in body.files.values()]
    return body


async def _multipart(request: web.Request) -> Body:
    payload: Any = None
    files: dict[str, File] = {}
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        name = part.name or ""
        data = bytes(await part.read())
        if name == "payload_json":
            payload = json.loads(data)
        else:
            content_type = part.headers.get("Content-Type")
            files[name] = File(name, part.filename or name, data, content_type)
    return Body(payload, files)
