"""What a wish costs: its number of pictures, times a factor for size, times one for steps."""

from dataclasses import dataclass
from enum import StrEnum

from engine.checkpoints import Checkpoint
from engine.params import RestyleParams

# Shares of the checkpoint's own area and steps. Up to the first it is the standard class: sizes are
# snapped to a multiple and steps rounded, so a little more must not cost more.
SIZE_BOUNDS = (1.5, 3.0)
STEPS_BOUNDS = (1.5, 3.0)
MAX_FACTOR = 100


class SizeClass(StrEnum):
    """How many pixels a picture has, next to the square that its checkpoint makes by default."""

    STANDARD = "standard"
    LARGE = "large"
    HUGE = "huge"


class StepsClass(StrEnum):
    """How long a picture's schedule is, next to the checkpoint's default."""

    STANDARD = "standard"
    MANY = "many"
    VERY_MANY = "very many"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRule:
    """A guild's factors, 1 to ``MAX_FACTOR``; the standard classes have the factor 1."""

    large: int = 2
    huge: int = 4
    many: int = 2
    very_many: int = 3

    def price(
        self,
        count: int = 1,
        size: SizeClass = SizeClass.STANDARD,
        steps: StepsClass = StepsClass.STANDARD,
    ) -> int:
        """Credits for ``count`` pictures, 0 or more, of one size class and one steps class."""
        sizes = {SizeClass.STANDARD: 1, SizeClass.LARGE: self.large, SizeClass.HUGE: self.huge}
        lengths = {
            StepsClass.STANDARD: 1,
            StepsClass.MANY: self.many,
            StepsClass.VERY_MANY: self.very_many,
        }
        return count * sizes[size] * lengths[steps]


def price(
    params: RestyleParams,
    checkpoint: Checkpoint,
    *,
    count: int = 1,
    rule: PriceRule = PriceRule(),
) -> int:
    """Credits for ``count`` pictures made with ``params``."""
    return rule.price(
        count,
        size_class(params.width, params.height, checkpoint),
        steps_class(params.num_inference_steps, checkpoint),
    )


def size_class(width: int, height: int, checkpoint: Checkpoint) -> SizeClass:
    """The class of a picture of so many pixels."""
    share = width * height / checkpoint.size**2
    large, huge = SIZE_BOUNDS
    if share <= large:
        return SizeClass.STANDARD
    return SizeClass.LARGE if share <= huge else SizeClass.HUGE


def steps_class(num_inference_steps: int | None, checkpoint: Checkpoint) -> StepsClass:
    """The class of a schedule of so many steps; None is the checkpoint's own."""
    share = (num_inference_steps or checkpoint.num_inference_steps) / checkpoint.num_inference_steps
    many, very_many = STEPS_BOUNDS
    if share <= many:
        return StepsClass.STANDARD
    return StepsClass.MANY if share <= very_many else StepsClass.VERY_MANY
