"""Runs the installed `restyle` command in a place of its own."""

import os
import subprocess
import sys
from pathlib import Path

from bot.settings import PREFIX
from tests.conftest import PROFILES

TIMEOUT_S = 110.0
TOKEN = "abc.secret.xyz"


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
