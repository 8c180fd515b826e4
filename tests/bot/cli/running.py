"""Runs the installed `restyle` command in a place of its own."""

import os
import subprocess
import sys
from pathlib import Path

from bot.settings import PREFIX
from tests.conftest import PROFILES

TIMEOUT_S = 110.0
TOKEN = "abc.secret.xyz"
# Read by every interpreter at its start: packages that are here are not found.
WITHOUT = """
import importlib.machinery
import sys

finder = importlib.machinery.PathFinder
find = finder.find_spec


def find_spec(name, path=None, target=None):
    return None if name.partition(".")[0] in {missing!r} else find(name, path, target)


finder.find_spec = staticmethod(find_spec)
"""


def command() -> str:
    """The script that pip installed beside the interpreter of these tests."""
    return str(Path(sys.executable).parent / "restyle")


def clean_environment(folder: Path, **variables: str) -> dict[str, str]:
    """This environment without our variables, with all data below ``folder``."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    ours = {"RESTYLE_DATA_DIR": str(folder / "data"), "RESTYLE_ENGINE_PROFILE_DIR": PROFILES}
    return inherited | ours | variables


def restyle(
    folder: Path, *arguments: str | Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run one command with ``folder`` as working folder, and wait for its end."""
    return subprocess.run(
        [command(), *map(str, arguments)],
        cwd=folder,
        env=clean_environment(folder, **variables),
        # Nobody is there to answer questions.
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence with which a command refused bad input."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("restyle: ")
    return line.removeprefix("restyle: ")


def without(folder: Path, packages: set[str]) -> dict[str, str]:
    """The variables of an environment in which ``packages`` are not installed."""
    place = folder / "without"
    place.mkdir()
    (place / "sitecustomize.py").write_text(WITHOUT.format(missing=packages))
    return {"PYTHONPATH": str(place)}
