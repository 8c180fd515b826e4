"""The bot as it runs before a cluster, but with actors that rehearse: steps that only take time.

`python -m bot.bench.ray_bot SECONDS` takes so many seconds for each step.
"""

import sys

import msgspec

from bot import application
from bot.event_loop import run
from bot.log import configure_logging
from bot.run import run_bot
from bot.settings import Settings, load_settings
from engine.client import EngineOptions


def main() -> None:
    """Run until SIGTERM."""
    options = application.engine_options

    def rehearsing(settings: Settings) -> EngineOptions:
        return msgspec.structs.replace(options(settings), rehearsal_step_s=float(sys.argv[1]))

    application.engine_options = rehearsing
    settings = load_settings()
    configure_logging(settings)
    run(run_bot(settings))


if __name__ == "__main__":
    main()
