"""`restyle models …`, with a hub of its own to download from."""

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from engine.embedded import WEIGHTS
from tests.bot.cli.running import refusal, restyle
from tests.engine.weights.hub import REPO, hub
from tests.small_disk import enlarge, small_disk


def rows(folder: Path) -> dict[str, dict[str, Any]]:
    """What `models list --json` tells, by name."""
    lines = restyle(folder, "models", "list", "--json", HF_HOME=str(folder / "hf")).stdout
    return {row["name"]: row for row in map(json.loads, lines.splitlines())}


def test_the_table_tells_licence_and_place(tmp_path: Path) -> None:
    table = rows(tmp_path)
    assert table["embedded"]["disk"] == {
        "place": "ships",
        "size_bytes": sum(p.stat().st_size for p in WEIGHTS.rglob("*") if p.is_file()),
    }
    assert table["embedded"]["chosen"] is True
    assert table["sd-turbo"]["disk"] == {"place": "missing", "size_bytes": 0}
    shown = restyle(tmp_path, "models", "list", HF_HOME=str(tmp_path / "hf")).stdout
    [turbo] = [line for line in shown.splitlines() if line.lstrip().startswith("sd-turbo")]
    assert "no commercial use" in turbo
    assert "not downloaded" in turbo
    [flux] = [line for line in shown.splitlines() if line.lstrip().startswith("flux-dev")]
    assert "FLUX.1 [dev] Non-Commercial Licence, no commercial use" in flux


def test_a_folder_is_looked_at_before_it_is_added(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    said = refusal(restyle(tmp_path, "models", "add", "mine", "--source", empty))
    assert "as diffusers saves a pipeline" in said
    (empty / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    (empty / "weights.ckpt").write_bytes(b"anything")
    said = refusal(restyle(tmp_path, "models", "add", "mine", "--source", empty))
    assert "pickled weights" in said
    assert "mine" not in rows(tmp_path)


def test_a_row_is_added_once_and_removed_again(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(WEIGHTS, copy)
    arguments = ("mine", "--source", copy, "--licence", "Mine Only 1.0", "--non-commercial")
    added = restyle(tmp_path, "models", "add", *arguments)
    assert "Added mine, a StableDiffusionImg2ImgPipeline" in added.stdout
    assert "forbids commercial use" in added.stdout
    assert rows(tmp_path)["mine"]["disk"] == rows(tmp_path)["embedded"]["disk"] | {
        "place": "folder"
    }
    assert "already" in refusal(restyle(tmp_path, "models", "add", *arguments))
    removed = restyle(tmp_path, "models", "remove", "mine", "--yes")
    assert removed.returncode == 0, removed.stderr
    assert "mine" not in rows(tmp_path)
    # It was the operator's own folder.
    assert (copy / "model_index.json").exists()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("remove", "embedded", "--yes"), "part of Restyle"),
        (("pull", "nobody"), "no checkpoint 'nobody'"),
        (("add", "odd", "--source", "a/b", "--family", "cubist"), "family"),
    ],
)
def test_bad_input(words: tuple[str, ...], why: str, tmp_path: Path) -> None:
    assert why in refusal(restyle(tmp_path, "models", *words))


def test_what_is_in_use_or_not_agreed_to_is_not_removed(tmp_path: Path) -> None:
    words = ("models", "remove", "sd-turbo")
    said = refusal(restyle(tmp_path, *words, "--yes", RESTYLE_CHECKPOINT="sd-turbo"))
    assert said == "sd-turbo is the checkpoint in use; set RESTYLE_CHECKPOINT first."
    # Asked, and nobody there to say yes.
    asked = restyle(tmp_path, *words, HF_HOME=str(tmp_path / "hf"))
    assert asked.returncode == 130
    assert "Delete what was downloaded for sd-turbo (not downloaded)?" in asked.stdout
    assert "Freed" not in asked.stdout


def test_a_pull_of_what_ships_needs_no_network(tmp_path: Path) -> None:
    done = restyle(tmp_path, "models", "pull", "embedded", HF_ENDPOINT="http://127.0.0.1:1")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "embedded needs no download."


@pytest.mark.engine
@pytest.mark.timeout(120)
def test_a_download_that_broke_off_is_gone_on_with(tmp_path: Path) -> None:
    home = str(tmp_path / "hf")
    with hub(WEIGHTS) as server:
        network = {"HF_HOME": home, "HF_ENDPOINT": server.url, "HF_HUB_DISABLE_XET": "1"}
        restyle(tmp_path, "models", "add", "painter", "--source", REPO, "--family", "sd")
        # More often than the library itself tries again.
        server.breaks_left = 1000
        broken = restyle(tmp_path, "models", "pull", "painter", **network)
        assert broken.returncode == 1, broken.stderr
        assert "the rest comes next time" in broken.stderr
        server.breaks_left = 0
        came = {name for name in server.fetched if (WEIGHTS / name).stat().st_size < 1_000_000}
        server.fetched.clear()
        whole = restyle(tmp_path, "models", "pull", "painter", **network)
        assert whole.returncode == 0, whole.stderr
        assert "painter is here" in whole.stdout
        assert came
        assert came.isdisjoint(server.fetched)
    assert rows(tmp_path)["painter"]["disk"]["place"] == "cache"
    removed = restyle(tmp_path, "models", "remove", "painter", "--yes", HF_HOME=home)
    assert "Freed" in removed.stdout
    assert "painter" not in rows(tmp_path)


@pytest.mark.engine
@pytest.mark.skipif(sys.platform != "linux", reason="mounts a tmpfs")
def test_a_download_that_fills_the_disk_is_gone_on_with(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    restyle(tmp_path, "models", "add", "painter", "--source", REPO, "--family", "sd")
    with small_disk(disk, "8m"), hub(WEIGHTS) as server:
        network = {"HF_HOME": str(disk), "HF_ENDPOINT": server.url, "HF_HUB_DISABLE_XET": "1"}
        full = restyle(tmp_path, "models", "pull", "painter", **network)
        assert full.returncode == 1, full.stderr
        last = full.stderr.splitlines()[-1]
        assert last.startswith(f"There is no room for {REPO}: 0.0 GB are free in {disk}")
        assert "Traceback" not in full.stderr
        enlarge(disk, "80m")
        whole = restyle(tmp_path, "models", "pull", "painter", **network)
        assert whole.returncode == 0, whole.stderr


@pytest.mark.engine
def test_pickled_weights_are_not_pulled(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    shutil.copytree(WEIGHTS, theirs)
    for weights in theirs.rglob("*.safetensors"):
        weights.replace(weights.with_suffix(".bin"))
    restyle(tmp_path, "models", "add", "painter", "--source", REPO, "--family", "sd")
    with hub(theirs) as server:
        network = {"HF_HOME": str(tmp_path / "hf"), "HF_ENDPOINT": server.url}
        done = restyle(tmp_path, "models", "pull", "painter", HF_HUB_DISABLE_XET="1", **network)
        assert [name for name in server.fetched if name.endswith(".bin")] == []
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"{REPO} has no safetensors weights for all of its parts")
    assert "Traceback" not in done.stderr


@pytest.mark.engine
def test_without_a_network_it_is_one_sentence(tmp_path: Path) -> None:
    restyle(tmp_path, "models", "add", "painter", "--source", REPO, "--family", "sd")
    done = restyle(
        tmp_path,
        "models",
        "pull",
        "painter",
        HF_HOME=str(tmp_path / "hf"),
        HF_ENDPOINT="http://127.0.0.1:1",
    )
    assert done.returncode == 1
    assert "could not be downloaded" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.engine
def test_a_checkpoint_is_shown_at_work(tmp_path: Path) -> None:
    assert "no checkpoint 'nobody'" in refusal(restyle(tmp_path, "models", "test", "nobody"))
    # Small pictures and few steps: what counts is that each has its cell.
    small = ("small", "--source", WEIGHTS, "--family", "sd", "--size", "64", "--steps", "2")
    assert restyle(tmp_path, "models", "add", *small).returncode == 0
    done = restyle(tmp_path, "models", "test", "small", "-o", "sheet.webp")
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"sheet\.webp: \d+\.\d s a picture\.\n", done.stdout)
    with Image.open(tmp_path / "sheet.webp") as sheet:
        # The photo and five strengths across, five photos down, of which four are landscapes.
        assert sheet.width > sheet.height * 1.2
