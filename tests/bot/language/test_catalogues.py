"""No catalogue has a hole, no placeholder is lost, and what Discord shows of commands fits."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from bot.language.extraction import (
    CATALOGUES,
    command_payloads,
    command_texts,
    missing,
    template,
)
from bot.language.loading import LANGUAGES
from tests.docs.markdown import ROOT

# Discord's documentation, "Application Command Naming" and "Application Command Structure".
NAME = re.compile(r"[-_'\w\u0900-\u097F\u0E00-\u0E7F]{1,32}")
DESCRIPTION_CHARS = 100
PLACEHOLDER = re.compile(r"\{\w*\}")


def catalogue(language: str) -> Catalog:
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def strings(message: Message) -> Iterator[tuple[str, str]]:
    """Each form of a text with its translation."""
    if isinstance(message.id, str):
        assert isinstance(message.string, str)
        yield message.id, message.string
        return
    one, *others = message.id
    for at, string in enumerate(message.string or ()):
        yield (one if at == 0 and len(message.string or ()) > 1 else others[0]), string


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_catalogue_has_a_hole(language: str) -> None:
    known, wanted = catalogue(language), template()
    texts = {message.id for message in wanted if message.id}
    assert {message.id for message in known if message.id} == texts, "run `make messages`"
    assert missing(known) == []
    assert [message.id for message in known if message.fuzzy and message.id] == []


def test_every_marked_text_is_found() -> None:
    found = {text for message in template() for text in _forms(message)}
    marked = set(_marked())
    assert len(marked) > 50
    # Babel does not look into f-strings; write the call before.
    assert marked - found == set()


def _forms(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def _marked() -> Iterator[str]:
    for path in sorted((ROOT / "bot").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="_" | "N_" | "ngettext"), args=args):
                    yield from (
                        arg.value
                        for arg in args
                        if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
                    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_values_stay_what_they_are(language: str) -> None:
    for message in catalogue(language):
        if not message.id:
            continue
        for text, translated in strings(message):
            # A plural form may leave out the number that it says in words.
            kept, given = set(PLACEHOLDER.findall(translated)), set(PLACEHOLDER.findall(text))
            assert kept == given, translated


@pytest.mark.parametrize("language", LANGUAGES)
def test_markup_stays_what_it_is(language: str) -> None:
    for message in catalogue(language):
        if message.id:
            for text, translated in strings(message):
                for mark in ("**", "`", "\n"):
                    assert translated.count(mark) == text.count(mark), translated


@pytest.mark.parametrize("language", LANGUAGES)
def test_commands_fit_discords_limits(language: str) -> None:
    known = catalogue(language)
    for where, text in command_texts():
        translated = known[text].string
        assert isinstance(translated, str)
        assert len(translated) <= DESCRIPTION_CHARS, where
        if NAME.fullmatch(text) and text == text.lower():
            assert NAME.fullmatch(translated), translated
            assert translated == translated.lower(), translated


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_commands_and_no_two_options_share_a_name(language: str) -> None:
    known = catalogue(language)
    for names in names_beside_each_other():
        translated = [known[name].string for name in names]
        assert len(set(translated)) == len(translated), translated


def names_beside_each_other() -> Iterator[list[str]]:
    """The names that Discord lists together: all commands, and the options of each."""
    payloads = command_payloads()
    yield [payload["name"] for payload in payloads]
    for payload in payloads:
        yield from _names_below(payload)


def _names_below(payload: dict[str, Any]) -> Iterator[list[str]]:
    options = payload.get("options") or []
    yield [option["name"] for option in options]
    for option in options:
        yield from _names_below(option)
