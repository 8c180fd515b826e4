"""`restyle image` through the real intake and engine, from files to files."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import structural_similarity

import bot.demo
from tests.bot.cli.running import restyle

pytestmark = pytest.mark.engine

PHOTOS = sorted((Path(bot.demo.__file__).parent / "photos").glob("*.jpg"))


@dataclass(frozen=True)
class Run:
    """A finished command and the folder that it was to write into."""

    done: subprocess.CompletedProcess[str]
    out: Path

    def told(self) -> list[dict[str, Any]]:
        """The objects that ``--json`` printed."""
        return [json.loads(line) for line in self.done.stdout.splitlines()]


def all_photos_at(strength: str, folder: Path) -> Run:
    out = folder / "out"
    wanted = ("--prompt", "an oil painting", "--strength", strength, "--seed", "7")
    return Run(restyle(folder, "image", *PHOTOS, "-o", out, *wanted, "--json"), out)


@pytest.fixture(scope="module")
def subtle(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return all_photos_at("0.2", tmp_path_factory.mktemp("subtle"))


@pytest.fixture(scope="module")
def bold(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return all_photos_at("80 %", tmp_path_factory.mktemp("bold"))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Two results each of a transparent picture, of no picture, and of one with a name taken."""
    folder = tmp_path_factory.mktemp("mixed")
    out = folder / "out"
    (out / "blocked-2.png").mkdir(parents=True)
    clear = Image.new("RGBA", (64, 64), (200, 80, 20, 128))
    clear.paste((0, 0, 0, 0), (0, 0, 32, 64))
    clear.save(folder / "clear.png")
    (folder / "text.jpg").write_text("no picture at all")
    Image.new("RGB", (64, 64), "teal").save(folder / "blocked.png")
    sources = ("clear.png", "text.jpg", "blocked.png")
    options = ("--prompt", "blue", "--steps", "2", "--count", "2", "--seed", "40")
    return Run(restyle(folder, "image", *sources, "-o", out, *options), out)


def test_each_result_is_told_as_one_object(subtle: Run) -> None:
    assert (subtle.done.returncode, subtle.done.stderr) == (0, "")
    told = sorted(subtle.told(), key=lambda one: str(one["path"]))
    assert [one["path"] for one in told] == [str(subtle.out / f"{p.stem}.png") for p in PHOTOS]
    for one in told:
        with Image.open(one["path"]) as result:
            assert (result.format, result.mode) == ("PNG", "RGB")
            assert (one["width"], one["height"]) == result.size
        assert (one["seed"], one["strength"], one["steps"]) == (7, 0.2, 12)
        assert one["checkpoint"] == "embedded"
        assert one["seconds"] > 0
        [note] = one["notes"]
        assert note.endswith(f"to {one['width']} × {one['height']}.")


def closeness(photo: Path, result: Path) -> float:
    """Structural similarity of a result to its source at the result's size, up to 1."""
    with Image.open(result) as made, Image.open(photo) as taken:
        before = taken.convert("RGB").resize(made.size, Image.Resampling.LANCZOS)
        return float(structural_similarity(np.asarray(before), np.asarray(made), channel_axis=2))


def test_little_strength_stays_closer_to_the_source(subtle: Run, bold: Run) -> None:
    assert bold.done.returncode == 0, bold.done.stderr
    assert {one["strength"] for one in bold.told()} == {0.8}
    assert len(PHOTOS) >= 5
    for photo in PHOTOS:
        name = f"{photo.stem}.png"
        near, far = (closeness(photo, run.out / name) for run in (subtle, bold))
        assert near > far + 0.1, name


def test_the_same_call_gives_the_same_bytes(tmp_path: Path) -> None:
    made = []
    for name in ("one.png", "two.png"):
        wanted = ("--prompt", "an oil painting", "--strength", "0.6", "--seed", "7")
        done = restyle(tmp_path, "image", PHOTOS[0], "-o", name, *wanted)
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{name}\n", "")
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]


def test_what_cannot_be_made_hinders_nothing_else(mixed: Run) -> None:
    assert mixed.done.returncode == 2
    made = ["blocked-1.png", "clear-1.png", "clear-2.png"]
    assert sorted(mixed.done.stdout.splitlines()) == [str(mixed.out / name) for name in made]
    left = sorted(path.name for path in mixed.out.iterdir())
    assert left == sorted([*made, "blocked-2.png"])


def test_each_failure_is_one_sentence(mixed: Run) -> None:
    lines = sorted(mixed.done.stderr.splitlines())
    assert len(lines) == 3
    assert lines[0].startswith(f"restyle: blocked.png: {mixed.out / 'blocked-2.png'} cannot be ")
    for line in lines[1:]:
        assert line.startswith("restyle: text.jpg: That file is not a picture I know")


def test_transparency_is_put_back_and_seeds_differ(mixed: Run) -> None:
    colours = []
    for name in ("clear-1.png", "clear-2.png"):
        with Image.open(mixed.out / name) as image:
            assert image.mode == "RGBA"
            alpha = image.getchannel("A")
            assert alpha.getpixel((image.width // 4, image.height // 2)) == 0
            assert alpha.getpixel((image.width * 3 // 4, image.height // 2)) == 128
            colours.append(image.convert("RGB").tobytes())
    assert colours[0] != colours[1]


def test_one_file_that_is_no_picture_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no picture at all")
    done = restyle(tmp_path, "image", "text.jpg", "-o", "new.jpg", "--prompt", "blue")
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("restyle: text.jpg: That file is not a picture I know")
    assert not (tmp_path / "new.jpg").exists()
