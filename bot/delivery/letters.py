"""Writes the message of a finished, failed or cancelled job: text, picture and buttons."""

import io
from collections.abc import Sequence

import discord

from bot import texts
from bot.buttons.cancel import waiting_view
from bot.buttons.rows import result_view
from bot.delivery.courier import Letter
from bot.delivery.parameters import embedded, parameters_of, room_for
from bot.intake import Intake
from bot.jobs.spec import JobSpec
from bot.jobs.status import Status
from bot.language import _, read_by
from storage.image_store import ImageStore
from storage.records import Job, JobStatus

# Room in an upload for everything beside the picture.
MULTIPART_BYTES = 16 * 1024


class LetterWriter:
    """Turns a job's row and its stored picture into a ``Letter``."""

    def __init__(self, images: ImageStore, intake: Intake) -> None:
        self._images = images
        self._intake = intake

    async def write(self, job: Job, attachment_size_limit: int) -> Letter:
        """The final message of ``job``, its picture no larger than the limit in bytes."""
        # The task is this job's own: buttons and alt text made later in it follow the member too.
        read_by(job.locale)
        if job.status is JobStatus.DONE:
            return await self._result(job, attachment_size_limit)
        text = _(texts.CANCELLED) if job.status is JobStatus.CANCELLED else texts.failure(job)
        return Letter(content=text, files=tuple, view=lambda: None)

    async def _result(self, job: Job, attachment_size_limit: int) -> Letter:
        assert job.result_hash is not None
        image = await self._images.get(job.result_hash)
        spec = JobSpec.from_mapping(job.params)
        if spec.alpha_hash is not None:
            image = await self._intake.restore(image, await self._images.get(spec.alpha_hash))
        how = parameters_of(job)
        limit = attachment_size_limit - MULTIPART_BYTES - room_for(how)
        encoded = await self._intake.shrink(image, limit)

        def files() -> Sequence[discord.File]:
            name = f"restyle-{job.id}{encoded.extension}"
            picture = io.BytesIO(embedded(encoded.data, how))
            return [discord.File(picture, name, description=texts.alt_text(job))]

        return Letter(
            content=texts.result(job, encoded.notes), files=files, view=lambda: result_view(job.id)
        )


def progress_letter(job: Job, status: Status) -> Letter:
    """The message while ``job`` waits or runs."""
    # The task is this job's own, as above.
    read_by(job.locale)

    def files() -> Sequence[discord.File]:
        if status.preview is None:
            return []
        return [discord.File(io.BytesIO(status.preview), "preview.webp")]

    return Letter(
        content=texts.progress(job, status), files=files, view=lambda: waiting_view(job.id)
    )
