"""The Dockerfile is linted; compose file and units fit what they start."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bot.settings import PREFIX, Settings
from tests.docs.markdown import ROOT

STEPS = ("RUN", "COPY")
MOST_EXPOSURE = 25
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))


def test_hadolint_finds_nothing() -> None:
    program = Path(sys.executable).parent / "hadolint"
    done = subprocess.run(
        [str(program), str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_torch_is_the_version_of_the_constraints_in_a_layer_before_any_file_of_ours() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    [version] = [line.partition("=")[2] for line in lines if line.startswith("ARG TORCH_VERSION=")]
    assert f"torch=={version}" in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    stage = lines[lines.index("FROM builder AS engine-builder") :]
    run, copy = (next(i for i, line in enumerate(stage) if line.startswith(w)) for w in STEPS)
    assert run < copy
    assert "torch==" in stage[run]


def _named_settings(text: str) -> set[str]:
    words = text.replace("=", " ").replace(":", " ").replace('"', " ").replace("$", " ").split()
    bare = {word.strip("{}-,\\") for word in words}
    return {word for word in bare if word.startswith(PREFIX) and word != PREFIX}


@pytest.mark.parametrize("file", ["Dockerfile", "compose.yaml"] + [u.name for u in UNITS])
def test_every_setting_named_is_one(file: str) -> None:
    path = next(p for p in (ROOT / file, ROOT / "deploy" / "systemd" / file) if p.exists())
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    lines = [
        line for line in path.read_text("utf-8").splitlines() if not line.lstrip().startswith("#")
    ]
    assert _named_settings("\n".join(lines)) <= known


def _stages() -> dict[str, list[str]]:
    """The lines of each stage of the Dockerfile, its FROM first."""
    stages: dict[str, list[str]] = {}
    for line in (ROOT / "Dockerfile").read_text("utf-8").splitlines():
        if line.startswith("FROM "):
            stages[line.rpartition(" AS ")[2]] = []
        for name in list(stages)[-1:]:
            stages[name].append(line.strip())
    return stages


@pytest.mark.parametrize("target", ["bot", "engine"])
def test_each_target_runs_as_nobody_in_particular_and_tells_its_health(target: str) -> None:
    stages = _stages()
    assert stages["base"][0].split()[1] == "${PYTHON_IMAGE}${PYTHON_DIGEST}"
    assert stages[target][0].split()[1] == "base"
    assert "USER 10001:10001" in stages[target]
    assert [line for line in stages[target] if line.startswith("HEALTHCHECK")] != []
    # What only a build needs stays in the stage that builds.
    assert [line for line in stages[target] if line.startswith("RUN")] == []


def test_each_profile_adds_its_services_and_what_they_mount_is_there() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    started: dict[str, set[str]] = {}
    for name, service in services.items():
        for profile in service.get("profiles", [""]):
            started.setdefault(profile, set()).add(name)
        for volume in service.get("volumes", []):
            place = volume.partition(":")[0]
            assert not place.startswith("./") or (ROOT / place).exists(), place
    assert started == {
        "": {"bot", "engine"},
        "postgres": {"postgres"},
        "monitoring": {"prometheus", "grafana"},
    }


def test_the_engines_container_has_no_token() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    engine = services["engine"]
    assert "env_file" not in engine
    assert not [name for name in engine["environment"] if "TOKEN" in name]
    for name in ("bot", "engine"):
        assert services[name]["read_only"]
        assert services[name]["cap_drop"] == ["ALL"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="this system has no systemd")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_the_units(unit: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    # The programs are not installed where these tests run.
    said = [line for line in done.stderr.splitlines() if "is not executable" not in line]
    assert [line for line in said if unit.name in line] == []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="this system has no systemd")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_finds_the_units_well_confined(unit: Path) -> None:
    # In tenths of systemd's own points, of which ten are no protection at all.
    most = f"--threshold={MOST_EXPOSURE}"
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager", most, str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Overall exposure level" in done.stdout, done.stderr
    assert done.returncode == 0, done.stdout[-200:]
