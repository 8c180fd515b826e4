"""Which size the model gets for a source of a given size, and what is trimmed to reach it."""

import math
from collections.abc import Iterator

import msgspec

from bot.intake.errors import TooNarrow
from bot.language import N_, Sentence

# Below this the model has too few latents to draw anything.
MIN_SIDE = 64
# How far the area may be from the wanted one, tried in turn: the proportions are worth more.
AREA_SLACKS = (0.15, 0.35, 1.0, math.inf)
# Proportions that differ by less are equal to the eye: one pixel in 500.
INVISIBLE_ERROR = 0.002


class SizeRule(msgspec.Struct, frozen=True, kw_only=True):
    """What sizes a checkpoint takes.

    Attributes:
        area_side: Side in pixels of the square whose area the picture should have.
        max_side: Longest side in pixels.
        multiple: Both sides are multiples of this many pixels.
    """

    area_side: int
    max_side: int
    multiple: int

    def __post_init__(self) -> None:
        smallest = self.multiple * math.ceil(MIN_SIDE / max(self.multiple, 1))
        if min(self.area_side, self.multiple) < 1 or self.max_side < smallest:
            raise ValueError(f"no picture fits {self}")


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """A size for the model, and the middle part of the source that is scaled to it.

    Attributes:
        width: Pixels, a multiple of the rule's ``multiple``.
        height: Pixels, likewise.
        kept_width: Part of the source's width that is kept, in (0, 1].
        kept_height: Part of the source's height that is kept, in (0, 1].
    """

    width: int
    height: int
    kept_width: float
    kept_height: float

    def box(self, width: int, height: int) -> tuple[float, float, float, float]:
        """The kept part (left, upper, right, lower) of a picture of ``width`` × ``height``."""
        left = (1 - self.kept_width) / 2 * width
        upper = (1 - self.kept_height) / 2 * height
        return left, upper, width - left, height - upper


def fit(width: int, height: int, rule: SizeRule) -> Fit:
    """The size whose proportions are nearest those of ``width`` × ``height`` pixels.

    The area stays near ``area_side``² where the proportions allow it; the longer side never
    exceeds ``max_side``; what still differs is cut off evenly at two edges, never squeezed.

    Raises:
        TooNarrow: The shorter side would have fewer than 64 pixels.
    """
    longest = rule.max_side / MIN_SIDE
    if max(width, height) > min(width, height) * longest * (1 + INVISIBLE_ERROR):
        sentence = N_(
            "That picture is too narrow at {width} × {height} pixels; please crop it to a "
            "shape no longer than {longest} to 1."
        )
        raise TooNarrow(
            Sentence(sentence, {"width": width, "height": height, "longest": f"{longest:.3g}"})
        )
    if width < height:
        # A picture on its side gets the same size, on its side.
        lying = fit(height, width, rule)
        return Fit(
            width=lying.height,
            height=lying.width,
            kept_width=lying.kept_height,
            kept_height=lying.kept_width,
        )
    scale = max(rule.area_side / math.sqrt(width * height), MIN_SIDE / min(width, height))
    scale = min(scale, rule.max_side / max(width, height))
    area = width * height * scale**2
    if _takes_as_it_is(width, height, area, rule):
        return Fit(width=width, height=height, kept_width=1.0, kept_height=1.0)
    wanted = math.log(width / height)

    def badness(size: tuple[int, int]) -> tuple[float, float, int]:
        error = abs(math.log(size[0] / size[1]) - wanted)
        off = abs(math.log(size[0] * size[1] / area))
        return max(error, INVISIBLE_ERROR), off, size[0]

    best = min(_sizes_near(area, width / height, rule), key=badness)
    ratio = (best[0] / best[1]) / (width / height)
    return Fit(
        width=best[0], height=best[1], kept_width=min(1.0, ratio), kept_height=min(1.0, 1 / ratio)
    )


def _takes_as_it_is(width: int, height: int, area: float, rule: SizeRule) -> bool:
    # Scaling a fitting picture by a few percent would only blur it.
    return (
        width % rule.multiple == 0
        and height % rule.multiple == 0
        and max(width, height) <= rule.max_side
        and abs(width * height / area - 1) <= AREA_SLACKS[0]
    )


def _sizes_near(area: float, ratio: float, rule: SizeRule) -> list[tuple[int, int]]:
    sizes = list(_sizes_shaped(ratio, rule))
    for slack in AREA_SLACKS:
        near = [size for size in sizes if abs(size[0] * size[1] / area - 1) <= slack]
        if near:
            return near
    raise AssertionError("every size is within an infinite slack")


def _sizes_shaped(ratio: float, rule: SizeRule) -> Iterator[tuple[int, int]]:
    # For each width the two heights next to the exact one; others only have worse proportions.
    first = math.ceil(MIN_SIDE / rule.multiple)
    last = rule.max_side // rule.multiple
    for columns in range(first, last + 1):
        exact = columns / ratio
        for rows in {math.floor(exact), math.ceil(exact)}:
            yield columns * rule.multiple, min(max(rows, first), last) * rule.multiple
