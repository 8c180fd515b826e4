"""`restyle run`."""

from bot.event_loop import run as run_in_loop
from bot.log import configure_logging
from bot.settings import load_settings


def run() -> None:
    """Run the bot. Needs RESTYLE_DISCORD_TOKEN; docs/settings.md lists all settings."""
    from bot.language.loading import load_all
    from bot.memory import keep_little
    from bot.monitoring.sentry import report_errors
    from bot.run import run_bot

    keep_little()
    settings = load_settings()
    configure_logging(settings)
    report_errors(settings)
    # Before there is a loop: to unpack them holds up all threads for a tenth of a second.
    load_all()
    run_in_loop(run_bot(settings))
