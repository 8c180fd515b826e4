"""Holds a wish against the checkpoint that will make it: what cannot be honoured is refused."""

import math
from dataclasses import replace

import msgspec

from bot.errors import NotAllowed
from bot.intake import SizeRule
from bot.intake.sizing import fit
from bot.jobs.spec import Action, JobSpec
from bot.jobs.wish import VARY_STRENGTH, Wish
from bot.language import N_, _
from bot.offer import CANNOT, Offer
from engine.abilities import Task
from engine.checkpoints import Checkpoint
from engine.params import RestyleParams

NOT_OFFERED = N_("{old} is not offered any more, so I used {new}.")
NO_VARYING = N_("{name} takes no strength, so it knows no variations; please use Remix.")
MADE_WITH_STRENGTH = N_("{name} takes no strength, and that picture has one; please use Remix.")
MADE_WITH_NEGATIVE = N_(
    "{name} takes no negative prompt, and that picture has one; please begin anew with `/restyle`."
)
OWN_STEPS = N_("{name} makes it in its own number of steps, not in {steps}.")
SMALLER = N_("{name} makes no picture as large as that, so this one has {width} × {height} pixels.")


def honoured(wish: Wish, offer: Offer) -> Wish:
    """The wish by checkpoints that are offered today, at sizes that they make.

    What a command or form asks for is looked at when it is read; here it is what a picture brings
    along whose checkpoint or its row has changed since, and what a button stands for.

    Raises:
        NotAllowed: The checkpoint would have to ignore a part of it.
    """
    return replace(wish, specs=tuple(_honoured(wish.action, spec, offer) for spec in wish.specs))


def task_of(spec: JobSpec) -> Task:
    """What kind of job a spec asks for."""
    if spec.mask_hash is not None:
        return "inpaint"
    return "text2img" if spec.source_hash is None else "img2img"


def _honoured(action: Action, spec: JobSpec, offer: Offer) -> JobSpec:
    old = spec.params.checkpoint
    checkpoint = offer.still(old)
    name, abilities, task = checkpoint.name, checkpoint.abilities, task_of(spec)
    moved = name != old
    if task not in abilities.tasks:
        raise NotAllowed(_(CANNOT[task]).format(name=name))
    if spec.params.negative_prompt and not abilities.takes_negative_prompt:
        raise NotAllowed(_(MADE_WITH_NEGATIVE).format(name=name))
    if task != "text2img" and not abilities.takes_strength:
        spec = _without_strength(action, spec, checkpoint, moved=moved)
    if moved:
        spec = _moved(spec, name)
    # A source that is smaller than its result is enlarged, and so it is when that is made again.
    enlarging = action is Action.UPSCALE or (
        action in (Action.REROLL, Action.STRIP) and not moved and task == "img2img"
    )
    return _sized(spec, checkpoint, longest=checkpoint.longest_side(upscaling=enlarging))


def _moved(spec: JobSpec, name: str) -> JobSpec:
    """The spec by another checkpoint, with notes that say so."""
    steps, notes = spec.params.num_inference_steps, [*spec.notes]
    notes.append(_(NOT_OFFERED).format(old=spec.params.checkpoint, new=name))
    if steps is not None:
        # How many steps are many is each checkpoint's own affair.
        notes.append(_(OWN_STEPS).format(name=name, steps=steps))
    return msgspec.structs.replace(
        spec,
        params=msgspec.structs.replace(spec.params, checkpoint=name, num_inference_steps=None),
        # Latents mean something to the checkpoint that made them only.
        source_latents_hash=None,
        notes=tuple(notes),
    )


def _without_strength(
    action: Action, spec: JobSpec, checkpoint: Checkpoint, *, moved: bool
) -> JobSpec:
    if action in VARY_STRENGTH:
        raise NotAllowed(_(NO_VARYING).format(name=checkpoint.name))
    if action is Action.REMIX:
        # Its form did not ask for one, so what is left is the parent's.
        return _with(spec, strength=checkpoint.strength)
    if moved and spec.params.strength != checkpoint.strength:
        raise NotAllowed(_(MADE_WITH_STRENGTH).format(name=checkpoint.name))
    return spec


def _sized(spec: JobSpec, checkpoint: Checkpoint, *, longest: int) -> JobSpec:
    """The spec at a size that the checkpoint makes, and a note where that is a smaller one."""
    width, height = spec.params.width, spec.params.height
    multiple = checkpoint.multiple
    too_large = max(width, height) > longest
    if not too_large and width % multiple == height % multiple == 0:
        return spec
    side = min(round(math.sqrt(width * height)), longest)
    found = fit(width, height, SizeRule(area_side=side, max_side=longest, multiple=multiple))
    sized = _with(spec, width=found.width, height=found.height)
    if not too_large:
        return sized
    values = {"name": checkpoint.name, "width": found.width, "height": found.height}
    return msgspec.structs.replace(sized, notes=(*sized.notes, _(SMALLER).format(**values)))


def _with(spec: JobSpec, **changes: float) -> JobSpec:
    params: RestyleParams = msgspec.structs.replace(spec.params, **changes)
    return msgspec.structs.replace(spec, params=params)
