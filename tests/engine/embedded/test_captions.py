"""Captions: every look has words, in several scripts, and neutral words are neutral."""

from engine.embedded.captions import Captions, phrases
from engine.embedded.filters import LIGHTS, MEDIA


def test_every_look_has_many_phrases_and_no_other_has() -> None:
    words = phrases()
    assert words.media.keys() == MEDIA.keys()
    assert words.lights.keys() == LIGHTS.keys()
    for listed in (*words.media.values(), *words.lights.values()):
        assert len(listed) >= 15
        assert any(not phrase.isascii() for phrase in listed)


def test_no_phrase_asks_for_two_looks() -> None:
    words = phrases()
    asked = [
        phrase for table in (words.media, words.lights) for row in table.values() for phrase in row
    ]
    assert len(asked) == len(set(asked))
    neutral = {word for row in words.nothing.values() for word in row}
    assert not neutral & set(asked)


def test_a_caption_holds_a_phrase_of_each_wanted_look() -> None:
    captions, words = Captions(1), phrases()
    for medium in MEDIA:
        for light in LIGHTS:
            sentence = captions.draw(medium, light).lower()
            assert any(phrase.lower() in sentence for phrase in words.media[medium])
            assert any(phrase.lower() in sentence for phrase in words.lights[light])


def test_without_a_look_the_empty_and_the_negative_prompt_are_drawn() -> None:
    captions = Captions(2)
    drawn = [captions.draw(None, None) for _ in range(300)]
    assert drawn.count("") > 50
    assert sum("low quality" in sentence for sentence in drawn) > 3


def test_the_same_seed_draws_the_same_captions() -> None:
    first, second, third = Captions(3), Captions(3), Captions(4)
    sentences = [first.draw("oil", None) for _ in range(20)]
    assert sentences == [second.draw("oil", None) for _ in range(20)]
    assert sentences != [third.draw("oil", None) for _ in range(20)]
