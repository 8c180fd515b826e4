"""The composition root: everything that lives as long as the bot process, wired in one place."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import platformdirs

from bot.acks import Acks
from bot.delivery.courier import Courier
from bot.delivery.letters import LetterWriter, progress_letter, waiting_letter
from bot.delivery.outbox import Deliverer
from bot.delivery.pausing import PauseNotices
from bot.intake import Intake, IntakeLimits
from bot.jobs.announcements import Announcements
from bot.jobs.beginning import Beginning
from bot.jobs.boards import Boards
from bot.jobs.deadline import Deadline
from bot.jobs.dispatcher import Dispatcher
from bot.jobs.estimate import Estimator
from bot.jobs.follower import Follower
from bot.jobs.forecast import Forecast
from bot.jobs.lease import Lease
from bot.jobs.line import Line, OwnLine
from bot.jobs.shared_line import SharedLine
from bot.jobs.spec import JobSpec
from bot.jobs.standings import Standings
from bot.jobs.status import Editor, Status, StatusEditor
from bot.jobs.submission import Submission, Submitted
from bot.jobs.watch import MessageWatch
from bot.looks.shelf import Shelf
from bot.moderation.content import ContentCheck, SafetyChecker
from bot.moderation.expiry import tidy
from bot.moderation.holding import ResultReview
from bot.moderation.open_nsfw import OpenNsfwChecker
from bot.monitoring.metrics import Metrics
from bot.monitoring.tracing import job_traces
from bot.offer import offer_from
from bot.presses import Presses
from bot.privacy.erasing import Eraser
from bot.queue import JobQueue
from bot.quota.ruling import Quotas
from bot.settings import Settings
from bot.sweeper import Sweeper
from engine.api import Engine
from engine.client import EngineOptions, LocalEngine, RayOptions
from storage.database import Database
from storage.image_store import open_images
from storage.leases import Beat
from storage.records import Job
from storage.sole_process import SoleProcess

if TYPE_CHECKING:
    from bot.client import RestyleBot


# How many of the jobs that were finished before a start tell how long the next will take.
LEARNT_FROM = 50


class Application:
    """Owns database, pictures, intake, engine, queue and the two loops.

    ``open`` brings up what needs no Discord, ``start`` the loops that speak to it, ``close`` ends
    all. The loops belong here and not to the client, so that a lost gateway stops no job.

    Args:
        engine: Where pictures are made; by default the child process that the settings describe.

    Raises:
        CheckpointError: The settings name a checkpoint that is not in the table.
    """

    def __init__(self, settings: Settings, *, engine: Engine | None = None) -> None:
        self.settings = settings
        # By the monotonic clock.
        self.began_s = time.monotonic()
        # The default first; a name that stands in both places counts once.
        names = dict.fromkeys((settings.checkpoint, *settings.checkpoints))
        self.offer = offer_from(names, settings.resolved_checkpoints_file)
        self.checkpoint = self.offer.default
        self.database = Database(
            settings.resolved_database_url, lock_timeout_s=settings.database_lock_timeout_s
        )
        self.images = open_images(settings.images_url, settings.data_dir / "images")
        self.intake = Intake(intake_limits(settings))
        self.engine = LocalEngine(engine_options(settings)) if engine is None else engine
        self.lease = Lease(self.database) if self.database.shared else None
        self.line = line_of(self.database, self.lease)
        self.watch = MessageWatch()
        self.metrics = Metrics()
        self.traces = job_traces(settings)
        self.announcements = Announcements(self.line)
        self.estimator = Estimator()
        self._forecast = Forecast(engine=self.engine, offer=self.offer, estimator=self.estimator)
        self.presses = Presses()
        self.acks = Acks()
        self.looks = Shelf(self.database.looks)
        self.writer = LetterWriter(self.images, self.intake)
        self.beginning = Beginning(
            images=self.images,
            intake=self.intake,
            offer=self.offer,
            prompt_max_chars=settings.prompt_max_chars,
        )
        self.content = content_check(settings)
        self.quotas = Quotas(settings, self.database)
        self.submission = Submission(
            settings=settings,
            database=self.database,
            images=self.images,
            line=self.line,
            home=self._home,
            offer=self.offer,
            forecast=self._forecast,
            content=self.content,
        )
        self._dispatcher: Dispatcher | None = None
        self._deliverer: Deliverer | None = None
        self._eraser: Eraser | None = None
        self._standings: Standings | None = None
        self._opened = AsyncExitStack()

    @property
    def dispatcher(self) -> Dispatcher:
        """The dispatcher; there is none before ``start``."""
        assert self._dispatcher is not None, "the application has not been started"
        return self._dispatcher

    @property
    def eraser(self) -> Eraser:
        """What deletes messages; there is none before ``start``."""
        assert self._eraser is not None, "the application has not been started"
        return self._eraser

    @property
    def standings(self) -> Standings:
        """What tells those who wait; nothing does before ``start``."""
        assert self._standings is not None, "the application has not been started"
        return self._standings

    def wake_delivery(self) -> None:
        """There is something new in the outbox."""
        if self._deliverer is not None:
            self._deliverer.wake()

    @property
    def loops_alive(self) -> bool:
        """Whether jobs are dispatched and outcomes delivered; neither loop ends by itself."""
        loops = (self._dispatcher, self._deliverer)
        return all(loop is not None and loop.alive for loop in loops)

    async def open(self) -> None:
        """Bring up database, intake and engine; on an error nothing stays behind.

        Raises:
            StorageError: The database cannot be reached or upgraded.
            EngineError: The engine cannot be made ready.
        """
        self.settings.make_data_dir()
        async with AsyncExitStack() as opened:
            sole = SoleProcess(self.settings.resolved_database_url)
            sole.take()
            opened.callback(sole.release)
            opened.push_async_callback(asyncio.to_thread, self.traces.close)
            opened.push_async_callback(self.database.close)
            await self.database.upgrade()
            if self.lease is not None:
                opened.push_async_callback(self.lease.close)
                await self.lease.start()
            await self.images.sweep()
            opened.push_async_callback(self.intake.close)
            await self.intake.start()
            opened.push_async_callback(self.content.close)
            await self.content.start()
            opened.push_async_callback(self.engine.close)
            await self.engine.start()
            self._opened = opened.pop_all()

    async def start(self, client: "RestyleBot") -> None:
        """Begin to deliver and to dispatch. ``client`` is logged in; the gateway may come later."""
        courier = Courier(client)
        self._eraser = eraser = Eraser(client, self.database)
        eraser.start()
        self._opened.push_async_callback(eraser.close)
        sweeper = Sweeper(
            database=self.database,
            images=self.images,
            retention_days=self.settings.retention_days,
            metrics=self.metrics,
            before=partial(tidy, client, began=datetime.now(UTC)),
        )
        sweeper.start()
        self._opened.push_async_callback(sweeper.close)
        self._deliverer = deliverer = self._make_deliverer(courier)
        self._standings = standings = self._make_standings(courier)
        self.estimator.learn_from(await self.database.jobs.newest_done(LEARNT_FROM))
        self._dispatcher = Dispatcher(
            engine=self.engine,
            database=self.database,
            line=self.line,
            follower=self._make_follower(client),
            editor_for=self._editors(courier),
            finished=self._finished,
            paused=PauseNotices(self.database, self.announcements, courier).tell,
        )
        deliverer.start()
        self._opened.push_async_callback(deliverer.close, self.settings.delivery_grace_s)
        if self.lease is not None:
            self.lease.heard.append(self._hear)
            self.lease.lost.append(self._dispatcher.let_go)
        await self._dispatcher.start()
        self._opened.push_async_callback(self._dispatcher.close, self.settings.shutdown_grace_s)
        standings.start()
        # First of all: nothing may be told of a place after it was told that the bot restarts.
        self._opened.push_async_callback(standings.close)
        deadline = Deadline(self.database, self._dispatcher.cancel)
        deadline.start()
        self._opened.push_async_callback(deadline.close)

    def _home(self) -> str | None:
        return None if self.lease is None else self.lease.id

    def _finished(self) -> None:
        """A job is over: that is to be told, and others may stand elsewhere in the line."""
        self.wake_delivery()
        self.standings.wake()

    async def _hear(self, beat: Beat) -> None:
        """What the other bots on the database left to this one, or want of it."""
        if beat.adopted:
            self.wake_delivery()
        await self.dispatcher.stop(beat.unwanted)

    def _make_deliverer(self, courier: Courier) -> Deliverer:
        return Deliverer(
            database=self.database,
            courier=courier,
            writer=self.writer,
            announcements=self.announcements,
            watch=self.watch,
            max_attempts=self.settings.delivery_max_attempts,
            metrics=self.metrics,
            traces=self.traces,
            lease=self.lease,
        )

    def _make_follower(self, client: "RestyleBot") -> Follower:
        return Follower(
            engine=self.engine,
            database=self.database,
            images=self.images,
            forecast=self._forecast,
            max_attempts=self.settings.max_attempts,
            previews=self.settings.previews,
            review=ResultReview(self.content, client),
            metrics=self.metrics,
            traces=self.traces,
        )

    def _make_standings(self, courier: Courier) -> Standings:
        async def tell(submitted: Submitted) -> None:
            await courier.edit_by_token(submitted.jobs[0], waiting_letter(submitted))

        return Standings(
            line=self.line,
            forecast=self._forecast,
            announcements=self.announcements,
            tell=tell,
            interval_s=self.settings.message_edit_interval_s,
        )

    def _editors(self, courier: Courier) -> Callable[[Job], Editor]:
        """Makes the editors of progress messages; jobs of one message share a board."""

        def make_editor(job: Job) -> StatusEditor:
            async def edit(status: Status) -> None:
                await self.announcements.settled(job.group_id or job.id)
                await courier.edit_by_token(job, progress_letter(job, status))
                self.watch.progressed(job.message_id)

            return StatusEditor(edit, self.settings.message_edit_interval_s)

        boards = Boards(make_editor)

        def editor_for(job: Job) -> Editor:
            self.standings.begun(job.group_id or job.id)
            return boards.editor_for(job, JobSpec.from_mapping(job.params).count)

        return editor_for

    async def close(self) -> None:
        """End all, the last begun first. May be called twice."""
        self.submission.close()
        await self._opened.aclose()


def line_of(database: Database, lease: Lease | None) -> Line:
    """The line that the dispatcher's queue is fed from: the bot's own, or that of several bots."""
    queue = JobQueue()
    if lease is None:
        return OwnLine(queue, database)
    return SharedLine(queue, database, lease)


def intake_limits(settings: Settings) -> IntakeLimits:
    """The limits on pictures that the settings give."""
    return IntakeLimits(
        max_bytes=settings.intake_max_bytes,
        max_pixels=settings.intake_max_pixels,
        timeout_s=settings.intake_timeout_s,
        memory_bytes=settings.intake_memory_bytes,
    )


def content_check(settings: Settings) -> ContentCheck:
    """The checkers that the settings choose, and where their scores lead."""
    checkers = {"opennsfw": (OpenNsfwChecker(), SafetyChecker()), "none": ()}
    return ContentCheck(
        checkers[settings.content_check],
        review_score=settings.content_review_score,
        refuse_score=settings.content_refuse_score,
    )


def engine_options(settings: Settings) -> EngineOptions:
    """How the settings want the engine, or the gateway to a cluster of them."""
    options = EngineOptions(
        socket=settings.engine_socket if settings.engine == "socket" else None,
        checkpoint=settings.checkpoint,
        also=settings.checkpoints,
        checkpoints_file=settings.resolved_checkpoints_file,
        device=settings.device,
        max_rows=settings.engine_max_rows,
        profile_dir=settings.engine_profile_dir
        or Path(platformdirs.user_cache_dir("restyle")) / "profiles",
        ready_timeout_s=settings.engine_ready_timeout_s,
        step_timeout_s=settings.engine_step_timeout_s,
        traces_endpoint=settings.traces_endpoint,
    )
    if settings.engine != "ray":
        return options
    return RayOptions(
        **msgspec.structs.asdict(options),
        address=settings.ray_address,
        actor_gpus=settings.ray_actor_gpus,
        actor_cpus=settings.ray_actor_cpus,
    )
