"""Upscale: a result again at up to twice its size, close to what it was."""

import msgspec

from bot.errors import NotAllowed
from bot.jobs.spec import Action, JobSpec
from bot.jobs.wish import Wish, after, from_result
from bot.language import N_, _
from engine.checkpoints import Checkpoint
from storage.records import Job

CANNOT = N_("{name} cannot enlarge a picture and keep it as it is.")
LARGEST = N_("That picture is as large as {name} can make it.")
FACTOR = 2.0
# Enough to draw the detail that more pixels have room for, too little to change what is shown.
STRENGTH = 0.25
# Less growth nobody would see.
LEAST_FACTOR = 1.25


def upscale(parent: Job, checkpoint: Checkpoint) -> Wish:
    """The wish for ``parent``'s result at twice its size, or as near as ``checkpoint`` allows.

    The seed is the parent's own: the same press gives the same picture.

    Raises:
        Gone: The result was deleted or never came to be.
        NotAllowed: It is nearly as large as it can be, or the checkpoint takes no strength.
    """
    spec = JobSpec.from_mapping(parent.params)
    if not checkpoint.abilities.takes_strength:
        raise NotAllowed(_(CANNOT).format(name=checkpoint.name))
    params = spec.params
    longest = checkpoint.longest_side(upscaling=True)
    factor = min(FACTOR, longest / max(params.width, params.height))
    if factor < LEAST_FACTOR:
        raise NotAllowed(_(LARGEST).format(name=checkpoint.name))
    width, height = (
        int(side * factor) // checkpoint.multiple * checkpoint.multiple
        for side in (params.width, params.height)
    )
    larger = msgspec.structs.replace(params, width=width, height=height, strength=STRENGTH)
    # Latents are of the old size.
    whole = msgspec.structs.replace(from_result(parent, spec, larger), source_latents_hash=None)
    return after(parent, Action.UPSCALE, [whole])
