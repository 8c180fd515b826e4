"""Strength as members type it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.strength import NAMED, BadStrength, parse_strength, strength_choices


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.6", 0.6), ("0,6", 0.6), (".6", 0.6), ("60 %", 0.6), (" Bold ", 0.75), ("1", 1.0)],
)
def test_it_is_read(text: str, value: float) -> None:
    assert parse_strength(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "very", "0", "1.1", "600 %", "nan", "inf", "-0.5", "0.6.1"])
def test_nonsense_is_refused_with_what_it_may_be(text: str) -> None:
    with pytest.raises(BadStrength, match=r"0\.05 to 1\.0, or one of: subtle"):
        parse_strength(text)


@given(st.text(max_size=30))
def test_no_text_breaks_it_and_every_choice_can_be_read_back(text: str) -> None:
    for choice in strength_choices(text):
        assert 0.05 <= parse_strength(choice.value) <= 1.0
        assert len(choice.name) <= 100


def test_all_names_are_offered_for_nothing_typed() -> None:
    assert len(strength_choices("")) == len(NAMED)
