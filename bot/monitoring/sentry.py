"""Errors sent to Sentry, where an operator wants that: stack traces, without what members sent."""

import json
import re
from importlib.metadata import version
from typing import Any

from bot.errors import SettingsError
from bot.settings import Settings

# A webhook's or interaction's token follows its id in Discord's addresses.
_TOKEN_IN_ADDRESS = re.compile(r"(/(?:webhooks|interactions)/\d+/)[^/?\s\"\\]+")


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
    """``event`` with the token taken out of every address in it."""
    return json.loads(_TOKEN_IN_ADDRESS.sub(r"\1…", json.dumps(event, default=str)))
