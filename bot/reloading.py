"""Settings read again while the bot runs (SIGHUP), as far as that harms nothing that runs."""

import structlog

from bot.errors import SettingsError
from bot.log import set_level
from bot.settings import Settings, load_settings

log = structlog.get_logger(__name__)

# Those that are looked at anew each time that they count. docs/settings.md names them.
RELOADED = (
    "daily_quota",
    "max_in_flight_per_user",
    "max_in_flight_per_guild",
    "message_edit_interval_s",
    "download_timeout_s",
    "operator_channel_id",
    "log_level",
)


def reload_settings(settings: Settings) -> None:
    """Bring ``settings``, which the whole bot shares, to what `.env` and the TOML file say now.

    A file that is wrong changes nothing. What cannot be changed in a running bot is named in the
    log and left as it is; the environment of a process is what it was at its start.
    """
    try:
        fresh = load_settings()
    except SettingsError as error:
        log.error("settings not reloaded", error=str(error))
        return
    changed = [
        name for name in Settings.model_fields if getattr(fresh, name) != getattr(settings, name)
    ]
    taken = [name for name in changed if name in RELOADED]
    settings.take_over(fresh, taken)
    if "log_level" in taken:
        set_level(settings.log_level)
    log.info(
        "settings reloaded",
        changed=", ".join(taken),
        after_a_restart=", ".join(name for name in changed if name not in RELOADED),
    )
