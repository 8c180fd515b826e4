"""`restyle doctor` and `restyle bench` on an installation of their own."""

import json
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.doctor.on_discord import NEEDED
from tests.bot.cli.portal import portal
from tests.bot.cli.running import TOKEN, restyle


@pytest.mark.engine
def test_a_doctor_finds_nothing_wrong_with_a_good_installation(tmp_path: Path) -> None:
    with portal(guilds=[{"id": "7", "name": "Friends", "permissions": str(NEEDED.value)}]) as url:
        done = restyle(
            tmp_path,
            "doctor",
            "--json",
            RESTYLE_DISCORD_TOKEN=TOKEN,
            RESTYLE_DISCORD_API_URL=url,
        )
    assert (done.returncode, done.stderr) == (0, "")
    found = {part["part"]: part for part in map(json.loads, done.stdout.splitlines())}
    assert list(found) == [
        "python",
        "memory",
        "data folder",
        "disk",
        "database",
        "intake",
        "content check",
        "torch",
        "checkpoint",
        "engine",
        "restyle",
        "clock",
        "token",
        "intents",
        "permissions",
    ]
    # A machine may lack a GPU, or be short of room; neither is wrong with the installation.
    uneasy = {name for name, part in found.items() if part["level"] != "ok"}
    assert uneasy <= {"memory", "disk", "torch"}
    assert "256 × 256 in" in found["restyle"]["detail"]
    assert found["token"]["detail"] == "Restyle may log in"
    assert TOKEN not in done.stdout


@pytest.mark.engine
def test_a_doctor_names_each_part_that_is_wrong(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("RESTYLE_CHECKPOINT=magic\n")
    (tmp_path / ".env").chmod(0o644)
    (tmp_path / "file").write_text("no folder")
    with portal(guilds=[], clock_skew_s=90) as url:
        done = restyle(
            tmp_path,
            "doctor",
            RESTYLE_DISCORD_API_URL=url,
            RESTYLE_DATA_DIR=str(tmp_path / "file" / "data"),
        )
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    wrong = [line for line in lines if line.startswith("fail")]
    assert [line.partition(":")[0] for line in wrong] == [
        "fail .env",
        "fail data folder",
        "fail checkpoint",
        "fail clock",
        "fail token",
    ]
    assert "There is no checkpoint 'magic'" in wrong[2]
    # Each is followed by what can be done about it.
    assert all(lines[lines.index(line) + 1].lstrip().startswith("→ ") for line in wrong)


def test_a_doctor_waits_for_no_engine_that_serves_the_bot(tmp_path: Path) -> None:
    path = tmp_path / "engine.sock"
    settings = {
        "RESTYLE_ENGINE": "socket",
        "RESTYLE_ENGINE_SOCKET": str(path),
        "RESTYLE_DISCORD_API_URL": "http://127.0.0.1:1",
        "RESTYLE_ENGINE_READY_TIMEOUT_S": "1",
    }
    with socket.socket(socket.AF_UNIX) as busy:
        busy.bind(str(path))
        busy.listen()
        lines = restyle(tmp_path, "doctor", **settings).stdout.splitlines()
    [at] = [n for n, line in enumerate(lines) if line[5:].startswith("engine: ")]
    assert lines[at] == f"warn engine: one listens on {path} and serves somebody else"
    assert "`restyle health --ready` asks the bot that has it" in lines[at + 1]
    path.unlink()
    lines = restyle(tmp_path, "doctor", **settings).stdout.splitlines()
    [gone] = [line for line in lines if line[5:].startswith("engine: ")]
    assert gone.startswith(f"fail engine: No engine listens on {path}")


def test_a_doctor_knows_older_and_newer_databases(tmp_path: Path) -> None:
    # A checkpoint that is none, so that no engine is started; whatever Discord says is not asked.
    settings = {"RESTYLE_CHECKPOINT": "magic", "RESTYLE_DISCORD_API_URL": "http://127.0.0.1:1"}
    assert restyle(tmp_path, "db", "upgrade").returncode == 0
    told = []
    for revision in ("0007", "9999"):
        with closing(sqlite3.connect(tmp_path / "data" / "restyle.db")) as connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
            connection.commit()
        lines = restyle(tmp_path, "doctor", **settings).stdout.splitlines()
        [at] = [n for n, line in enumerate(lines) if line[5:].startswith("database: ")]
        told.append(lines[at : at + 2])
    assert "revision 0007, older than this version" in told[0][0]
    assert "`restyle db upgrade`" in told[0][1]
    assert told[1][0].startswith("fail database: The database has a schema that this version")
    assert "Install the version that wrote it" in told[1][1]


def test_a_doctor_looks_at_token_and_permissions(tmp_path: Path) -> None:
    network = {"RESTYLE_CHECKPOINT": "magic", "RESTYLE_DISCORD_TOKEN": TOKEN}
    network["RESTYLE_CONTENT_CHECK"] = "none"
    with portal(guilds=[{"id": "7", "name": "Friends", "permissions": "1024"}]) as url:
        done = restyle(tmp_path, "doctor", RESTYLE_DISCORD_API_URL=url, **network)
    assert "warn content check: switched off" in done.stdout
    assert "1 of 1 servers lack some; Friends: send messages, attach files" in done.stdout
    with portal(refuses=True) as url:
        done = restyle(tmp_path, "doctor", RESTYLE_DISCORD_API_URL=url, **network)
    assert "fail token: Discord refuses it" in done.stdout
    assert done.returncode == 1


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
