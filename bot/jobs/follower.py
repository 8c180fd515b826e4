"""Follows one attempt through the engine: progress to the message, the outcome to the database."""

from collections.abc import Callable, Collection
from functools import partial

import structlog

from bot.jobs.estimate import Work
from bot.jobs.forecast import Forecast, Run
from bot.jobs.insistence import keep_trying
from bot.jobs.spec import JobSpec
from bot.jobs.status import Editor, Status
from bot.jobs.wish import NO_LONGER_KEPT
from bot.language import N_
from bot.moderation.content import Picture
from bot.moderation.holding import ResultReview
from bot.monitoring.metrics import Metrics
from bot.monitoring.tracing import JobTraces
from engine.api import Engine
from engine.events import Cancelled, Done, Event, Failed, Lost, Preview, Progress, Started, Terminal
from engine.params import Attempt
from storage.database import Database
from storage.dropping import drop_unused
from storage.errors import ImageMissing
from storage.image_store import ImageStore
from storage.records import Job, JobResult

log = structlog.get_logger(__name__)

LOST_TOO_OFTEN = N_(
    "The engine stopped while it worked on this picture, several times over. Sorry."
)
STORE_FAILED = N_("The finished picture could not be stored. Nothing was charged.")


class Follower:
    """Runs claimed jobs one attempt at a time and writes down how each ended."""

    def __init__(
        self,
        *,
        engine: Engine,
        database: Database,
        images: ImageStore,
        forecast: Forecast,
        max_attempts: int,
        previews: bool,
        metrics: Metrics,
        traces: JobTraces,
        review: ResultReview,
    ) -> None:
        self._engine = engine
        self._database = database
        self._images = images
        self._forecast = forecast
        self._max_attempts = max_attempts
        self._previews = previews
        self._metrics = metrics
        self._traces = traces
        self._review = review

    async def follow(
        self, job: Job, editor: Editor, unwanted: Collection[str] = frozenset()
    ) -> bool:
        """Run ``job``'s current attempt to its end.

        Args:
            unwanted: Ids of jobs that were taken back; looked at again with every event.

        Returns:
            True when the job has its final state, False when it is to be queued again.
        """
        if job.attempt > self._max_attempts:
            # Its last attempt ended with the bot itself, so nobody was there to count it.
            await self._database.jobs.fail(job.id, job.attempt, "lost", LOST_TOO_OFTEN)
            return True
        self._metrics.claimed(job)
        spec = JobSpec.from_mapping(job.params)
        with self._traces.attempt(job) as traceparent:
            try:
                attempt = await self._attempt(job, spec, traceparent)
            except ImageMissing as error:
                # Moderators remove pictures from under whoever goes on from them.
                log.info("what the job starts from is gone", error=str(error))
                await self._database.jobs.fail(job.id, job.attempt, "gone", NO_LONGER_KEPT)
                return True
            with self._forecast.running(Work.of(spec.params)) as run:
                terminal = await self._watch(
                    attempt,
                    editor,
                    run,
                    lambda: job.id in unwanted,
                    checked=not spec.explicit_allowed,
                )
        self._metrics.attempted(terminal)
        # Nothing may be edited on top of what the delivery is about to show.
        await editor.close()
        match terminal:
            case Done():
                async with self._database.image_fence.using():
                    made = await self._complete(job, spec, run, terminal)
                # A result that was not let pass is in nobody's use.
                await drop_unused(self._database, self._images, made)
            case Cancelled():
                await self._database.jobs.cancelled(job.id, job.attempt)
            case Failed(code=code, message=message, retryable=retryable):
                log.warning("attempt failed", code=code, reason=message)
                if retryable and job.attempt < self._max_attempts:
                    return not await self._database.jobs.retry(job.id, job.attempt)
                await self._database.jobs.fail(job.id, job.attempt, code, message)
            case Lost():
                log.warning("attempt lost with its engine")
                if job.attempt < self._max_attempts:
                    return not await self._database.jobs.retry(job.id, job.attempt)
                await self._database.jobs.fail(job.id, job.attempt, "lost", LOST_TOO_OFTEN)
        log.info("attempt ended", outcome=type(terminal).__name__.lower())
        return True

    async def _attempt(self, job: Job, spec: JobSpec, traceparent: str) -> Attempt:
        latents = None
        if spec.source_latents_hash and await self._images.exists(spec.source_latents_hash):
            latents = await self._picture(spec.source_latents_hash)
        return Attempt(
            key=f"{job.id}.{job.attempt}",
            params=spec.params,
            source=await self._picture(spec.source_hash),
            source_latents=latents,
            mask=await self._picture(spec.mask_hash),
            previews=self._previews,
            traceparent=traceparent,
        )

    async def _picture(self, image_hash: str | None) -> bytes | None:
        return None if image_hash is None else await self._images.get(image_hash)

    async def _watch(
        self,
        attempt: Attempt,
        editor: Editor,
        run: Run,
        taken_back: Callable[[], bool],
        *,
        checked: bool,
    ) -> Terminal:
        status = Status()
        async for event in self._engine.submit(attempt):
            if isinstance(event, Terminal):
                return event
            if taken_back():
                await self._engine.cancel(attempt.key)
            # What may not be shown when it is done may not be shown before.
            if (
                checked
                and isinstance(event, Preview)
                and not await self._review.may_preview(event.image)
            ):
                continue
            if isinstance(event, Progress):
                self._forecast.stepped(run, event.step, event.total)
            status = _advance(status, event)
            editor.show(status)
        # The protocol promises a terminal event; an engine that broke it is as good as dead.
        return Lost(key=attempt.key, seq=-1)

    async def _complete(self, job: Job, spec: JobSpec, run: Run, done: Done) -> set[str]:
        """Store and note the result; what was stored but is not to be shown."""
        try:
            result_hash = await self._images.put(done.image, ".webp")
            latents_hash = (
                await self._images.put(done.latents, ".safetensors") if done.latents else None
            )
        except OSError:
            log.exception("result not stored", job=job.id)
            await self._database.jobs.fail(job.id, job.attempt, "storage", STORE_FAILED)
            return set()
        result = JobResult(
            result_hash=result_hash,
            latents_hash=latents_hash,
            width=done.width,
            height=done.height,
            num_inference_steps=done.num_inference_steps,
            guidance_scale=done.guidance_scale,
            seconds=done.seconds,
            notes=done.notes,
        )
        if not spec.explicit_allowed:
            picture = Picture(image=done.image, flagged=done.flagged)
            if not await self._review.passes(job, result, picture):
                return {name for name in (result_hash, latents_hash) if name is not None}
        if await keep_trying(partial(self._database.jobs.complete, job.id, job.attempt, result)):
            self._forecast.learn(run, done.num_inference_steps, done.seconds)
        return set()


def _advance(status: Status, event: Event) -> Status:
    match event:
        case Progress(step=step, total=total):
            return Status(step=step, total=total, preview=status.preview)
        case Preview(image=image):
            return Status(step=status.step, total=status.total, preview=image)
        case Started():
            return Status()
        case _:
            return status
