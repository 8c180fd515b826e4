"""Sentences in the language of whoever reads, by task."""

import asyncio
import string

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import NotAllowed
from bot.language import N_, Sentence, _, ngettext, read_by, reader, reading
from bot.language.formats import duration, number, percent, seconds
from bot.language.loading import LANGUAGES, language_of

TEXT = N_("Delete")


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("en-US", "en"),
        ("en-GB", "en"),
        ("de", "de"),
        ("es-ES", "es"),
        ("es-419", "es"),
        ("fr", "fr"),
        ("ja", "ja"),
        ("pt-BR", "pt_BR"),
        ("ko", "en"),
        ("", "en"),
    ],
)
def test_discords_locales_become_languages(locale: str, language: str) -> None:
    assert language_of(locale) == language


def test_nobody_in_particular_reads_english() -> None:
    assert reader() == "en"
    assert _(TEXT) == "Delete"
    # gettext would give the header of the catalogue.
    with reading("de"):
        assert _("") == ""


def test_a_text_without_translation_stays() -> None:
    with reading("ja"):
        assert _("no catalogue has this") == "no catalogue has this"
        assert ngettext("one {n}", "many {n}", 2) == "many {n}"


async def test_every_task_has_its_own_reader() -> None:
    async def read(locale: str) -> str:
        read_by(locale)
        await asyncio.sleep(0)
        return reader()

    locales = ["de", "pt-BR", "en-US", "fr"]
    assert await asyncio.gather(*map(read, locales)) == ["de", "pt_BR", "en", "fr"]
    assert reader() == "en"


def test_a_sentence_waits_for_its_reader_and_travels() -> None:
    inner = Sentence("a video")
    sentence = Sentence("That is {something}.", {"something": inner})
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(sentence), type=Sentence)
    assert again == sentence
    assert str(again) == "That is a video."
    assert str(NotAllowed(sentence)) == "That is a video."


def test_an_error_is_told_to_whoever_reads_it() -> None:
    error = NotAllowed(Sentence(TEXT))
    with reading("de"):
        assert str(error) == "Löschen"
    assert str(error) == "Delete"


@given(st.text(alphabet=string.printable))
def test_values_are_never_taken_for_a_format(value: str) -> None:
    assert str(Sentence("<{value}>", {"value": value})) == f"<{value}>"


@pytest.mark.parametrize(
    ("locale", "written"),
    [("en-US", "1,234.50"), ("de", "1.234,50"), ("ja", "1,234.50"), ("pt-BR", "1.234,50")],
)
def test_numbers_are_written_as_the_reader_does(locale: str, written: str) -> None:
    with reading(locale):
        assert number(1234.5, 2) == written


def test_spans_and_shares() -> None:
    assert (duration(0.2), duration(8), duration(200)) == ("1 sec", "8 sec", "3 min")
    assert (seconds(0.55), percent(0.12)) == ("0.6 sec", "12%")
    with reading("de"):
        assert duration(8) == "8 Sek."
        assert seconds(1.25) == "1,2 Sek."


def test_every_language_is_loaded_without_a_compiled_file() -> None:
    for language in LANGUAGES:
        with reading(language.replace("_", "-")):
            assert _(TEXT) != "Delete"
