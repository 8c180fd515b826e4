"""`make lock` writes down what the virtual environment holds, and leaves torch to a human."""

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from tests.docs.markdown import ROOT

FILE = "constraints.txt"


def test_what_is_installed_is_written_down_and_torch_stays(tmp_path: Path) -> None:
    was = (ROOT / FILE).read_text("utf-8").splitlines()
    [torch] = [line for line in was if line.startswith("torch==")]
    (tmp_path / FILE).write_text(f"{was[0]}\nnever-heard-of==1\nmsgspec==0.0.1\n{torch}\n")
    script = [sys.executable, str(ROOT / "deploy" / "lock.py")]
    subprocess.run(script, cwd=tmp_path, check=True)
    comment, kept, *pins = (tmp_path / FILE).read_text("utf-8").splitlines()
    assert (comment, kept) == (was[0], torch)
    assert f"msgspec=={version('msgspec')}" in pins
    names = [re.sub(r"[-_.]+", "-", pin.partition("==")[0]).lower() for pin in pins]
    assert pins == sorted(pins, key=str.lower)
    assert {"never-heard-of", "restyle-bot", "pip", "torch"}.isdisjoint(names)


def test_make_lock_upgrades_what_the_project_names_and_runs_it() -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "lock"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    upgrade, script = done.stdout.replace("\\\n", " ").splitlines()[-2:]
    assert "--upgrade --upgrade-strategy eager" in upgrade
    assert "'.[dev]'" in upgrade
    assert script.endswith("deploy/lock.py")
