"""`restyle doctor` and `restyle bench` on an installation of their own."""

import json
from pathlib import Path

import pytest

from tests.bot.cli.running import TOKEN, restyle


@pytest.mark.engine
def test_a_doctor_finds_nothing_wrong_with_a_good_installation(tmp_path: Path) -> None:
    done = restyle(tmp_path, "doctor", RESTYLE_DISCORD_TOKEN=TOKEN)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    parts = ["python", "token", "data folder", "database", "intake", "checkpoint", "engine"]
    assert [line.partition(":")[0] for line in lines] == [f"ok  {part}" for part in parts]
    assert lines[-1].startswith("ok  engine: ready on ")
    assert TOKEN not in done.stdout


@pytest.mark.engine
def test_a_doctor_names_each_part_that_is_wrong(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("RESTYLE_CHECKPOINT=magic\n")
    (tmp_path / ".env").chmod(0o644)
    done = restyle(tmp_path, "doctor")
    assert (done.returncode, done.stderr) == (1, "")
    wrong = [line for line in done.stdout.splitlines() if not line.startswith("ok  ")]
    assert [line.partition(":")[0] for line in wrong] == [
        "BAD .env",
        "BAD token",
        "BAD checkpoint",
        "BAD engine",
    ]
    assert "There is no checkpoint 'magic'" in wrong[2]


@pytest.mark.engine
def test_a_benchmark_tells_its_conditions_and_figures(tmp_path: Path) -> None:
    options = ("--json", "--rounds", "1", "--jobs", "2", "--side", "64")
    done = restyle(tmp_path, "bench", "engine", *options)
    assert (done.returncode, done.stderr) == (0, "")
    figures = json.loads(done.stdout)
    conditions = {name: figures[name] for name in ("checkpoint", "side", "jobs", "rounds")}
    assert conditions == {"checkpoint": "embedded", "side": 64, "jobs": 2, "rounds": 1}
    assert figures["alone"] > 0
    assert figures["gain"] == pytest.approx(2 * figures["alone"] / figures["together"], rel=0.05)
