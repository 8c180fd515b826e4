"""`restyle image`, `doctor` and `bench` with the real engine process and the sample photos."""

import json
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import structural_similarity

from tests.bot.cli.command import restyle

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]

PHOTOS = sorted(Path(str(files("bot.demo") / "photos")).glob("*.jpg"))


def run_image(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    done = restyle(folder, "image", *arguments, "--prompt", "an oil painting", "--seed", "7")
    assert done.returncode == 0, done.stderr
    return done


def objects(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_same_call_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.png", "two.png"):
        run_image(tmp_path, PHOTOS[0], "-o", tmp_path / name, "--strength", "0.6")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_a_low_strength_stays_closer_to_the_source(tmp_path: Path) -> None:
    told = {
        strength: objects(
            run_image(
                tmp_path, *PHOTOS, "-o", tmp_path / strength, "--strength", strength, "--json"
            )
        )
        for strength in ("0.2", "0.8")
    }
    for photo in PHOTOS:
        low, high = (
            likeness(photo, tmp_path / strength / f"{photo.stem}.png") for strength in told
        )
        assert low > high + 0.1, photo.name
    for strength, results in told.items():
        assert sorted(Path(r["path"]).stem for r in results) == [p.stem for p in PHOTOS]
        for result in results:
            with Image.open(result["path"]) as made:
                assert made.size == (result["width"], result["height"])
            assert result["strength"] == float(strength)
            assert (result["seed"], result["checkpoint"]) == (7, "embedded")
            assert result["steps"] >= 1
            assert result["seconds"] > 0
            assert all(note.endswith(".") for note in result["notes"])


def likeness(source: Path, result: Path) -> float:
    """SSIM of luminance between a result and its source at the result's size."""
    with Image.open(result) as made, Image.open(source) as photo:
        right = np.asarray(made.convert("L"))
        left = np.asarray(photo.convert("L").resize(made.size, Image.Resampling.LANCZOS))
    return float(structural_similarity(left, right, data_range=255))


def test_a_bad_source_among_good_ones_is_told_and_stops_nobody(tmp_path: Path) -> None:
    glass = Image.new("RGBA", (96, 64), (200, 30, 30, 128))
    glass.save(tmp_path / "glass.png")
    (tmp_path / "page.png").write_text("<html></html>")
    sources = ("page.png", "glass.png")
    done = restyle(tmp_path, "image", *sources, "-o", "out", "--prompt", "x", "--count", "2")
    assert done.returncode == 2
    page = (
        "restyle: page.png: That is a web page, which I cannot take; please send the picture as "
        "JPEG, PNG or WebP."
    )
    assert done.stderr.splitlines() == [page, page]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["glass-1.png", "glass-2.png"]
    with Image.open(tmp_path / "out" / "glass-1.png") as made:
        assert made.mode == "RGBA"
        assert made.getpixel((20, 20))[3] == 128  # type: ignore[index]  # RGBA has four


def test_the_doctor_finds_what_is_wrong(tmp_path: Path) -> None:
    done = restyle(tmp_path, "doctor", RESTYLE_CHECKPOINT="nope", RESTYLE_DISCORD_TOKEN="t")
    assert done.returncode == 1
    bad = [line for line in done.stdout.splitlines() if line.startswith("BAD")]
    assert [line.split(":")[0] for line in bad] == ["BAD checkpoint", "BAD engine"]
    done = restyle(tmp_path, "doctor", RESTYLE_DISCORD_TOKEN="t")
    assert done.returncode == 0, done.stdout
    assert "ok  engine: ready on" in done.stdout


def test_the_bench_prints_figures(tmp_path: Path) -> None:
    done = restyle(
        tmp_path, "bench", "engine", "--side", "64", "--jobs", "2", "--rounds", "1", "--json"
    )
    [figures] = objects(done)
    assert figures["alone"] > 0
    assert figures["gain"] == pytest.approx(2 * figures["alone"] / figures["together"], rel=0.02)
