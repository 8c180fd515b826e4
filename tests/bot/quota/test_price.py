"""The price of a wish."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.quota.price import PriceRule, SizeClass, StepsClass, price, size_class, steps_class
from engine.checkpoints import Checkpoint
from engine.params import RestyleParams

CHECKPOINT = Checkpoint(source="embedded", size=256, num_inference_steps=20)


def params(width: int = 256, height: int = 256, steps: int | None = None) -> RestyleParams:
    """Parameters of a picture of that size and length."""
    return RestyleParams(
        prompt="x", strength=0.5, seed=1, width=width, height=height, num_inference_steps=steps
    )


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [
        (256, 256, SizeClass.STANDARD),
        (344, 192, SizeClass.STANDARD),
        (320, 304, SizeClass.STANDARD),
        (320, 320, SizeClass.LARGE),
        (512, 384, SizeClass.LARGE),
        (512, 512, SizeClass.HUGE),
    ],
)
def test_a_size_is_judged_by_its_area(width: int, height: int, size: SizeClass) -> None:
    assert size_class(width, height, CHECKPOINT) is size


@pytest.mark.parametrize(
    ("steps", "length"),
    [
        (None, StepsClass.STANDARD),
        (1, StepsClass.STANDARD),
        (30, StepsClass.STANDARD),
        (31, StepsClass.MANY),
        (60, StepsClass.MANY),
        (61, StepsClass.VERY_MANY),
    ],
)
def test_steps_are_judged_next_to_the_checkpoints_own(
    steps: int | None, length: StepsClass
) -> None:
    assert steps_class(steps, CHECKPOINT) is length


def test_an_ordinary_picture_costs_one() -> None:
    assert price(params(), CHECKPOINT) == 1
    assert price(params(), CHECKPOINT, rule=PriceRule(large=9, huge=9, many=9, very_many=9)) == 1


def test_count_size_and_steps_are_multiplied() -> None:
    rule = PriceRule(large=2, huge=5, many=3, very_many=7)
    assert price(params(512, 512, 61), CHECKPOINT, count=4, rule=rule) == 4 * 5 * 7
    assert price(params(512, 384, 40), CHECKPOINT, count=2, rule=rule) == 2 * 2 * 3


@given(
    count=st.integers(1, 8),
    size=st.sampled_from(SizeClass),
    steps=st.sampled_from(StepsClass),
)
def test_a_gallery_costs_what_its_pictures_cost(
    count: int, size: SizeClass, steps: StepsClass
) -> None:
    rule = PriceRule()
    assert rule.price(count, size, steps) == count * rule.price(1, size, steps)
