"""What Discord's errors mean for a delivery, told apart by code."""

from enum import Enum, auto

import aiohttp
import discord

# What is raised when Discord refused something, or could not be heard.
UNREACHED = (discord.DiscordException, aiohttp.ClientError, OSError)


class Fault(Enum):
    """What to do next about a message that could not be edited or posted."""

    MESSAGE_GONE = auto()
    TOKEN_DEAD = auto()
    TOO_LARGE = auto()
    FORBIDDEN = auto()
    ARCHIVED = auto()
    POST_UNKNOWN = auto()
    TRY_LATER = auto()
    HOPELESS = auto()


# After these no sentence would get through to the member either, or it might be a second message.
APOLOGY_REFUSED = {
    Fault.MESSAGE_GONE,
    Fault.TOKEN_DEAD,
    Fault.FORBIDDEN,
    Fault.ARCHIVED,
    Fault.POST_UNKNOWN,
}

# Discord's JSON error codes, from its documentation page "Opcodes and Status Codes".
_BY_CODE = {
    10003: Fault.MESSAGE_GONE,  # unknown channel
    10008: Fault.MESSAGE_GONE,  # unknown message
    10015: Fault.TOKEN_DEAD,  # unknown webhook
    10062: Fault.TOKEN_DEAD,  # unknown interaction
    40005: Fault.TOO_LARGE,  # request entity too large
    50001: Fault.FORBIDDEN,  # missing access
    50013: Fault.FORBIDDEN,  # missing permissions
    50027: Fault.TOKEN_DEAD,  # invalid webhook token
    50083: Fault.ARCHIVED,  # thread is archived
}


def fault_of(error: BaseException) -> Fault:
    """Class an error of discord.py or of the connection below it."""
    if isinstance(error, discord.HTTPException):
        if error.code in _BY_CODE:
            return _BY_CODE[error.code]
        if error.status == 413:
            return Fault.TOO_LARGE
        # 401 without a code: the bot's own token, which the operator can mend.
        if error.status in (401, 429) or error.status >= 500:
            return Fault.TRY_LATER
        return Fault.HOPELESS
    if isinstance(error, aiohttp.ClientError | OSError | TimeoutError | discord.RateLimited):
        return Fault.TRY_LATER
    return Fault.HOPELESS
