"""`python -m tests.chaos --seed N`: the chaos run by itself; exit code 1 for a broken promise."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.chaos.run import LONG, chaos


def main() -> int:
    """Run, print the report, and say by the exit code whether all promises were kept."""
    parser = argparse.ArgumentParser(prog="tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=300)
    parser.add_argument("--kill-every", type=float, default=10.0, metavar="SECONDS")
    parser.add_argument("--keep", type=Path, help="folder for the bot's data and log")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.keep or Path(scratch)
        run = chaos(
            folder, seed=given.seed, jobs=given.jobs, kill_every_s=given.kill_every, limits=LONG
        )
        outcome = asyncio.run(run)
    print("\n".join(outcome.lines()), flush=True)
    return 0 if outcome.ok else 1


if __name__ == "__main__":
    sys.exit(main())
