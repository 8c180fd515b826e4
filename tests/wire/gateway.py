"""The gateway: one zlib stream a connection, heartbeats, sessions that can be resumed."""

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.wire.world import APPLICATION_ID, BOT, World

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT = 0, 1, 2, 6, 7
INVALID_SESSION, HELLO, HEARTBEAT_ACK = 9, 10, 11
AUTHENTICATION_FAILED = 4004


@dataclass
class Session:
    """What Discord remembers of a client, connected or not.

    Attributes:
        shard: Which one of how many it is.
    """

    id: str
    shard: tuple[int, int] = (0, 1)
    seq: int = 0
    events: list[tuple[int, str]] = field(default_factory=list)

    def hears_of(self, guild_id: int | None) -> bool:
        """Whether a guild's events are for this shard; those of direct messages are the first's."""
        number, count = self.shard
        return ((guild_id or 0) >> 22) % count == number


class Connection:
    """One WebSocket, with its own compressor where the client wants one."""

    def __init__(
        self, socket: web.WebSocketResponse, request: web.Request, *, compressed: bool
    ) -> None:
        self.socket = socket
        self._request = request
        self.session: Session | None = None
        self._zlib = zlib.compressobj() if compressed else None

    async def send(self, payload: dict[str, Any] | str) -> None:
        """Send one payload; to a client that is gone it is lost."""
        text = payload if isinstance(payload, str) else json.dumps(payload)
        if self._zlib is None:
            data: bytes | str = text
        else:
            data = self._zlib.compress(text.encode()) + self._zlib.flush(zlib.Z_SYNC_FLUSH)
        try:
            if isinstance(data, str):
                await self.socket.send_str(data)
            else:
                await self.socket.send_bytes(data)
        except (ConnectionError, RuntimeError):
            return

    async def close(self, code: int) -> None:
        """Close with a code; 1006 cuts the connection without a word."""
        if code == 1006:
            if self._request.transport is not None:
                self._request.transport.abort()
            return
        await self.socket.close(code=code)


@dataclass
class Gateway:
    """All connections and sessions.

    Attributes:
        acknowledges: Whether heartbeats are answered.
        refuses: Whether connections are refused (503).
        identified: How many sessions were begun.
        resumed: How many were resumed.
        heartbeats: How many came.
    """

    token: str
    world: World
    url: str = ""
    changed: Callable[[], None] = lambda: None
    heartbeat_interval_s: float = 41.25
    acknowledges: bool = True
    refuses: bool = False
    identified: int = 0
    resumed: int = 0
    heartbeats: int = 0
    connections: list[Connection] = field(default_factory=list)
    sessions: dict[str, Session] = field(default_factory=dict)

    @property
    def connected(self) -> bool:
        """Whether a client is connected and has a session."""
        return any(connection.session for connection in self.connections)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Handle one connection to its end."""
        if self.refuses:
            return web.Response(status=503)
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        compressed = request.query.get("compress") == "zlib-stream"
        connection = Connection(socket, request, compressed=compressed)
        self.connections.append(connection)
        interval_ms = round(self.heartbeat_interval_s * 1000)
        await connection.send({"op": HELLO, "d": {"heartbeat_interval": interval_ms}})
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._take(connection, json.loads(message.data))
        finally:
            self.connections.remove(connection)
            self.changed()
        return socket

    async def dispatch(self, event: str, data: dict[str, Any]) -> bool:
        """Send an event to every session that hears of its guild, or keep it for when one resumes.

        False without any.
        """
        connections = {id(c.session): c for c in self.connections if c.session}
        guild_id = int(data["guild_id"]) if data.get("guild_id") else None
        hearing = [one for one in self.sessions.values() if one.hears_of(guild_id)]
        for session in hearing:
            text = _numbered(session, event, data)
            if connection := connections.get(id(session)):
                await connection.send(text)
        return bool(hearing)

    async def close(self, code: int) -> None:
        """Close every connection with ``code``; 4007 and 4009 end the session, too."""
        if code in (4007, 4009):
            self.forget_sessions()
        for connection in list(self.connections):
            await connection.close(code)

    async def ask_to_reconnect(self) -> None:
        """Op 7."""
        for connection in list(self.connections):
            await connection.send({"op": RECONNECT, "d": None})

    async def invalidate(self, *, resumable: bool) -> None:
        """Op 9."""
        if not resumable:
            self.forget_sessions()
        for connection in list(self.connections):
            await connection.send({"op": INVALID_SESSION, "d": resumable})

    def forget_sessions(self) -> None:
        """No session can be resumed any more."""
        self.sessions.clear()

    async def _take(self, connection: Connection, message: dict[str, Any]) -> None:
        op = message["op"]
        if op == HEARTBEAT:
            self.heartbeats += 1
            if self.acknowledges:
                await connection.send({"op": HEARTBEAT_ACK, "d": None})
        elif op == IDENTIFY:
            await self._identify(connection, message["d"])
        elif op == RESUME:
            await self._resume(connection, message["d"])
        self.changed()

    async def _identify(self, connection: Connection, data: dict[str, Any]) -> None:
        if data["token"] != self.token:
            await connection.close(AUTHENTICATION_FAILED)
            return
        shard = tuple(data.get("shard") or (0, 1))
        # One shard, one session: an older one of a process that died is of no use to anybody.
        self.sessions = {k: one for k, one in self.sessions.items() if one.shard != shard}
        self.identified += 1
        session = Session(id=f"session-{self.identified}", shard=(shard[0], shard[1]))
        self.sessions[session.id] = session
        connection.session = session
        guilds = [guild for guild in self.world.guilds.values() if session.hears_of(guild.id)]
        ready = {
            "v": 10,
            "user": BOT.user(),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "shard": list(shard),
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "application": {"id": str(APPLICATION_ID), "flags": 0},
        }
        await connection.send(_numbered(session, "READY", ready))
        for guild in guilds:
            created = self.world.guild_payload(guild)
            await connection.send(_numbered(session, "GUILD_CREATE", created))

    async def _resume(self, connection: Connection, data: dict[str, Any]) -> None:
        session = self.sessions.get(data["session_id"] or "")
        if session is None or data["token"] != self.token:
            await connection.send({"op": INVALID_SESSION, "d": False})
            return
        self.resumed += 1
        connection.session = session
        for seq, text in list(session.events):
            if seq > data["seq"]:
                await connection.send(text)
        await connection.send(_numbered(session, "RESUMED", {}))


def _numbered(session: Session, event: str, data: dict[str, Any]) -> str:
    session.seq += 1
    text = json.dumps({"op": DISPATCH, "t": event, "s": session.seq, "d": data})
    session.events.append((session.seq, text))
    return text
