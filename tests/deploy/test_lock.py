"""`make lock` writes down what the virtual environment holds, and leaves torch to a human."""

import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from packaging.utils import canonicalize_name

from tests.docs.markdown import ROOT

FILE = "constraints.txt"


def test_what_is_installed_is_written_down_and_torch_stays(tmp_path: Path) -> None:
    was = (ROOT / FILE).read_text("utf-8").splitlines()
    [torch] = [line for line in was if line.startswith("torch==")]
    (tmp_path / FILE).write_text(f"{was[0]}\nnever-heard-of==1\nmsgspec==0.0.1\n{torch}\n")
    comment, *pins = _refreshed(tmp_path)
    assert comment == was[0]
    assert torch in pins
    assert f"msgspec=={version('msgspec')}" in pins
    names = [pin.partition("==")[0] for pin in pins]
    assert names == sorted(canonicalize_name(name) for name in names)
    assert {"never-heard-of", "restyle-bot", "pip"}.isdisjoint(names)


def test_a_refresh_changes_only_what_has_a_new_version(tmp_path: Path) -> None:
    shutil.copy(ROOT / FILE, tmp_path / FILE)
    before = (tmp_path / FILE).read_text("utf-8").splitlines()
    names = [line.partition("==")[0] for line in before[1:]]
    assert names == sorted(canonicalize_name(name) for name in names)
    fresh = _refreshed(tmp_path)
    again = _refreshed(tmp_path)
    assert again == fresh
    # Spelled alike, so that a diff shows versions and nothing else.
    installed = {line for line in fresh if line.partition("==")[0] in names}
    assert len(installed & set(before)) > len(installed) // 2


def _refreshed(folder: Path) -> list[str]:
    """The lines after `make lock`'s last command was run in ``folder``."""
    script = [sys.executable, str(ROOT / "deploy" / "lock.py")]
    subprocess.run(script, cwd=folder, check=True)
    return (folder / FILE).read_text("utf-8").splitlines()


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
