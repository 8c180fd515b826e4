"""What holds for every command alike, whatever it does: its help, and options that it has not."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from bot.cli.app import app, main

ROOT: Any = typer.main.get_command(app)


def _leaves(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command that has none below it."""
    if not hasattr(command, "commands"):
        yield words
        return
    for word, below in command.commands.items():
        yield from _leaves(below, (*words, word))


def _groups(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if hasattr(command, "commands"):
        yield words
        for word, below in command.commands.items():
            yield from _groups(below, (*words, word))


LEAVES = list(_leaves(ROOT))
# What a command has not, and how that is told.
UNKNOWN = [
    *((*words, "--cubist", "No such option: --cubist") for words in LEAVES),
    *((*words, "paint", "No such command 'paint'.") for words in _groups(ROOT)),
]


def _exit_code(monkeypatch: pytest.MonkeyPatch, *words: str) -> object:
    monkeypatch.setattr(sys, "argv", ["restyle", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_help_is_no_error(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _exit_code(monkeypatch, *words, "--help") == 0
    said = capsys.readouterr()
    assert (said.err, "Usage: " in said.out) == ("", True)


@pytest.mark.parametrize("unknown", UNKNOWN, ids=" ".join)
def test_what_it_has_not_is_refused_in_one_sentence(
    unknown: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    *words, sentence = unknown
    assert _exit_code(monkeypatch, *words) == 2
    said = capsys.readouterr()
    [line] = said.err.splitlines()
    assert (said.out, line.startswith(f"restyle: {sentence}")) == ("", True)
