"""Prompt filters: whole words in any spelling, and expressions that cannot hang anybody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import NotUnderstood
from bot.moderation.filters import check_pattern, first_hit
from bot.moderation.wording import plain
from storage.moderation_tables import FilterKind
from storage.rules import PromptFilter

WORDS, REGEX = FilterKind.WORDS, FilterKind.REGEX


def hit(kind: FilterKind, pattern: str, prompt: str) -> bool:
    one = PromptFilter(id=1, kind=kind, pattern=check_pattern(kind, pattern))
    return first_hit([one], [prompt]) == one


@pytest.mark.parametrize(
    ("words", "prompt", "found"),
    [
        ("gore", "Gore, blood", True),
        ("gore", "GÖRE", True),
        ("gore", "g\u200bore", True),
        ("gore", "gorgeous gorey", False),
        ("donald duck", "donald-duck", True),
        ("donald duck", "donaldduck on a boat", True),
        ("donald duck", "donald and a duck", False),
        ("c++", "c++ logo", True),
        ("血", "流血の絵", True),
        ("a.b", "axb", False),
    ],
)
def test_words_are_whole_in_any_spelling(words: str, prompt: str, found: bool) -> None:
    assert hit(WORDS, words, prompt) is found


def test_an_expression_is_searched_for_anywhere() -> None:
    assert hit(REGEX, r"trump|biden", "Joe BIDEN on a horse")
    assert not hit(REGEX, r"^trump", "a trump")


@pytest.mark.parametrize(
    "pattern", ["[", r"(?<=a)b", r"(a)\1", "", "((a{1,1000}){1,1000}){1,1000}"]
)
def test_what_is_no_expression_is_one_sentence(pattern: str) -> None:
    with pytest.raises(NotUnderstood):
        check_pattern(REGEX, pattern)


@pytest.mark.parametrize("pattern", [r"(a+)+$", r"((((a*)*)*)*)*b", r"(x+x+)+y", r"(.*)*(.*)*=$"])
def test_a_bad_expression_holds_nobody_up(pattern: str) -> None:
    """Backtracking over 4000 characters would take until the end of the world, and so no test."""
    assert not hit(REGEX, pattern, "ax" * 2000 + "!")


@given(st.text(max_size=80))
def test_a_plain_text_stays_as_it_is(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@given(st.text(min_size=1, max_size=30))
def test_words_find_themselves(text: str) -> None:
    if plain(text):
        assert hit(WORDS, text, text)
