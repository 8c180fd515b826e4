"""The CDN: uploads of members and bot, and the ways in which fetching one goes wrong."""

import asyncio
import contextlib
import hashlib
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

from tests.wire.world import snowflake

How = Literal["whole", "slow", "cut", "gone", "error", "elsewhere"]


@dataclass(frozen=True)
class Upload:
    """A file that a member attaches.

    Attributes:
        content_type: What the member's client said it was.
        announced_bytes: The size that Discord tells, where it is not the true one.
        how: How the CDN hands it out; ``slow`` stalls after the first bytes, ``elsewhere``
            redirects to ``target``.
    """

    data: bytes
    filename: str = "photo.jpg"
    content_type: str | None = "image/jpeg"
    announced_bytes: int | None = None
    how: How = "whole"
    target: str = ""


@dataclass
class Cdn:
    """Keeps files in memory and serves them below ``base``."""

    base: str = ""
    files: dict[int, Upload] = field(default_factory=dict)
    fetched: list[int] = field(default_factory=list)

    def keep(self, upload: Upload, channel_id: int) -> dict[str, Any]:
        """Keep a file; the attachment object that describes it."""
        attachment_id = snowflake()
        self.files[attachment_id] = upload
        url = f"{self.base}/attachments/{channel_id}/{attachment_id}/{upload.filename}"
        size = len(upload.data) if upload.announced_bytes is None else upload.announced_bytes
        made: dict[str, Any] = {"id": str(attachment_id), "filename": upload.filename}
        made |= {"size": size, "url": url, "proxy_url": url}
        made["sha256"] = hashlib.sha256(upload.data).hexdigest()
        if upload.content_type is not None:
            made["content_type"] = upload.content_type
        return made

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Hand a file out in its way."""
        attachment_id = int(request.match_info["attachment_id"])
        self.fetched.append(attachment_id)
        upload = self.files.get(attachment_id)
        if upload is None or upload.how == "gone":
            return web.Response(status=404, text="This content is no longer available.")
        if upload.how == "error":
            return web.Response(status=503)
        if upload.how == "elsewhere":
            return web.Response(status=302, headers={"Location": upload.target})
        if upload.how == "whole":
            return web.Response(body=upload.data, content_type="application/octet-stream")
        response = web.StreamResponse(headers={"Content-Length": str(len(upload.data))})
        # A bot that is killed meanwhile takes nothing more.
        with contextlib.suppress(ConnectionError):
            await response.prepare(request)
            await response.write(upload.data[: len(upload.data) // 2])
            if upload.how == "slow":
                await asyncio.sleep(3600)
        if request.transport is not None:
            request.transport.close()
        return response
