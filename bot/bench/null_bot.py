"""The bot as it runs, but with the null engine, and with a record of how late its event loop was.

`python -m bot.bench.null_bot FILE` appends a line for every sample: seconds of the clock that all
processes share, and seconds that the loop came late.
"""

import asyncio
import sys
import time
from pathlib import Path

from bot.event_loop import run
from bot.log import configure_logging
from bot.memory import keep_little
from bot.run import run_bot
from bot.settings import load_settings
from engine.client import EngineOptions

INTERVAL_S = 0.01
FLUSHED_EVERY = 50


def main() -> None:
    """Run until SIGTERM."""
    EngineOptions.command = _null_engine  # type: ignore[method-assign]  # the seam of this bench
    keep_little()
    settings = load_settings()
    configure_logging(settings)
    run(_run(Path(sys.argv[1])))


async def _run(record: Path) -> None:
    sampler = asyncio.create_task(_sample(record), name="lag-sampler")
    try:
        await run_bot(load_settings())
    finally:
        sampler.cancel()
        await asyncio.gather(sampler, return_exceptions=True)


async def _sample(record: Path) -> None:
    lines: list[str] = []
    with record.open("a", encoding="utf-8") as file:
        while True:
            before = time.monotonic()
            await asyncio.sleep(INTERVAL_S)
            now = time.monotonic()
            lines.append(f"{now:.4f} {now - before - INTERVAL_S:.4f}\n")
            if len(lines) >= FLUSHED_EVERY:
                file.writelines(lines)
                file.flush()
                lines.clear()


def _null_engine(self: EngineOptions) -> list[str]:
    return [sys.executable, "-m", "bot.bench.null_engine"]


if __name__ == "__main__":
    main()
