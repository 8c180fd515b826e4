"""The strength strip: one source, one prompt and one seed, at five strengths."""

import msgspec

from bot.errors import NotAllowed
from bot.jobs.spec import Action, JobSpec
from bot.jobs.wish import Wish, after, again
from bot.language import N_, _
from engine.checkpoints import Checkpoint
from storage.records import Job

NO_SOURCE = N_("That picture was made from words alone, so strength has no meaning here.")
NO_STRENGTH = N_("{name} takes no strength, so all five would be the same.")
STRENGTHS = (0.2, 0.35, 0.5, 0.65, 0.8)


def strip(parent: Job, checkpoint: Checkpoint) -> Wish:
    """The wish for ``parent`` once more at each of the five strengths.

    Raises:
        NotAllowed: There is no source to stay near, or the checkpoint takes no strength.
    """
    spec = JobSpec.from_mapping(parent.params)
    if spec.source_hash is None:
        raise NotAllowed(_(NO_SOURCE))
    if not checkpoint.abilities.takes_strength:
        raise NotAllowed(_(NO_STRENGTH).format(name=checkpoint.name))
    base = msgspec.structs.replace(again(spec, spec.params), count=len(STRENGTHS))
    return after(
        parent,
        Action.STRIP,
        (
            msgspec.structs.replace(
                base, params=msgspec.structs.replace(spec.params, strength=strength)
            )
            for strength in STRENGTHS
        ),
    )
