"""`restyle intake`: a refused file is an answer, and only what is wrong with itself is an error."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.bot.cli.running import clean_environment, command, refusal, restyle


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.new("RGB", (64, 64), "teal").save(path)
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_no_text_is_told_as_escapes_and_ends_nothing(
    tmp_path: Path, photo: Path
) -> None:
    odd = os.fsencode(tmp_path) + b"/odd\xff.png"
    os.link(os.fsencode(photo), odd)
    done = subprocess.run(
        [command(), "intake", "--json", odd, "nowhere.png", photo.name],
        cwd=tmp_path,
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert [report["ok"] for report in reports] == [True, False, True]
    assert reports[0]["file"] == f"{tmp_path}/odd\\xff.png"


def test_a_checkpoint_that_was_added_is_known(tmp_path: Path, photo: Path) -> None:
    """``restyle models add`` writes rows into the data folder."""
    table = tmp_path / "data" / "checkpoints.toml"
    table.parent.mkdir()
    table.write_text(
        '[mine]\nsource = "somewhere"\nfamily = "sd"\nlicence = "MIT"\nstrength = 0.6\n'
        "num_inference_steps = 4\nguidance_scale = 2.0\nsize = 128\nmax_size = 256\nmultiple = 8\n"
    )
    done = restyle(tmp_path, "intake", "--json", photo.name, RESTYLE_CHECKPOINT="mine")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["final"] == {"width": 128, "height": 128}


@pytest.mark.skipif(sys.platform == "win32", reason="limits are those of POSIX")
def test_decoders_that_cannot_be_started_are_no_fault_of_the_file(
    tmp_path: Path, photo: Path
) -> None:
    import resource

    done = subprocess.run(
        [command(), "intake", "--json", photo.name],
        cwd=tmp_path,
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        # Too few files for the pipes to a child.
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (10, 10)),
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("restyle: I cannot open pictures right now")


def test_a_line_for_each_file_taken_or_refused(tmp_path: Path) -> None:
    Image.new("RGB", (600, 400), "teal").save(tmp_path / "wide.png")
    (tmp_path / "words.jpg").write_text("no picture at all")
    done = restyle(tmp_path, "intake", "wide.png", "words.jpg", "nowhere.png")
    assert (done.returncode, done.stderr) == (0, "")
    wide, words, nowhere = done.stdout.splitlines()
    assert wide.startswith("wide.png: PNG, 600 × 400 to ")
    assert words.startswith("words.jpg: refused, ")
    assert nowhere.startswith("nowhere.png: refused, unreadable. The file cannot be read: ")


def test_a_refusal_tells_what_is_known_of_the_file(tmp_path: Path) -> None:
    Image.new("RGB", (2600, 64), "teal").save(tmp_path / "narrow.webp")
    Image.new("RGB", (600, 400), "teal").save(tmp_path / "many.png")
    (tmp_path / "words.jpg").write_text("no picture at all")
    files = ("narrow.webp", "many.png", "words.jpg")
    done = restyle(tmp_path, "intake", "--json", *files, RESTYLE_INTAKE_MAX_PIXELS="200000")
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    told = [(report["error"]["code"], report["format"], report["source"]) for report in reports]
    assert told == [
        ("too_narrow", "WebP", {"width": 2600, "height": 64}),
        ("too_many_pixels", "PNG", {"width": 600, "height": 400}),
        ("not_a_picture", None, None),
    ]


def test_no_file_and_a_checkpoint_that_is_none(tmp_path: Path) -> None:
    assert refusal(restyle(tmp_path, "intake")) == "Missing argument 'files'."
    (tmp_path / "any.png").write_bytes(b"")
    said = refusal(restyle(tmp_path, "intake", "any.png", RESTYLE_CHECKPOINT="magic"))
    assert said.startswith("There is no checkpoint 'magic'; known are ")
