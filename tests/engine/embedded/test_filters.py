"""The teachers: every look changes the picture, always in the same way, and keeps its shape."""

import numpy as np
import pytest

from engine.embedded.filters import LIGHTS, LOOKS, MEDIA, restyle
from tests.engine.embedded.scenes import scene


def _look(name: str) -> tuple[str | None, str | None]:
    return (name, None) if name in MEDIA else (None, name)


def test_there_are_at_least_thirty_looks_of_two_kinds() -> None:
    assert len(LOOKS) >= 30
    assert not MEDIA.keys() & LIGHTS.keys()


@pytest.mark.parametrize("name", LOOKS)
@pytest.mark.parametrize("shape", [(64, 64), (64, 104)])
def test_a_look_changes_the_picture_and_keeps_its_shape(name: str, shape: tuple[int, int]) -> None:
    source = scene(1, *shape)
    result = restyle(source, *_look(name))
    assert result.shape == source.shape
    assert result.dtype == np.uint8
    assert np.abs(result.astype(int) - source).mean() > 4


@pytest.mark.parametrize("name", LOOKS)
def test_a_look_is_a_pure_function(name: str) -> None:
    source = scene(2, 64, 64)
    before = source.copy()
    first = restyle(source, *_look(name))
    assert np.array_equal(first, restyle(source, *_look(name)))
    assert np.array_equal(source, before)


def test_looks_differ_from_each_other() -> None:
    source = scene(3, 64, 64)
    results = [restyle(source, *_look(name)).astype(int) for name in LOOKS]
    for place, one in enumerate(results):
        for other in results[place + 1 :]:
            assert np.abs(one - other).mean() > 2


def test_no_look_leaves_the_picture() -> None:
    source = scene(4, 64, 64)
    assert np.array_equal(restyle(source, None, None), source)


@pytest.mark.parametrize("medium", ["oil", "pencil"])
def test_a_compound_shows_both_parts(medium: str) -> None:
    source = scene(5, 64, 64)
    both = restyle(source, medium, "night").astype(int)
    assert np.abs(both - restyle(source, medium, None)).mean() > 10
    assert np.abs(both - restyle(source, None, "night")).mean() > 4


def test_patterns_begin_at_the_corner_so_that_aligned_crops_agree() -> None:
    source = scene(6, 128, 128)
    whole = restyle(source, "mosaic", None)
    part = restyle(np.ascontiguousarray(source[64:, 64:]), "mosaic", None)
    assert np.array_equal(whole[64:, 64:], part)
