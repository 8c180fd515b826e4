"""From a wish to queued jobs: checks, charge, rows and queue, in this order."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import discord
import msgspec

from bot.errors import Gone, NotAllowed
from bot.jobs.beginning import check_prompt
from bot.jobs.estimate import Work
from bot.jobs.forecast import Forecast
from bot.jobs.honouring import honoured
from bot.jobs.line import Line, Place
from bot.jobs.origin import Origin
from bot.jobs.spec import JobSpec
from bot.jobs.wish import NO_LONGER_KEPT, Wish, hashes_of
from bot.language import N_, _
from bot.moderation.admission import Admission, Wording
from bot.moderation.content import ContentCheck, Verdict
from bot.moderation.holding import (
    Doubtful,
    always_hidden,
    check_source,
    explicit_allowed,
    hashes_brought,
    held,
    require_check,
)
from bot.offer import Offer
from bot.privacy.consent import require_consent
from bot.quota import texts as quota_texts
from bot.quota.quote import costs_of
from bot.quota.ruling import Quotas
from bot.settings import Settings
from storage.database import Database
from storage.image_store import ImageStore
from storage.quota import QuotaBalance, Terms
from storage.records import Job, NewJob, new_job_id
from storage.rules import GuildRules

RESTARTING = N_("I am being restarted and take nothing in right now. Please ask again in a minute.")
PRICE_CHANGED = N_("The price has changed just now. Please press again.")
TOO_LONG_A_WAIT = N_(
    "I may not post here, so I can answer you for a quarter of an hour only, and the queue is "
    "longer than that. Please try again later, or where I may post."
)
# Wishes that are worked out at the same time; beyond that, working on more makes none quicker.
AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """Jobs that are durable and wait, with what their member is told about them.

    Attributes:
        jobs: All that share the message, by place.
        place: Where they stand in the queue.
        wait_s: Expected seconds until the last of them is done, or None before anything was
            measured.
        cost: Credits for all of them.
    """

    jobs: tuple[Job, ...]
    place: Place
    wait_s: float | None
    cost: int
    balance: QuotaBalance


class Submission:
    """Takes wishes in. Nothing is charged before every check has passed.

    Args:
        home: Tells the lease of this bot; None where it has its database to itself.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        database: Database,
        images: ImageStore,
        line: Line,
        home: Callable[[], str | None],
        offer: Offer,
        forecast: Forecast,
        content: ContentCheck,
    ) -> None:
        self._settings = settings
        self._database = database
        self._images = images
        self._line = line
        self._home = home
        self._offer = offer
        self._forecast = forecast
        self._admission = Admission(database)
        self._content = content
        self._quotas = Quotas(settings, database)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._closed = False

    def close(self) -> None:
        """Take nothing in any more: what it needs is about to be closed."""
        self._closed = True

    async def submit(
        self,
        origin: Origin,
        make: Callable[[], Awaitable[Wish]],
        words: Wording | None = None,
        *,
        reviewed: bool = False,
    ) -> Submitted:
        """Check, charge and queue a wish.

        Args:
            make: Works the wish out, its pictures in the store; called once the guild's rules let
                the member pass, so that nothing is downloaded in vain.
            words: Those of the wish, where they are known before it is worked out.
            reviewed: A moderator has let the source pass.

        Raises:
            MemberError: The wish cannot be worked out.
            Gone: A picture that it starts from is no longer in the store.
            Doubtful: A moderator has to look at the source first.
            NotAllowed: A rule or the quota says no, or the bot is about to end.
            AlreadySubmitted: The very same interaction was obeyed before.
        """
        if self._closed:
            raise NotAllowed(_(RESTARTING))
        async with self._turns:
            return await self._submit(origin, make, words, reviewed=reviewed)

    async def _submit(
        self,
        origin: Origin,
        make: Callable[[], Awaitable[Wish]],
        words: Wording | None,
        *,
        reviewed: bool,
    ) -> Submitted:
        rules = await self._admission.admit(origin)
        allowed = explicit_allowed(origin, rules)
        require_check(self._content, allowed=allowed)
        if words is not None:
            await self._admission.check_words(words, rules)
        wish = honoured(await make(), self._offer)
        if words is None:
            await self._admission.check_words(_wording(wish), rules)
        owners = {owner for spec in wish.specs for owner in spec.owner_ids}
        await require_consent(self._database, owners, origin.user_id)
        for spec in wish.specs:
            params = spec.params
            check_prompt(self._settings.prompt_max_chars, params.prompt, params.negative_prompt)
        # From the look to the row that uses them, nobody may drop these pictures.
        async with self._database.image_fence.using():
            for image_hash in set(hashes_of(wish)):
                if not await self._images.exists(image_hash):
                    raise Gone(_(NO_LONGER_KEPT))
            if not allowed and not reviewed:
                await self._check_source(origin, wish, rules)
            specs = [
                # The parent may have been made where more is allowed than here.
                msgspec.structs.replace(
                    spec,
                    explicit_allowed=allowed,
                    # What a member hid stays hidden in all that comes of it.
                    spoiler=spec.spoiler or always_hidden(origin, rules),
                    private=origin.private,
                )
                for spec in wish.specs
            ]
            return await self._charge(origin, wish, specs)

    async def _check_source(self, origin: Origin, wish: Wish, rules: GuildRules | None) -> None:
        """Look at what a member brought; a result was looked at when it was made.

        A mask and a transparency are pictures too, and the latter is seen in the result.
        """
        if wish.parent_id is not None:
            return
        brought = [one for one in hashes_brought(wish.first) if one is not None]
        verdicts = [
            await check_source(self._content, rules, await self._images.get(name))
            for name in brought
        ]
        if Verdict.DOUBTFUL in verdicts:
            raise Doubtful(held(origin, wish))

    async def _charge(self, origin: Origin, wish: Wish, specs: list[JobSpec]) -> Submitted:
        self._require_time(origin, specs)
        ruling = await self._quotas.ruling(origin)
        if ruling.waits_until is not None:
            raise quota_texts.too_new(ruling.waits_until)
        costs = costs_of(specs, self._offer, ruling.prices)
        if wish.at_most is not None and sum(costs) > wish.at_most:
            raise NotAllowed(_(PRICE_CHANGED))
        if self._closed:
            # It closed while the picture was decoded; nothing is charged that nobody would make.
            raise NotAllowed(_(RESTARTING))
        with quota_texts.refusals():
            jobs = await self._database.jobs.submit_all(
                rows(origin, wish, specs, costs, self._home()), ruling.terms
            )
        return await self._enqueue(jobs, specs, ruling.terms, sum(costs))

    async def _enqueue(
        self, jobs: list[Job], specs: list[JobSpec], terms: Terms, cost: int
    ) -> Submitted:
        first = jobs[0]
        place = await self._line.join(jobs)
        wait_s = self._forecast.wait_s(place.before, Work.of(specs[-1].params))
        balance = await self._database.quota.balance(first.guild_id, first.user_id, terms)
        return Submitted(jobs=tuple(jobs), place=place, wait_s=wait_s, cost=cost, balance=balance)

    def _require_time(self, origin: Origin, specs: list[JobSpec]) -> None:
        """Refuse what is only reached by a token that will not live to see it."""
        if not origin.private:
            return
        *companions, last = (Work.of(spec.params) for spec in specs)
        wait_s = self._forecast.wait_s([*self._line.works, *companions], last)
        left_s = (origin.token_expires_at - discord.utils.utcnow()).total_seconds()
        if wait_s is not None and wait_s > left_s:
            raise NotAllowed(_(TOO_LONG_A_WAIT))


def rows(
    origin: Origin,
    wish: Wish,
    specs: Sequence[JobSpec],
    costs: Sequence[int],
    home: str | None,
) -> list[NewJob]:
    """One row for each picture of a wish; several have the first one's id as their group."""
    # In the order of their places, which ids of one moment are not by themselves.
    ids = sorted(new_job_id() for _ in specs)
    group_id = ids[0] if len(specs) > 1 else None
    return [
        NewJob(
            id=job_id,
            guild_id=origin.guild_id,
            channel_id=origin.channel_id,
            message_id=origin.message_id,
            user_id=origin.user_id,
            action=wish.action.value,
            params=spec.to_mapping(),
            source_hash=spec.source_hash,
            parent_id=wish.parent_id,
            root_id=wish.root_id,
            source_notes=spec.notes,
            interaction_token=origin.token,
            interaction_expires_at=origin.token_expires_at,
            application_id=origin.application_id,
            locale=origin.locale,
            attachment_size_limit=origin.attachment_size_limit,
            cost=cost,
            group_id=group_id,
            place=place,
            interaction_id=origin.interaction_id,
            home=home,
        )
        for place, (job_id, spec, cost) in enumerate(zip(ids, specs, costs, strict=True), start=1)
    ]


def _wording(wish: Wish) -> Wording:
    params = wish.first.params
    return Wording(
        prompt=params.prompt, negative_prompt=params.negative_prompt, parent_id=wish.parent_id
    )
