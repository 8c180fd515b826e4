"""What a member wishes for: a first restyle, or a step on from an earlier result."""

import secrets
from dataclasses import dataclass

import msgspec

from bot.errors import Gone
from bot.jobs.spec import Action, JobSpec
from bot.language import _
from engine.params import RestyleParams
from storage.records import Job

VARY_STRENGTH = {Action.VARY_SUBTLE: 0.3, Action.VARY_STRONG: 0.6}
MIN_STRENGTH = 0.05
MAX_STRENGTH = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A job that is worked out but not yet checked, charged or queued."""

    action: Action
    spec: JobSpec
    parent_id: str | None = None
    root_id: str | None = None


def fresh_seed() -> int:
    """A seed short enough to be typed again, 0 to 2**32 - 1."""
    return secrets.randbelow(2**32)


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
    root_id = parent.root_id or parent.id
    if action is Action.REROLL:
        again = msgspec.structs.replace(spec, params=params, notes=())
        # A reroll is a sibling of the result that it was pressed on, but the way back leads there.
        return Wish(action=action, spec=again, parent_id=parent.id, root_id=root_id)
    if parent.result_hash is None:
        raise Gone(_("That picture is no longer kept, so there is nothing to go on from."))
    return Wish(
        action=action,
        spec=_from_result(spec, params, parent.result_hash, parent.latents_hash),
        parent_id=parent.id,
        root_id=root_id,
    )


def _from_result(
    spec: JobSpec, params: RestyleParams, result_hash: str, latents_hash: str | None
) -> JobSpec:
    return msgspec.structs.replace(
        spec, params=params, source_hash=result_hash, source_latents_hash=latents_hash, notes=()
    )
