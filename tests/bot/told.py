"""Changes what the simulated Discord tells of interactions: language, permissions, installation.

simcord tells every interaction in American English, from a guild that invited the bot, and with the
bot's own permissions. Here the event is changed on its way to the bot, as a gateway would send it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import simcord

# As Discord numbers installations and contexts.
BY_GUILD, BY_USER = "0", "1"
IN_GUILD, WITH_BOT, PRIVATE_CHANNEL = 0, 1, 2


@contextmanager
def told(env: simcord.Env, **facts: Any) -> Iterator[None]:
    """Let every interaction within be told with these ``facts`` in place of its own."""
    backend: Any = env.backend
    emit = backend.emit

    def changed(event: str, payload: Mapping[str, Any]) -> None:
        emit(event, {**payload, **facts} if event == "INTERACTION_CREATE" else payload)

    backend.emit = changed
    try:
        yield
    finally:
        backend.emit = emit


def brought_along(user_id: int) -> dict[str, Any]:
    """The facts of a member who uses the bot where no guild invited it."""
    return {"authorizing_integration_owners": {BY_USER: str(user_id)}}
