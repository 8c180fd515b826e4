"""`restyle` with the painter as its engine process: all else is the program as it is installed."""

import sys

from bot.cli.app import main
from engine.client.options import EngineOptions


def _painter(self: EngineOptions) -> list[str]:
    return [sys.executable, "-m", "tests.wire.painter"]


if __name__ == "__main__":
    EngineOptions.command = _painter  # type: ignore[method-assign]  # the seam of these tests
    main()
