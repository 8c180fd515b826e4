"""The wheel holds every file that the program needs: installed by itself, it plays the demo."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from bot.settings import PREFIX
from tests.docs.markdown import ROOT

PACKAGES = ("bot", "engine", "storage")
# setuptools is what pyproject.toml names, fetched as `pip install .` fetches it.
BUILD_S = 300


def tracked() -> list[str]:
    """Every file that git has."""
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [name for name in done.stdout.split("\0") if name]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of what git has, so that nothing else can get in."""
    source = tmp_path_factory.mktemp("source")
    for name in tracked():
        file = source / name
        if (ROOT / name).is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            os.link(ROOT / name, file)
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir"]
    subprocess.run([*command, str(out), str(source)], check=True, timeout=BUILD_S)
    [built] = out.iterdir()
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel in it, and all that it depends on beside it."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", str(wheel)], check=True, timeout=60)
    [packages] = folder.glob("lib/python*/site-packages")
    # A plain path: what makes this checkout importable in the developers' environment is itself
    # such a file, and is not read from here.
    (packages / "beside.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


def run(environment: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith((PREFIX, "PYTHON"))}
    return subprocess.run(
        [str(environment / "bin" / words[0]), *words[1:]],
        cwd=cwd,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_file_of_the_packages_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    wanted = {name for name in tracked() if name.startswith(tuple(f"{p}/" for p in PACKAGES))}
    assert wanted - packed == set()
    others = {name for name in packed if name.partition("/")[0] not in PACKAGES}
    assert {name.partition("/")[0].rpartition(".")[2] for name in others} == {"dist-info"}


@pytest.mark.engine
@pytest.mark.slow
def test_the_installed_wheel_plays_the_demo(environment: Path, tmp_path: Path) -> None:
    where = run(
        environment,
        "python",
        "-c",
        "import bot, engine, storage\nfor one in (bot, engine, storage): print(one.__file__)",
        cwd=tmp_path,
    )
    assert all(line.startswith(str(environment)) for line in where.stdout.splitlines()), where
    assert len(where.stdout.splitlines()) == len(PACKAGES)
    played = run(environment, "restyle", "demo", "--script", "--out", "out", cwd=tmp_path)
    assert played.returncode == 0, played.stderr
    assert (tmp_path / "out" / "contact-sheet.png").stat().st_size > 0
    assert json.loads((tmp_path / "out" / "transcript.json").read_text("utf-8"))
