"""`restyle doctor` on installations good and bad."""

import asyncio
import json
import shutil
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from discord import ApplicationFlags
from safetensors.numpy import load_file, save_file

from bot.doctor.on_discord import NEEDED
from engine.embedded import WEIGHTS
from tests.bot.cli.running import restyle
from tests.wire import FakeDiscord

JUST_ENOUGH = str(NEEDED.value)
# What only Discord is asked about: a checkpoint that is none, so that no engine is started.
WITHOUT_ENGINE = {"RESTYLE_CHECKPOINT": "magic"}
NO_DISCORD = {"RESTYLE_DISCORD_API_URL": "http://127.0.0.1:1"}


async def doctor(discord: FakeDiscord, folder: Path, *words: str, **variables: str) -> Any:
    """The doctor's run, while this loop plays Discord."""
    settings = discord.settings() | variables
    return await asyncio.to_thread(restyle, folder, "doctor", *words, **settings)


def lines_of(stdout: str, part: str) -> list[str]:
    """A part's line, and the remedy under it where it has one."""
    lines = stdout.splitlines()
    [at] = [n for n, line in enumerate(lines) if line[5:].startswith(f"{part}: ")]
    return [line for line in lines[at : at + 2] if line == lines[at] or line.startswith("     → ")]


@pytest.mark.engine
async def test_a_doctor_finds_nothing_wrong_with_a_good_installation(tmp_path: Path) -> None:
    async with FakeDiscord(traffic=None) as discord:
        discord.guild("Friends", bot_permissions=JUST_ENOUGH)
        done = await doctor(discord, tmp_path, "--json")
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
    assert found["permissions"]["detail"] == "right in 1 servers"
    for part in found.values():
        assert set(part) == {"part", "level", "detail", "remedy"}
        assert part["level"] in ("ok", "warn", "fail")
        # What is not well has its remedy, and what is well needs none.
        assert bool(part["remedy"]) == (part["level"] != "ok"), part
    assert discord.token not in done.stdout


async def test_a_doctor_names_each_part_that_is_wrong(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("RESTYLE_CHECKPOINT=magic\n")
    (tmp_path / ".env").chmod(0o644)
    (tmp_path / "file").write_text("no folder")
    nowhere = str(tmp_path / "file" / "data")
    async with FakeDiscord(traffic=None) as discord:
        discord.clock_behind_s = 90
        discord.token = "another one"
        settings = {"RESTYLE_DISCORD_TOKEN": "one that is not valid", "RESTYLE_DATA_DIR": nowhere}
        done = await doctor(discord, tmp_path, **settings)
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


@pytest.mark.engine
def test_a_doctor_tells_of_a_licence_and_of_weights_that_are_not_there(tmp_path: Path) -> None:
    hub = {"HF_HOME": str(tmp_path / "hf"), "HF_ENDPOINT": "http://127.0.0.1:1"}
    done = restyle(tmp_path, "doctor", RESTYLE_CHECKPOINT="sd-turbo", **hub, **NO_DISCORD)
    assert (done.returncode, done.stderr) == (1, "")
    told = lines_of(done.stdout, "checkpoint")
    assert told[0].startswith("warn checkpoint: sd-turbo from stabilityai/sd-turbo (Stability AI")
    assert told[1] == "     → Its licence forbids commercial use; read it first."
    told = lines_of(done.stdout, "engine")
    assert told[0].startswith("fail engine: ")
    assert "`restyle models pull sd-turbo` downloads it" in told[1]


@pytest.mark.engine
@pytest.mark.parametrize(
    ("step_timeout_s", "told"),
    [
        # The first step of all takes longer than this.
        ("0.001", ["fail restyle: the engine died under it", "     → It may lack memory; see"]),
        ("120", ["fail restyle: ", "     → The log of the engine may tell more."]),
    ],
)
def test_a_doctor_to_whom_no_picture_comes(
    step_timeout_s: str, told: list[str], tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(WEIGHTS, broken)
    [unet] = (broken / "unet").glob("*.safetensors")
    save_file({name: np.full_like(w, np.nan) for name, w in load_file(unet).items()}, unet)
    row = ("broken", "--source", broken, "--family", "sd", "--size", "64", "--steps", "2")
    assert restyle(tmp_path, "models", "add", *row).returncode == 0
    limits = {"RESTYLE_ENGINE_STEP_TIMEOUT_S": step_timeout_s, "RESTYLE_CHECKPOINT": "broken"}
    done = restyle(tmp_path, "doctor", **limits, **NO_DISCORD)
    assert (done.returncode, done.stderr) == (1, "")
    lines = lines_of(done.stdout, "restyle")
    assert all(line.startswith(start) for line, start in zip(lines, told, strict=True)), lines


def test_a_doctor_knows_older_and_newer_databases(tmp_path: Path) -> None:
    # A checkpoint that is none, so that no engine is started; whatever Discord says is not asked.
    settings = WITHOUT_ENGINE | NO_DISCORD
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


@pytest.mark.parametrize(
    ("permissions", "lacking"),
    [
        (JUST_ENOUGH, None),
        # An administrator may do everything, whatever else is ticked.
        ("8", None),
        ("1024", "Friends: send messages, attach files, send messages in threads"),
        ("0", "Friends: view channels, send messages, attach files, send messages in threads"),
    ],
)
async def test_a_doctor_knows_what_the_bot_may_do(
    permissions: str, lacking: str | None, tmp_path: Path
) -> None:
    async with FakeDiscord(traffic=None) as discord:
        discord.guild("Elsewhere", bot_permissions=JUST_ENOUGH)
        discord.guild("Friends", bot_permissions=permissions)
        done = await doctor(discord, tmp_path, **WITHOUT_ENGINE)
    told = lines_of(done.stdout, "permissions")
    if lacking is None:
        assert told == ["ok   permissions: right in 2 servers"]
    else:
        assert told[0] == f"warn permissions: 1 of 2 servers lack some; {lacking}"
        assert "Invite the bot again with the address in README.md" in told[1]


async def test_a_doctor_warns_of_a_bot_that_is_nowhere_and_of_intents_it_needs_not(
    tmp_path: Path,
) -> None:
    flags = ApplicationFlags(gateway_message_content_limited=True, gateway_presence=True)
    async with FakeDiscord(traffic=None) as discord:
        discord.world.application_flags = flags.value
        done = await doctor(discord, tmp_path, RESTYLE_CONTENT_CHECK="none", **WITHOUT_ENGINE)
    told = lines_of(done.stdout, "intents")
    assert told[0] == "warn intents: privileged ones are on: message content, presence"
    assert "switch them off" in told[1]
    told = lines_of(done.stdout, "permissions")
    assert told == [
        "warn permissions: the bot is in no server",
        "     → README.md has the invitation.",
    ]
    assert lines_of(done.stdout, "content check")[0].startswith("warn content check: switched off")


async def test_a_doctor_without_a_token_and_with_a_discord_that_is_down(tmp_path: Path) -> None:
    async with FakeDiscord(traffic=None) as discord:
        without = await doctor(discord, tmp_path, RESTYLE_DISCORD_TOKEN="", **WITHOUT_ENGINE)
        down = await doctor(discord, tmp_path, **WITHOUT_ENGINE, **NO_DISCORD)
    told = lines_of(without.stdout, "token")
    assert told[0].startswith("fail token: RESTYLE_DISCORD_TOKEN is not set")
    assert lines_of(without.stdout, "clock") == ["ok   clock: agrees with Discord's"]
    assert lines_of(down.stdout, "clock")[0].startswith("warn clock: Discord cannot be reached")
    told = lines_of(down.stdout, "token")
    assert told[0].startswith("warn token: Discord cannot be asked")
    assert told[1] == "     → Look at the network; try again."
