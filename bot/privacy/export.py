"""Everything of a member as zip files: what is written down as JSON, and the pictures."""

import asyncio
import dataclasses
import io
import zipfile
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from bot.jobs.spec import JobSpec
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
TOO_LARGE, NOT_KEPT = "larger than Discord takes in one file", "no longer kept"
README = """What is in here

data.json      What is written down of you. "jobs" are your wishes, "ledger" is what they cost, and
               "pictures" tells for each picture, by its hash, which file it is.
pictures/      Each picture once, under the first wish that has it: sources as they were taken in,
               masks (white is painted anew), transparencies (put back on results), and results.
left_out.json  In the last file, if there are any: pictures of yours that are not here, and why.

What is not in here

Latents        Numbers that the model leaves behind with a result, so that "Vary" need not begin
               with the picture. They show nothing that the result does not, and take several times
               its room. `/privacy delete` deletes them with the rest.
Held back      What moderators have yet to look at is not here before they decide; "held_back" in
               data.json tells how many wishes and results of yours that are.
Messages       What stands in Discord is in the export that Discord itself makes for you.
"""


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

    A picture that does not fit into a file by itself, or is no longer kept, is left out; the last
    file has a list of these.
    """
    limit = min(max_bytes, MAX_PART_BYTES)
    jobs = await database.members.everything(user_id)
    names = await asyncio.to_thread(file_names, jobs)
    told = {
        "user_id": user_id,
        "opted_out": await database.members.opted_out(user_id),
        "held_back": await database.members.held_back(user_id),
        "pictures": names,
    }
    charges, rest = await database.members.charges(user_id), await database.members.rest(user_id)
    part, left_out = _Part(), dict[str, str]()
    written = await asyncio.to_thread(_written, told, jobs, charges, rest)
    await asyncio.to_thread(part.add, "README.txt", README.encode(), packed=False)
    await asyncio.to_thread(part.add, "data.json", written, packed=False)
    for image_hash, name in names.items():
        data = await _image(images, image_hash)
        if data is None or len(data) + 2 * ENTRY_BYTES > limit:
            left_out[name] = NOT_KEPT if data is None else TOO_LARGE
            continue
        if part.size + len(data) + ENTRY_BYTES > limit:
            yield part.close()
            part = _Part()
        await asyncio.to_thread(part.add, name, data, packed=True)
    if left_out:
        listed = _json(left_out)
        if part.size + len(listed) + ENTRY_BYTES > limit:
            yield part.close()
            part = _Part()
        await asyncio.to_thread(part.add, "left_out.json", listed, packed=False)
    if not part.empty:
        yield part.close()


def file_names(jobs: Sequence[Job]) -> dict[str, str]:
    """By hash: the file of each picture of some jobs, named after the first that has it."""
    names: dict[str, str] = {}
    for job in jobs:
        spec = JobSpec.from_mapping(job.params)
        for kind, image_hash, extension in (
            ("source", job.source_hash, ".webp"),
            ("mask", spec.mask_hash, ".png"),
            ("transparency", spec.alpha_hash, ".png"),
            ("result", job.result_hash, ".webp"),
        ):
            if image_hash is not None:
                names.setdefault(image_hash, f"pictures/{job.id}-{kind}{extension}")
    return names


async def _image(images: ImageStore, image_hash: str) -> bytes | None:
    try:
        return await images.get(image_hash)
    except ImageStoreFailed:
        return None


def _written(
    told: dict[str, Any], jobs: Sequence[Job], charges: Sequence[Charge], rest: Rest
) -> bytes:
    all_told = {
        **told,
        "jobs": [_without_secret(job) for job in jobs],
        "ledger": [dataclasses.asdict(charge) for charge in charges],
        **dataclasses.asdict(rest),
    }
    return _json(all_told)


def _json(told: dict[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"


def _without_secret(job: Job) -> dict[str, Any]:
    told = dataclasses.asdict(job)
    del told[LEFT_OUT]
    return told
