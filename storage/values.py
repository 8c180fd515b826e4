"""Single values that the bot remembers across restarts, by name."""

from storage.sessions import Sessions
from storage.tables import ValueRow
from storage.upsert import upsert


class Values:
    """A small mapping of texts; keys have at most 64 characters."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def get(self, key: str) -> str | None:
        """The value under ``key``, or None."""
        row = await self._sessions.look(lambda session: session.get(ValueRow, key))
        return None if row is None else row.value

    async def set(self, key: str, value: str) -> None:
        """Remember ``value`` under ``key`` in place of an older one."""
        async with self._sessions.write() as session:
            await upsert(session, ValueRow, {"key": key}, {"value": value})
