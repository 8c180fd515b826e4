"""`restyle demo --script`: the round trip ends well and leaves everything to look at."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.bot.cli.running import restyle
from tests.bot.test_restyle import RESULT_BUTTONS

pytestmark = pytest.mark.engine


@dataclass(frozen=True)
class Played:
    """The finished command and what lies in its folder."""

    done: subprocess.CompletedProcess[str]
    folder: Path

    def turns(self) -> list[dict[str, Any]]:
        """The entries of transcript.json."""
        return list(json.loads((self.folder / "transcript.json").read_text("utf-8")))

    def answers(self) -> list[dict[str, Any]]:
        """The turns of the bot."""
        return [turn for turn in self.turns() if turn["actor"] == "Restyle"]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    place = tmp_path_factory.mktemp("demo")
    return Played(restyle(place, "demo", "--script", "--out", "shown"), place / "shown")


def test_it_ends_well_and_says_where_everything_lies(played: Played) -> None:
    assert (played.done.returncode, played.done.stderr) == (0, "")
    assert played.done.stdout.splitlines()[-1] == "Done."
    for path in played.folder.iterdir():
        assert f"shown/{path.name}" in played.done.stdout


def test_each_turn_has_the_same_form(played: Played) -> None:
    for turn in played.turns():
        assert list(turn) == ["actor", "action", "content", "attachments", "buttons"]
        assert all(isinstance(turn[name], str) for name in ("actor", "action", "content"))
        assert turn["content"]


def test_command_buttons_and_form_are_played_in_turn(played: Played) -> None:
    told = [(turn["actor"], turn["action"]) for turn in played.turns()]
    answer, press = ("Restyle", "answer"), ("Alice", "press")
    assert told == [
        ("Alice", "/restyle"),
        answer,
        *[press, answer] * 2,
        press,
        ("Alice", "submit"),
        answer,
    ]
    pressed = [turn["content"] for turn in played.turns() if turn["action"] == "press"]
    assert pressed == ["Vary subtle", "Reroll", "Remix"]


def test_every_attachment_is_a_picture_of_its_own(played: Played) -> None:
    names = [name for turn in played.turns() for name in turn["attachments"]]
    assert len(names) == len(set(names)) == 5
    pictures = set()
    for name in names:
        with Image.open(played.folder / name) as image:
            image.load()
            assert min(image.size) >= 200
            pictures.add(image.convert("RGB").tobytes())
    assert len(pictures) == 5


def test_every_answer_can_be_gone_on_from(played: Played) -> None:
    assert len(played.answers()) == 4
    for turn in played.answers():
        assert turn["buttons"] == RESULT_BUTTONS
        assert len(turn["attachments"]) == 1


def test_the_answers_tell_how_they_were_made(played: Played) -> None:
    first, varied, rerolled, remixed = [turn["content"] for turn in played.answers()]
    assert "strength 0.60 · seed 7 · " in first
    assert varied.startswith("A subtle variation of ")
    assert rerolled.startswith("A reroll of ")
    assert remixed.startswith("**stained glass**")


def test_the_contact_sheet_shows_all_of_them(played: Played) -> None:
    with Image.open(played.folder / "contact-sheet.png") as sheet:
        sheet.load()
        assert sheet.format == "PNG"
        # Five cells in rows of three.
        assert sheet.width > 3 * 300
        assert sheet.height > 2 * 200
