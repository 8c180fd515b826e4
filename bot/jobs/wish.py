"""What a member wishes for: a first picture, or a step on from an earlier result."""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from bot.errors import Gone
from bot.jobs.spec import Action, JobSpec
from bot.language import N_, _
from engine.params import RestyleParams
from storage.records import Job

VARY_STRENGTH = {Action.VARY_SUBTLE: 0.3, Action.VARY_STRONG: 0.6}
MIN_STRENGTH = 0.05
MAX_STRENGTH = 1.0
MAX_COUNT = 4
NO_LONGER_KEPT = N_("That picture is no longer kept, so there is nothing to go on from.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One or more jobs that are worked out but not yet checked, charged or queued.

    Attributes:
        specs: One for each picture; several share a message.
        at_most: What the member has seen that it costs; None where they were told nothing.
    """

    action: Action
    specs: tuple[JobSpec, ...]
    parent_id: str | None = None
    root_id: str | None = None
    at_most: int | None = None

    @property
    def first(self) -> JobSpec:
        """The spec of its first picture."""
        return self.specs[0]


def fresh_seed() -> int:
    """A seed short enough to be typed again, 0 to 2**32 - 1."""
    return secrets.randbelow(2**32)


def several(spec: JobSpec, count: int) -> tuple[JobSpec, ...]:
    """``count`` pictures of one wish, whose seeds count up from its own."""
    seeds: Iterable[int] = range(spec.params.seed, spec.params.seed + count)
    return tuple(
        msgspec.structs.replace(
            spec, count=count, params=msgspec.structs.replace(spec.params, seed=seed)
        )
        for seed in seeds
    )


def go_on(
    parent: Job, action: Action, *, prompt: str | None = None, strength: float | None = None
) -> Wish:
    """The wish that a button on ``parent``'s result stands for.

    Reroll runs the parent's own source again under a new seed. Every other action starts from the
    parent's result, and where its final latents were kept, from these: nothing drifts by being
    decoded and encoded again.

    Raises:
        Gone: The result that the action starts from was deleted or never came to be.
    """
    spec = JobSpec.from_mapping(parent.params)
    params = msgspec.structs.replace(spec.params, seed=fresh_seed())
    if prompt is not None:
        params = msgspec.structs.replace(params, prompt=prompt)
    if strength is None:
        strength = VARY_STRENGTH.get(action)
    if strength is not None:
        params = msgspec.structs.replace(params, strength=strength)
    if action is Action.REROLL:
        # A reroll is a sibling of the result that it was pressed on, but the way back leads there.
        return after(parent, action, [again(spec, params)])
    return after(parent, action, [from_result(parent, spec, params)])


def reroll_all(parent: Job) -> Wish:
    """As many pictures again as share ``parent``'s message, from its source under new seeds."""
    spec = JobSpec.from_mapping(parent.params)
    params = msgspec.structs.replace(spec.params, seed=fresh_seed())
    return after(parent, Action.REROLL, several(again(spec, params), spec.count))


def after(parent: Job, action: Action, specs: Iterable[JobSpec]) -> Wish:
    """A wish whose way back leads to ``parent``, and whose pictures are its member's too."""
    return Wish(
        action=action,
        specs=tuple(_owned_by(parent.user_id, spec) for spec in specs),
        parent_id=parent.id,
        root_id=parent.root_id or parent.id,
    )


def _owned_by(user_id: int, spec: JobSpec) -> JobSpec:
    owners = dict.fromkeys((*spec.owner_ids, user_id))
    return msgspec.structs.replace(spec, owner_ids=tuple(owners))


def again(spec: JobSpec, params: RestyleParams) -> JobSpec:
    """A picture from the same source, and in the same mask, under other parameters."""
    return msgspec.structs.replace(spec, params=params, count=1, notes=())


def from_result(parent: Job, spec: JobSpec, params: RestyleParams) -> JobSpec:
    """A picture that starts from ``parent``'s result, all of which may change.

    Raises:
        Gone: The result was deleted or never came to be.
    """
    if parent.result_hash is None:
        raise Gone(_(NO_LONGER_KEPT))
    return msgspec.structs.replace(
        spec,
        params=params,
        source_hash=parent.result_hash,
        source_latents_hash=parent.latents_hash,
        mask_hash=None,
        count=1,
        notes=(),
    )


def hashes_of(wish: Wish) -> Iterator[str]:
    """The images without which a wish cannot be carried out."""
    for spec in wish.specs:
        yield from (one for one in (spec.source_hash, spec.mask_hash) if one is not None)
