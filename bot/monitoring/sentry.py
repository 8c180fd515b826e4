"""Errors sent to Sentry, where an operator wants that: stack traces, without what members sent."""

import json
from importlib.metadata import version
from typing import Any

from bot.disarming import without_secrets
from bot.errors import SettingsError
from bot.settings import Settings


def report_errors(settings: Settings) -> None:
    """Send what is logged as an error to the settings' address, if there is one.

    Raises:
        SettingsError: The extra ``monitoring`` is not installed, or the address is none.
    """
    if settings.sentry_dsn is None:
        return
    try:
        import sentry_sdk
    except ImportError as error:
        raise SettingsError(
            "RESTYLE_SENTRY_DSN needs sentry-sdk; install the extra `monitoring`."
        ) from error
    try:
        sentry_sdk.init(
            dsn=settings.sentry_dsn.get_secret_value(),
            release=version("restyle-bot"),
            # Locals and breadcrumbs would hold prompts and tokens.
            include_local_variables=False,
            max_breadcrumbs=0,
            before_send=without_tokens,
        )
    except ValueError as error:
        raise SettingsError("RESTYLE_SENTRY_DSN is no address that Sentry gives.") from error


def without_tokens(event: Any, _hint: Any) -> Any:
    """``event`` with every token of an interaction or a bot taken out, in addresses and alone."""
    return _cleaned(json.loads(json.dumps(event, default=str)))


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return without_secrets(value)
    if isinstance(value, list):
        return [_cleaned(one) for one in value]
    if isinstance(value, dict):
        return {without_secrets(name): _cleaned(one) for name, one in value.items()}
    return value
