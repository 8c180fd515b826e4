"""Runs one of the engine's benchmarks in a process of its own, for the bot's never loads torch."""

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.resources import as_file, files

import msgspec

from bot.errors import RestyleError
from engine.bench.report import Report


class BenchFailed(RestyleError):
    """A benchmark's process ended without a report."""


def run_benchmark(
    name: str,
    *,
    quick: bool,
    rounds: int | None,
    threads: int | None,
    parts: Sequence[str] = (),
) -> Report:
    """The report of one run.

    Args:
        rounds: How often each thing is measured; None leaves it to the benchmark.
        threads: Threads for torch; None is one, which a busy machine disturbs least.
        parts: Which of its parts to run; empty: all.

    Raises:
        BenchFailed: It ended without one; the last line of its log is told.
    """
    command = [sys.executable, "-m", "engine.bench", name]
    command += ["--quick"] if quick else []
    command += [] if rounds is None else ["--rounds", str(rounds)]
    command += [] if threads is None else ["--threads", str(threads)]
    for part in parts:
        command += ["--part", part]
    last, report = "no word", ""
    with (
        as_file(files("bot") / "demo" / "photos") as photos,
        subprocess.Popen(
            [*command, "--photos", str(photos)],
            env=os.environ | {"HF_HUB_OFFLINE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        assert process.stderr is not None
        # As it comes: whoever waits for an hour sees what was measured so far.
        for line in process.stderr:
            sys.stderr.write(line)
            last = line.strip() or last
        report = process.stdout.read()
    if process.returncode != 0:
        raise BenchFailed(f"The benchmark {name} ended without a report: {last}")
    return msgspec.json.decode(report, type=Report)
