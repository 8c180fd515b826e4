"""The demo's scripted part, as `make demo` and a stranger's first minute have it."""

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.bot.cli.command import restyle

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]


def test_the_round_trip_leaves_a_transcript_and_its_pictures(tmp_path: Path) -> None:
    done = restyle(tmp_path, "demo", "--script", "--out", "out")
    assert done.returncode == 0, done.stderr
    out = tmp_path / "out"
    transcript = json.loads((out / "transcript.json").read_text("utf-8"))
    fields = {"actor", "action", "content", "attachments", "buttons"}
    assert all(set(entry) == fields for entry in transcript)
    answers = [entry for entry in transcript if entry["actor"] == "Restyle"]
    assert len(answers) == 4
    for entry in answers:
        assert {"Vary subtle", "Vary strong", "Reroll", "Remix"} <= set(entry["buttons"])
    names = [name for entry in transcript for name in entry["attachments"]]
    assert len(names) == len(set(names)) == 5
    seen = set()
    for name in names:
        with Image.open(out / name) as picture:
            picture.load()
            seen.add(picture.tobytes())
        assert str(Path("out") / name) in done.stdout
    assert len(seen) == 5
    with Image.open(out / "contact-sheet.png") as sheet:
        assert sheet.width > 1000
