"""The decoding processes: killed, stopped, starved, closed; the bot goes on."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import psutil
import pytest

from bot.errors import MemberError
from bot.intake import DecoderCrashed, Intake, IntakeLimits, IntakeUnavailable, TookTooLong
from bot.intake.errors import REASONS, IntakeError
from bot.intake.wire import LENGTH_BYTES, Ready, frame, raised, refusal, to_reply
from bot.language import Sentence
from tests.bot.intake.pictures import LIMITS, MIB, SMALL, encoded, gradient, quadrants

PICTURE = encoded(quadrants(), "PNG")


@pytest.fixture
async def intake() -> AsyncIterator[Intake]:
    made = Intake(LIMITS, processes=1)
    await made.start()
    yield made
    await made.close()


@pytest.fixture
async def hasty() -> AsyncIterator[Intake]:
    quick = msgspec.structs.replace(LIMITS, timeout_s=0.6)
    made = Intake(quick, processes=2)
    await made.start()
    yield made
    await made.close()


def gone(pid: int) -> bool:
    """Nothing is left of the process, not even a zombie."""
    return not psutil.pid_exists(pid)


async def stuck(intake: Intake) -> tuple[int, asyncio.Task[object]]:
    """A request that is under way in a stopped process, and the id of that process."""
    (pid,) = intake.pids
    os.kill(pid, signal.SIGSTOP)
    request: asyncio.Task[object] = asyncio.create_task(intake.prepare(PICTURE, SMALL))
    # One turn of the loop and the request is in the pipe.
    await asyncio.sleep(0)
    return pid, request


async def takes_a_picture(intake: Intake) -> bool:
    return (await intake.prepare(PICTURE, SMALL)).width == 88


async def test_killed_while_it_works(intake: Intake) -> None:
    pid, request = await stuck(intake)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(DecoderCrashed, match="save it again") as caught:
        await request
    assert "-9" in caught.value.detail
    assert gone(pid)
    assert await takes_a_picture(intake)


async def test_killed_while_it_rests(intake: Intake) -> None:
    (pid,) = intake.pids
    os.kill(pid, signal.SIGKILL)
    try:
        await intake.prepare(PICTURE, SMALL)
    except DecoderCrashed:
        # Its end had not been noticed yet.
        assert gone(pid)
    assert await takes_a_picture(intake)
    assert intake.pids != (pid,)


async def test_out_of_processor_time(intake: Intake) -> None:
    pid, request = await stuck(intake)
    os.kill(pid, signal.SIGXCPU)
    os.kill(pid, signal.SIGCONT)
    with pytest.raises(TookTooLong):
        await request
    assert await takes_a_picture(intake)


async def test_hanging_ends_by_the_clock(hasty: Intake) -> None:
    pid, request = await stuck(hasty)
    with pytest.raises(TookTooLong, match="too long"):
        await request
    assert gone(pid)
    assert await takes_a_picture(hasty)


async def test_a_stuck_picture_holds_up_nobody(intake: Intake) -> None:
    two = Intake(LIMITS, processes=2)
    try:
        await two.start()
        pid, request = await stuck(two)
        assert await takes_a_picture(two)
        assert len(two.pids) == 2
        assert not request.done()
        os.kill(pid, signal.SIGCONT)
        await request
    finally:
        await two.close()


async def test_giving_up_ends_the_process(intake: Intake) -> None:
    pid, request = await stuck(intake)
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    assert gone(pid)
    assert await takes_a_picture(intake)


async def test_many_at_once_wait_for_a_free_process() -> None:
    intake = Intake(LIMITS, processes=2)
    try:
        async with asyncio.TaskGroup() as group:
            requests = [group.create_task(intake.prepare(PICTURE, SMALL)) for _ in range(40)]
        assert len({request.result().image for request in requests}) == 1
        assert len(intake.pids) <= 2
    finally:
        await intake.close()


async def test_a_process_is_replaced_after_long_service(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.intake.pool.ANSWERS_PER_CHILD", 3)
    (pid,) = intake.pids
    for _ in range(2):
        assert await takes_a_picture(intake)
    assert intake.pids == (pid,)
    assert await takes_a_picture(intake)
    assert gone(pid)
    assert await takes_a_picture(intake)


async def test_closing_leaves_nothing() -> None:
    intake = Intake(LIMITS, processes=2)
    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(intake.prepare(PICTURE, SMALL))
    pids = intake.pids
    assert pids
    await asyncio.gather(intake.close(), intake.close())
    await intake.close()
    assert intake.pids == ()
    assert all(gone(pid) for pid in pids)
    with pytest.raises(IntakeUnavailable):
        await intake.prepare(PICTURE, SMALL)
    with pytest.raises(IntakeUnavailable):
        await intake.start()


async def test_closing_under_a_request(intake: Intake) -> None:
    pid, request = await stuck(intake)
    waiting = asyncio.create_task(intake.prepare(PICTURE, SMALL))
    await intake.close()
    for task in (request, waiting):
        with pytest.raises(IntakeUnavailable, match="try again"):
            await task
    assert gone(pid)


async def test_closing_what_never_started() -> None:
    intake = Intake(LIMITS)
    await intake.close()
    assert intake.pids == ()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the address space")
async def test_no_memory_to_start_with_is_said() -> None:
    intake = Intake(msgspec.structs.replace(LIMITS, memory_bytes=MIB), processes=1)
    with pytest.raises(IntakeError):
        await intake.prepare(PICTURE, SMALL)
    await intake.close()
    assert intake.pids == ()


async def test_an_interpreter_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    intake = Intake(LIMITS)
    with pytest.raises(IntakeUnavailable, match="try again"):
        await intake.start()
    await intake.close()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
async def test_one_that_hangs_up_but_lives_on_is_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    note, impostor = tmp_path / "pid", tmp_path / "python"
    impostor.write_text(f"#!/bin/sh\necho $$ > '{note}'\nexec cat > /dev/null\n")
    impostor.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(impostor))
    intake = Intake(LIMITS)
    with pytest.raises(IntakeUnavailable):
        await intake.start()
    assert gone(int(note.read_text()))
    await intake.close()


async def test_the_loop_turns_while_a_picture_is_decoded(intake: Intake) -> None:
    large = encoded(gradient(3900, 3900), "PNG", compress_level=1)
    request = asyncio.create_task(intake.prepare(large, SMALL))
    turns = 0
    while not request.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert (await request).original_width == 3900
    assert turns >= 20


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_it_has_limits_and_no_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RESTYLE_DISCORD_TOKEN", "very secret")
    intake = Intake(LIMITS, processes=1)
    try:
        await intake.start()
        process = psutil.Process(intake.pids[0])
        assert "very secret" not in process.environ().values()
        assert process.rlimit(psutil.RLIMIT_AS) == (LIMITS.memory_bytes,) * 2
        assert process.rlimit(psutil.RLIMIT_CORE) == (0, 0)
        assert process.rlimit(psutil.RLIMIT_FSIZE) == (0, 0)
        assert process.rlimit(psutil.RLIMIT_NOFILE)[1] < 64
        await takes_a_picture(intake)
        granted = process.rlimit(psutil.RLIMIT_CPU)[0]
        assert LIMITS.timeout_s <= granted <= LIMITS.timeout_s + 5
        assert os.getsid(process.pid) == process.pid
    finally:
        await intake.close()


def test_it_ends_when_the_bot_is_gone() -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", "bot.intake.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    output, _ = worker.communicate(frame(LIMITS), timeout=20)
    assert to_reply(output[LENGTH_BYTES:]) == Ready()
    assert worker.returncode == 0


def test_it_imports_little() -> None:
    probe = "import sys, bot.intake.worker; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True
    )
    heavy = {"torch", "discord", "numpy", "aiohttp", "pydantic", "structlog", "sqlalchemy", "babel"}
    assert heavy.isdisjoint(found.stdout.split())
    assert "PIL.Image" in found.stdout.split()


@pytest.mark.parametrize("reason", REASONS)
def test_errors_keep_class_and_sentence_on_the_wire(reason: type[IntakeError]) -> None:
    sent = reason(Sentence("Kind words."), detail="for the operator")
    found = raised(refusal(sent))
    assert type(found) is reason
    assert (str(found), found.detail) == ("Kind words.", "for the operator")
    assert isinstance(found, MemberError)
    assert str(reason()).endswith(".")


def test_codes_are_told_apart() -> None:
    assert len({reason.code for reason in REASONS}) == len(REASONS)
    assert set(IntakeError.__subclasses__()) == set(REASONS)


@pytest.mark.parametrize("name", ["max_bytes", "max_pixels", "timeout_s", "memory_bytes"])
def test_limits_are_positive(name: str) -> None:
    with pytest.raises(ValueError, match="positive"):
        IntakeLimits(
            **{"max_bytes": 1, "max_pixels": 1, "timeout_s": 1, "memory_bytes": 1, name: 0}
        )
