"""Logging: structlog for our own lines and the standard library's, on stderr, one format."""

import logging
import sys

import structlog

from bot.settings import Settings


def configure_logging(settings: Settings) -> None:
    """Set up the root logger. Console lines for people, JSON for machines."""
    wanted = settings.log_format
    as_json = wanted == "json" or (wanted == "auto" and not sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    final: list[structlog.typing.Processor] = (
        # No locals in tracebacks: they would hold interaction tokens.
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if as_json
        else [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level)
    # Their debug level prints payloads, and with them tokens.
    for name in ("discord", "aiosqlite", "alembic"):
        logging.getLogger(name).setLevel(max(root.level, logging.INFO))
