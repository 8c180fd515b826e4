"""`restyle run`."""

import asyncio

from bot.log import configure_logging
from bot.settings import load_settings


def run() -> None:
    """Run the bot. Needs RESTYLE_DISCORD_TOKEN; docs/settings.md lists all settings."""
    from bot.moderation.content import import_checkers
    from bot.monitoring.sentry import report_errors
    from bot.run import run_bot

    settings = load_settings()
    configure_logging(settings)
    report_errors(settings)
    # Before there is an event loop that it could hold up, on whatever thread.
    import_checkers(settings.content_check)
    asyncio.run(run_bot(settings))
