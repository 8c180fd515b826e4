"""Everything of a member as zip files: what is written down as JSON, and the pictures."""

import asyncio
import dataclasses
import io
import zipfile
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from storage.database import Database
from storage.errors import ImageStoreFailed
from storage.image_store import ImageStore
from storage.members import Charge, Rest
from storage.records import Job

# A zip has about 150 bytes a file beside the file itself; pictures are packed already.
ENTRY_BYTES = 512
# What is kept in memory for one part, however much Discord would take.
MAX_PART_BYTES = 25 * 1024 * 1024
# A secret of Discord's, good for minutes, and of no meaning to the member.
LEFT_OUT = "interaction_token"


class _Part:
    """One zip file that is being filled."""

    def __init__(self) -> None:
        self._file = io.BytesIO()
        self._zip = zipfile.ZipFile(self._file, "w")
        self.size = ENTRY_BYTES
        self.empty = True

    def add(self, name: str, data: bytes, *, packed: bool) -> None:
        how = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
        self._zip.writestr(name, data, how)
        self.size = self._file.tell() + ENTRY_BYTES
        self.empty = False

    def close(self) -> bytes:
        self._zip.close()
        return self._file.getvalue()


async def export(
    database: Database, images: ImageStore, user_id: int, max_bytes: int
) -> AsyncIterator[bytes]:
    """Zip files of at most ``max_bytes`` each, the first with the JSON.

    A picture that does not fit into a file by itself is left out; its job stands in the JSON.
    """
    limit = min(max_bytes, MAX_PART_BYTES)
    jobs = await database.members.everything(user_id)
    charges = await database.members.charges(user_id)
    opted_out = await database.members.opted_out(user_id)
    rest = await database.members.rest(user_id)
    part = _Part()
    written = await asyncio.to_thread(_written, user_id, jobs, charges, rest, opted_out=opted_out)
    await asyncio.to_thread(part.add, "data.json", written, packed=False)
    for job in jobs:
        for name, image_hash in (("source", job.source_hash), ("result", job.result_hash)):
            data = await _image(images, image_hash)
            if data is None or len(data) + 2 * ENTRY_BYTES > limit:
                continue
            if part.size + len(data) + ENTRY_BYTES > limit:
                yield part.close()
                part = _Part()
            await asyncio.to_thread(part.add, f"pictures/{job.id}-{name}.webp", data, packed=True)
    if not part.empty:
        yield part.close()


async def _image(images: ImageStore, image_hash: str | None) -> bytes | None:
    if image_hash is None:
        return None
    try:
        return await images.get(image_hash)
    except ImageStoreFailed:
        return None


def _written(
    user_id: int, jobs: Sequence[Job], charges: Sequence[Charge], rest: Rest, *, opted_out: bool
) -> bytes:
    told: dict[str, Any] = {
        "user_id": user_id,
        "opted_out": opted_out,
        "jobs": [_without_secret(job) for job in jobs],
        "ledger": [dataclasses.asdict(charge) for charge in charges],
        **dataclasses.asdict(rest),
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"


def _without_secret(job: Job) -> dict[str, Any]:
    told = dataclasses.asdict(job)
    del told[LEFT_OUT]
    return told
