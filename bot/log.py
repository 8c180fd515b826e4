"""Logging: structlog for our own lines and the standard library's, on stderr, one format."""

import logging
import sys

from bot.disarming import without_secrets
from bot.lean_structlog import structlog
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
    cleaned = _Cleaned(settings)
    final: list[structlog.typing.Processor] = (
        # No locals in tracebacks: they would hold interaction tokens.
        [structlog.processors.format_exc_info, cleaned, structlog.processors.JSONRenderer()]
        if as_json
        else [structlog.processors.format_exc_info, cleaned, structlog.dev.ConsoleRenderer()]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    logging.getLogger().handlers = [handler]
    set_level(settings.log_level)


def set_level(level: str) -> None:
    """How much is logged, by us and by the libraries."""
    root = logging.getLogger()
    root.setLevel(level)
    # Their debug level prints payloads, and with them tokens.
    for name in ("discord", "aiosqlite", "alembic"):
        logging.getLogger(name).setLevel(max(root.level, logging.INFO))


class _Cleaned:
    """The last step before a line is written: no token leaves, and no character moves a cursor."""

    def __init__(self, settings: Settings) -> None:
        token = settings.discord_token
        self._token = None if token is None else token.get_secret_value()

    def __call__(
        self, _logger: object, _method: str, line: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        return {key: self._clean(key, value) for key, value in line.items()}

    def _clean(self, key: str, value: object) -> object:
        if value is None or isinstance(value, bool | int | float):
            return value
        text = without_secrets(value if isinstance(value, str) else str(value))
        if self._token:
            text = text.replace(self._token, "[token]")
        # A traceback keeps its lines.
        return "\n".join(map(_shown, text.splitlines())) if key == "exception" else _shown(text)


def _shown(text: str) -> str:
    """``text`` with every character that acts on a terminal written as an escape."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
