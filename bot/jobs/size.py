"""How large a picture becomes: small, medium or large, within what its checkpoint can make."""

import math
from enum import StrEnum

from bot.intake import SizeRule
from bot.intake.sizing import fit
from engine.checkpoints import Checkpoint


class Size(StrEnum):
    """How large a result is, next to the checkpoint's usual size."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class Shape(StrEnum):
    """The proportions of a picture that is made from words alone."""

    SQUARE = "square"
    LANDSCAPE = "landscape"
    PORTRAIT = "portrait"


# Sides in relation to the checkpoint's usual ones: half the area, and twice the area.
SCALE = {Size.SMALL: math.sqrt(0.5), Size.MEDIUM: 1.0, Size.LARGE: math.sqrt(2.0)}
PROPORTIONS = {Shape.SQUARE: (1, 1), Shape.LANDSCAPE: (3, 2), Shape.PORTRAIT: (2, 3)}


def size_rule(checkpoint: Checkpoint, size: Size = Size.MEDIUM) -> SizeRule:
    """What sizes a source may get; ``large`` never exceeds the checkpoint's longest side."""
    side = min(round(checkpoint.size * SCALE[size]), checkpoint.max_size)
    return SizeRule(area_side=side, max_side=checkpoint.max_size, multiple=checkpoint.multiple)


def makes_a_difference(checkpoint: Checkpoint, size: Size, width: int, height: int) -> bool:
    """Whether a picture of ``width`` × ``height`` pixels gets another size by ``size``."""
    usual, wanted = (fit(width, height, size_rule(checkpoint, one)) for one in (Size.MEDIUM, size))
    return size is Size.MEDIUM or (usual.width, usual.height) != (wanted.width, wanted.height)


def blank_size(checkpoint: Checkpoint, size: Size, shape: Shape) -> tuple[int, int]:
    """Width and height in pixels of a picture without a source."""
    # Scaled up, so that the proportions are not lost to rounding.
    width, height = (side * checkpoint.size for side in PROPORTIONS[shape])
    found = fit(width, height, size_rule(checkpoint, size))
    return found.width, found.height
