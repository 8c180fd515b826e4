"""Opens an attempt: resolves its parameters and decodes its pictures."""

from engine.checkpoints import Checkpoint
from engine.encoding import decode_picture, fitted
from engine.errors import InvalidSource
from engine.families.base import Inputs
from engine.params import Attempt
from engine.resolve import resolve


def open_attempt(attempt: Attempt, checkpoint: Checkpoint) -> tuple[Inputs, tuple[str, ...]]:
    """What the family begins with, and one note for each change.

    Raises:
        InvalidParams: A parameter is out of its range, or the checkpoint cannot do it.
        InvalidSource: A picture cannot be read, or a mask has nothing to lie on.
    """
    if attempt.mask is not None and attempt.source is None:
        raise InvalidSource("A mask needs a picture to lie on.")
    width, height = attempt.params.width, attempt.params.height
    source = None if attempt.source is None else decode_picture(attempt.source, "source")
    upscaling = source is not None and source.width < width and source.height < height
    params, notes = resolve(attempt.params, checkpoint, attempt.task, upscaling=upscaling)
    reference = attempt.colour_reference
    return (
        Inputs(
            params=params,
            source=None if source is None else fitted(source, width, height),
            source_latents=attempt.source_latents,
            mask=None
            if attempt.mask is None
            else fitted(decode_picture(attempt.mask, "mask", "L"), width, height),
            colour_reference=None
            if reference is None
            else decode_picture(reference, "colour reference"),
        ),
        notes,
    )
