"""Writes the message of a finished, failed or cancelled job: text, picture and buttons."""

import io
from collections.abc import Sequence
from functools import partial

import discord
import msgspec

from bot import texts
from bot.buttons.cancel import waiting_view
from bot.buttons.rows import finished_view
from bot.delivery.courier import Letter
from bot.delivery.parameters import embedded, parameters_of, room_for
from bot.intake import Encoded, Intake
from bot.jobs.deadline import too_late
from bot.jobs.spec import Action, JobSpec, is_hidden
from bot.jobs.status import Status
from bot.jobs.submission import Submitted
from bot.language import _, read_by
from bot.language.formats import number
from storage.image_store import ImageStore
from storage.records import Job, JobStatus

# Room in an upload for everything beside the picture.
MULTIPART_BYTES = 16 * 1024


class LetterWriter:
    """Turns the rows of the jobs that share a message, and their pictures, into a ``Letter``."""

    def __init__(self, images: ImageStore, intake: Intake) -> None:
        self._images = images
        self._intake = intake

    async def write(self, jobs: Sequence[Job], attachment_size_limit: int) -> Letter:
        """The final message of ``jobs``, no picture in it larger than the limit in bytes.

        Args:
            jobs: All that share the message, by place.
        """
        # The task is this job's own: buttons and alt text made later in it follow the member too.
        read_by(jobs[0].locale)
        made = [job for job in jobs if job.result_hash is not None]
        if not made:
            return Letter(content=_without_picture(jobs), files=tuple, view=lambda: None)
        if made[0].action == Action.STRIP:
            encoded = [await self._strip(made, attachment_size_limit)]
        else:
            encoded = [await self.picture(job, attachment_size_limit) for job in made]

        def files() -> Sequence[discord.File]:
            return [
                discord.File(
                    io.BytesIO(one.data),
                    f"restyle-{job.id}{one.extension}",
                    description=texts.alt_text(job),
                    spoiler=is_hidden(job),
                )
                for job, one in zip(made, encoded, strict=False)
            ]

        notes = tuple(note for one in encoded for note in one.notes)
        return Letter(
            content=texts.result(jobs, notes), files=files, view=lambda: finished_view(made)
        )

    async def picture(self, job: Job, attachment_size_limit: int) -> Encoded:
        """The result of ``job``, which must be kept, ready to be uploaded."""
        return await self._fitted(await self.whole(job), parameters_of(job), attachment_size_limit)

    async def _fitted(self, image: bytes, how: str, attachment_size_limit: int) -> Encoded:
        """A picture with ``how`` it was made in it, small enough to be uploaded."""
        limit = attachment_size_limit - MULTIPART_BYTES - room_for(how)
        encoded = await self._intake.shrink(image, limit)
        return msgspec.structs.replace(encoded, data=embedded(encoded.data, how))

    async def _strip(self, jobs: Sequence[Job], attachment_size_limit: int) -> Encoded:
        pictures = [await self.whole(job) for job in jobs]
        sheet = await self._intake.sheet(pictures, [strength_of(job) for job in jobs])
        strengths = [JobSpec.from_mapping(job.params).params.strength for job in jobs]
        how = parameters_of(jobs[0], strengths)
        return await self._fitted(sheet, how, attachment_size_limit)

    async def whole(self, job: Job) -> bytes:
        """A result, which must be kept, with the transparency of its source."""
        assert job.result_hash is not None
        return await self.restored(job.result_hash, JobSpec.from_mapping(job.params).alpha_hash)

    async def restored(self, image_hash: str, alpha_hash: str | None) -> bytes:
        """A picture of the store with its transparency, if it has any; raises ``ImageMissing``."""
        image = await self._images.get(image_hash)
        if alpha_hash is None:
            return image
        return await self._intake.restore(image, await self._images.get(alpha_hash))


def _without_picture(jobs: Sequence[Job]) -> str:
    failed = [job for job in jobs if job.status is JobStatus.FAILED]
    if failed:
        return texts.failure(failed[0])
    return _(texts.TOO_LATE if any(map(too_late, jobs)) else texts.CANCELLED)


def strength_of(job: Job) -> str:
    """The strength of a job as it stands on a strip and in its menu."""
    return number(JobSpec.from_mapping(job.params).params.strength, 2)


def waiting_letter(submitted: Submitted) -> Letter:
    """The message of jobs that wait, with their place as it is known now."""
    # The task goes on to others' jobs, and each is told of in its own member's language.
    read_by(submitted.jobs[0].locale)
    view = partial(waiting_view, submitted.jobs[0].id)
    return Letter(content=texts.queued(submitted), files=tuple, view=view)


def progress_letter(job: Job, status: Status) -> Letter:
    """The message while ``job`` waits or runs."""
    # The task is this job's own, as above.
    read_by(job.locale)

    def files() -> Sequence[discord.File]:
        if status.preview is None:
            return []
        return [
            discord.File(
                io.BytesIO(status.preview),
                "preview.webp",
                description=texts.alt_text(job),
                spoiler=is_hidden(job),
            )
        ]

    return Letter(
        content=texts.progress(job, status),
        files=files,
        view=lambda: waiting_view(job.group_id or job.id),
    )


def apology_letter(job: Job) -> Letter:
    """The message of a job that was made and given back, because it could not be shown."""
    read_by(job.locale)
    return Letter(content=_(texts.NOT_SHOWN), files=tuple, view=lambda: None)


def pause_letter(job: Job) -> Letter:
    """The message of a job that waits until the bot has been started again."""
    read_by(job.locale)
    return Letter(content=_(texts.PAUSED), files=tuple, view=lambda: waiting_view(job.id))
