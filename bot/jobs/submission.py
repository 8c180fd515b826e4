"""From a wish to a queued job: intake, checks, charge, row and queue, in this order."""

from dataclasses import dataclass

from bot.errors import Gone, NotAllowed
from bot.intake import Intake, SizeRule
from bot.jobs.estimate import Estimator
from bot.jobs.origin import Origin
from bot.jobs.spec import Action, JobSpec
from bot.jobs.wish import Wish, fresh_seed
from bot.language import _
from bot.moderation.admission import Admission, Wording
from bot.privacy.consent import require_parents_consent
from bot.queue import JobQueue, QueuedJob
from bot.quota import texts as quota_texts
from bot.quota.price import price
from bot.quota.ruling import Quotas
from bot.settings import Settings
from engine.checkpoints import Checkpoint
from engine.params import RestyleParams
from storage.database import Database
from storage.image_store import ImageStore
from storage.quota import QuotaBalance, Terms
from storage.records import Job, NewJob, new_job_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A job that is durable and waits, with what its member is told about it.

    Attributes:
        position: Place in the queue, counted from 1.
        wait_s: Expected seconds until the result, or None before anything was measured.
    """

    job: Job
    position: int
    wait_s: float | None
    balance: QuotaBalance


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstWish:
    """The options of `/restyle` as the member gave them."""

    prompt: str
    strength: float | None = None
    seed: int | None = None
    negative_prompt: str = ""


class Submission:
    """Takes wishes in. Nothing is charged before every check has passed."""

    def __init__(
        self,
        *,
        settings: Settings,
        database: Database,
        images: ImageStore,
        intake: Intake,
        queue: JobQueue,
        checkpoint: Checkpoint,
        estimator: Estimator,
    ) -> None:
        self._settings = settings
        self._database = database
        self._images = images
        self._intake = intake
        self._queue = queue
        self._checkpoint = checkpoint
        self._estimator = estimator
        self._admission = Admission(database)
        self._quotas = Quotas(settings, database)

    async def first(self, origin: Origin, picture: bytes, wish: FirstWish) -> Submitted:
        """Take in a picture and queue its first restyle.

        Raises:
            IntakeError: The picture cannot be used.
            NotAllowed: A rule or the quota says no.
        """
        self._check_prompt(wish.prompt, wish.negative_prompt)
        words = Wording(prompt=wish.prompt, negative_prompt=wish.negative_prompt)
        await self._admission.admit(origin, words)
        prepared = await self._intake.prepare(picture, self._size_rule())
        source_hash = await self._images.put(prepared.image, ".webp")
        alpha_hash = await self._images.put(prepared.alpha, ".png") if prepared.alpha else None
        params = RestyleParams(
            prompt=wish.prompt,
            negative_prompt=wish.negative_prompt,
            strength=self._checkpoint.strength if wish.strength is None else wish.strength,
            seed=fresh_seed() if wish.seed is None else wish.seed,
            width=prepared.width,
            height=prepared.height,
            checkpoint=self._checkpoint.name,
        )
        spec = JobSpec(
            params=params,
            source_hash=source_hash,
            original_width=prepared.original_width,
            original_height=prepared.original_height,
            alpha_hash=alpha_hash,
            notes=tuple(map(str, prepared.notes)),
        )
        return await self._charge(origin, Wish(action=Action.RESTYLE, spec=spec))

    async def submit(self, origin: Origin, wish: Wish) -> Submitted:
        """Check, charge and queue a wish whose source is already in the store.

        Raises:
            Gone: The source is no longer in the store.
            NotAllowed: A rule or the quota says no.
        """
        self._check_prompt(wish.spec.params.prompt, wish.spec.params.negative_prompt)
        await self._admission.admit(origin, _wording(wish))
        await require_parents_consent(self._database, wish.parent_id, origin.user_id)
        if not await self._images.exists(wish.spec.source_hash):
            raise Gone(_("That picture is no longer kept, so there is nothing to go on from."))
        return await self._charge(origin, wish)

    async def _charge(self, origin: Origin, wish: Wish) -> Submitted:
        ruling = await self._quotas.ruling(origin)
        if ruling.waits_until is not None:
            raise quota_texts.too_new(ruling.waits_until)
        cost = price(wish.spec.params, self._checkpoint, rule=ruling.prices)
        with quota_texts.refusals():
            job = await self._database.jobs.submit(self._row(origin, wish, cost), ruling.terms)
        return await self._enqueue(job, wish.spec.params, ruling.terms)

    async def balance(self, origin: Origin) -> QuotaBalance:
        """What a member has used today, and what is left."""
        ruling = await self._quotas.ruling(origin)
        return await self._database.quota.balance(origin.guild_id, origin.user_id, ruling.terms)

    async def _enqueue(self, job: Job, params: RestyleParams, terms: Terms) -> Submitted:
        queued = QueuedJob(
            job_id=job.id, user_id=job.user_id, created_at=job.created_at, priority=job.priority
        )
        self._queue.put_nowait(queued)
        # Asked for at once: after the next await a dispatcher may already have taken it.
        position = self._queue.position(job.id) or 1
        balance = await self._database.quota.balance(job.guild_id, job.user_id, terms)
        seconds = self._estimator.seconds(params, self._checkpoint.num_inference_steps)
        wait_s = None if seconds is None else seconds * position
        return Submitted(job=job, position=position, wait_s=wait_s, balance=balance)

    def _check_prompt(self, *texts: str) -> None:
        longest = self._settings.prompt_max_chars
        if not texts[0].strip():
            raise NotAllowed(_("Tell me in a few words how the picture should look."))
        if any(len(text) > longest for text in texts):
            sentence = _("That prompt is too long; {longest} characters are the most.")
            raise NotAllowed(sentence.format(longest=longest))

    def _size_rule(self) -> SizeRule:
        checkpoint = self._checkpoint
        return SizeRule(
            area_side=checkpoint.size, max_side=checkpoint.max_size, multiple=checkpoint.multiple
        )

    def _row(self, origin: Origin, wish: Wish, cost: int) -> NewJob:
        return NewJob(
            id=new_job_id(),
            guild_id=origin.guild_id,
            channel_id=origin.channel_id,
            message_id=origin.message_id,
            user_id=origin.user_id,
            action=wish.action.value,
            params=wish.spec.to_mapping(),
            source_hash=wish.spec.source_hash,
            parent_id=wish.parent_id,
            root_id=wish.root_id,
            source_notes=wish.spec.notes,
            interaction_token=origin.token,
            interaction_expires_at=origin.token_expires_at,
            application_id=origin.application_id,
            locale=origin.locale,
            attachment_size_limit=origin.attachment_size_limit,
            cost=cost,
        )


def _wording(wish: Wish) -> Wording:
    params = wish.spec.params
    return Wording(
        prompt=params.prompt, negative_prompt=params.negative_prompt, parent_id=wish.parent_id
    )
