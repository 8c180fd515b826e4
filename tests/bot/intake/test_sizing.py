"""Which size the model gets for which source."""

import math

import pytest
from hypothesis import example, given, reject
from hypothesis import strategies as st

from bot.intake import SizeRule, TooNarrow
from bot.intake.sizing import INVISIBLE_ERROR, MIN_SIDE, Fit, fit

SD = SizeRule(area_side=512, max_side=768, multiple=8)
rules = st.builds(
    lambda area_side, longer, multiple: SizeRule(
        area_side=area_side, max_side=max(int(area_side * longer), 2 * multiple), multiple=multiple
    ),
    area_side=st.integers(128, 1280),
    longer=st.floats(1.0, 2.5),
    multiple=st.sampled_from([1, 8, 16, 32, 64]),
)
sides = st.integers(1, 20_000)


def taken(width: int, height: int, rule: SizeRule) -> Fit:
    try:
        return fit(width, height, rule)
    except TooNarrow:
        reject()


def error_of(found: Fit, width: int, height: int) -> float:
    return abs(math.log((found.width / found.height) / (width / height)))


@pytest.mark.parametrize("rule", [SD, SizeRule(area_side=1024, max_side=1536, multiple=8)])
@pytest.mark.parametrize(
    ("width", "height"), [(1920, 1080), (1080, 1920), (4032, 3024), (1170, 2532), (3000, 2000)]
)
def test_common_shapes_stay_within_half_a_percent(width: int, height: int, rule: SizeRule) -> None:
    found = fit(width, height, rule)
    assert error_of(found, width, height) < 0.005
    assert 0.85 <= found.width * found.height / rule.area_side**2 <= 1.15


@pytest.mark.parametrize("side", [1, 100, 511, 513, 8000])
def test_a_square_stays_a_square(side: int) -> None:
    assert fit(side, side, SD) == Fit(width=512, height=512, kept_width=1.0, kept_height=1.0)


@pytest.mark.parametrize(("width", "height"), [(640, 384), (512, 512), (528, 496), (384, 640)])
def test_what_fits_is_left_alone(width: int, height: int) -> None:
    found = fit(width, height, SD)
    assert (found.width, found.height, found.kept_width, found.kept_height) == (
        width,
        height,
        1.0,
        1.0,
    )


def test_what_would_fit_but_is_too_large_is_scaled() -> None:
    assert fit(768, 768, SD).width == 512


@given(sides, sides, rules)
def test_sides_are_multiples_within_bounds(width: int, height: int, rule: SizeRule) -> None:
    found = taken(width, height, rule)
    for side in (found.width, found.height):
        assert side % rule.multiple == 0
        assert MIN_SIDE <= side <= rule.max_side


@given(sides, sides, rules)
def test_one_scale_for_both_axes(width: int, height: int, rule: SizeRule) -> None:
    found = taken(width, height, rule)
    left, upper, right, lower = found.box(width, height)
    across, down = found.width / (right - left), found.height / (lower - upper)
    assert across == pytest.approx(down, rel=1e-9)
    assert min(left, upper) >= 0
    assert max(found.kept_width, found.kept_height) == 1
    assert left == pytest.approx(width - right)
    assert upper == pytest.approx(height - lower)


@given(st.floats(1 / 2.2, 2.2), st.integers(300, 9000), st.sampled_from([512, 768, 1024]))
def test_eighths_of_any_photo_lose_little(shape: float, height: int, area_side: int) -> None:
    width = round(height * shape)
    rule = SizeRule(area_side=area_side, max_side=area_side * 3 // 2, multiple=8)
    found = fit(width, height, rule)
    assert error_of(found, width, height) < 0.008
    assert 0.85 <= found.width * found.height / area_side**2 <= 1.15


@given(st.floats(0.5, 2.0), st.integers(300, 9000))
def test_coarse_multiples_lose_less_than_a_tenth(shape: float, height: int) -> None:
    width = round(height * shape)
    found = fit(width, height, SizeRule(area_side=512, max_side=1024, multiple=64))
    assert error_of(found, width, height) < 0.1


@example(425, 4665)
@given(sides, sides)
def test_turning_the_source_turns_the_size(width: int, height: int) -> None:
    upright, lying = taken(width, height, SD), taken(height, width, SD)
    there = error_of(upright, width, height)
    back = error_of(lying, height, width)
    assert max(there, INVISIBLE_ERROR) == pytest.approx(max(back, INVISIBLE_ERROR), abs=1e-3)


@pytest.mark.parametrize(("width", "height"), [(65535, 1), (1, 65535), (1300, 100), (7, 90)])
def test_too_narrow_is_refused_with_the_way_out(width: int, height: int) -> None:
    with pytest.raises(TooNarrow, match=f"{width} × {height}.*no longer than 12 to 1"):
        fit(width, height, SD)


def test_the_longest_shape_named_is_taken() -> None:
    assert (fit(1200, 100, SD).width, fit(1200, 100, SD).height) == (768, 64)


@pytest.mark.parametrize(
    ("area_side", "max_side", "multiple"), [(0, 768, 8), (512, 40, 8), (512, 768, 0), (64, 65, 48)]
)
def test_a_rule_that_nothing_fits_is_a_mistake(
    area_side: int, max_side: int, multiple: int
) -> None:
    with pytest.raises(ValueError, match="no picture fits"):
        SizeRule(area_side=area_side, max_side=max_side, multiple=multiple)
