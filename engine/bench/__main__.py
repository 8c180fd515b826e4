"""Entry of a benchmark's process: prints one report as JSON."""

import argparse
import datetime as dt
import os
import sys
import time
import warnings
from importlib import import_module
from pathlib import Path
from typing import TextIO

import msgspec

from engine.bench.catalog import BENCHMARKS
from engine.bench.report import Measures, Report
from engine.bench.settings import BenchSettings
from engine.quiet import hush_libraries


def main() -> int:
    """Run the benchmark that the arguments name; the exit code is 0 whatever its bars say."""
    options = _arguments()
    reports = claim_standard_output()
    report = measured(
        options.name,
        BenchSettings(
            quick=options.quick,
            rounds=options.rounds,
            photos=options.photos,
            parts=tuple(options.part),
        ),
        threads=options.threads,
    )
    with reports:
        reports.write(msgspec.json.encode(report).decode() + "\n")
    return 0


def claim_standard_output() -> TextIO:
    """For the report alone: what a library prints goes to stderr from now on."""
    claimed = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return claimed


def measured(name: str, settings: BenchSettings, *, threads: int) -> Report:
    """Run one benchmark in this process."""
    # torch takes seconds to import; a wrong argument was refused before.
    hush_libraries()
    import diffusers
    import torch

    diffusers.utils.logging.disable_progress_bar()
    torch.set_num_threads(threads)
    measures = Measures()
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rounds = import_module(f"engine.bench.{name}").measure(settings, measures)
    return Report(
        name=name,
        figures=measures.figures,
        bars=measures.bars,
        ok=all(bar.ok for bar in measures.bars.values()),
        device="cpu",
        versions={"torch": str(torch.__version__), "diffusers": diffusers.__version__},
        quick=settings.quick,
        threads=threads,
        rounds=rounds,
        date=dt.datetime.now(tz=dt.UTC).date().isoformat(),
        seconds=round(time.perf_counter() - began, 1),
        notes=tuple(measures.notes),
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="engine.bench")
    parser.add_argument("name", choices=BENCHMARKS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    # One: two threads that wait for each other at every operation lose more to a busy neighbour
    # than one thread does, and not all that is compared loses alike.
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--part", action="append", default=[])
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
