"""`restyle` with the painter as its engine process: all else is the program as it is installed."""

import os
import sys

from bot.cli.app import main
from engine.client.options import EngineOptions
from tests.wire.slow_callbacks import watch_callbacks


def _painter(self: EngineOptions) -> list[str]:
    return [sys.executable, "-m", "tests.wire.painter"]


if __name__ == "__main__":
    if sys.flags.dev_mode or os.environ.get("PYTHONASYNCIODEBUG"):
        watch_callbacks()
    EngineOptions.command = _painter  # type: ignore[method-assign]  # the seam of these tests
    main()
