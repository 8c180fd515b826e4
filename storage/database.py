"""The database as one object: connections, schema, and a repository for each kind of thing."""

from pathlib import Path

from storage.audit import AuditLog
from storage.blocks import Blocks
from storage.cases import Cases
from storage.checking import Checking
from storage.connection import make_engine, make_sqlite_reader, make_sqlite_writer, parse_url
from storage.erasures import Erasures
from storage.guilds import Guilds
from storage.image_fence import ImageFence
from storage.image_uses import ImageUses
from storage.jobs import Jobs
from storage.leases import Leases
from storage.ledger_load import LedgerLoad
from storage.ledger_totals import LedgerTotals
from storage.line import Line
from storage.line_load import LineLoad
from storage.looks import Looks
from storage.members import Members
from storage.migrations.upgrading import Revision, revision, upgrade
from storage.outbox import Outbox
from storage.posts import Posts
from storage.quota import QuotaLedger
from storage.quota_requests import QuotaRequests
from storage.quota_rules import QuotaRules
from storage.refusals import Refusals
from storage.retention import Retention
from storage.rules import Rules
from storage.sessions import READERS, Sessions
from storage.usage import Usage
from storage.values import Values


class Database:
    """All durable truth but the pictures. Belongs to one event loop; close it in the end.

    Every method of the repositories may raise ``DatabaseUnavailable`` or ``DatabaseRefused``.

    Args:
        url: ``sqlite:///file`` or ``postgresql://…``.
        lock_timeout_s: How long an operation may wait for another's lock.

    Raises:
        InvalidDatabaseUrl: The URL names no database that can be used.
    """

    def __init__(self, url: str, *, lock_timeout_s: float = 10.0) -> None:
        self._url = parse_url(url)
        self._lock_timeout_s = lock_timeout_s
        self._engine = make_engine(self._url, lock_timeout_s=lock_timeout_s)
        writer = reader = None
        if self._url.get_backend_name() == "sqlite":
            writer = make_sqlite_writer(self._url, lock_timeout_s=lock_timeout_s)
            reader = make_sqlite_reader(self._url, lock_timeout_s=lock_timeout_s, threads=READERS)
        self._sessions = Sessions(
            self._engine, lock_timeout_s=lock_timeout_s, writer=writer, reader=reader
        )
        sessions = self._sessions
        self.jobs = Jobs(sessions)
        self.line = Line(sessions)
        self.line_load = LineLoad(sessions)
        self.leases = Leases(sessions)
        self.quota = QuotaLedger(sessions)
        self.ledger_load = LedgerLoad(sessions)
        self.ledger_totals = LedgerTotals(sessions)
        self.usage = Usage(sessions)
        self.quota_rules = QuotaRules(sessions)
        self.quota_requests = QuotaRequests(sessions)
        self.guilds = Guilds(sessions)
        self.members = Members(sessions)
        self.outbox = Outbox(sessions)
        self.posts = Posts(sessions)
        self.erasures = Erasures(sessions)
        self.looks = Looks(sessions)
        self.images = ImageUses(sessions)
        self.values = Values(sessions)
        self.image_fence = ImageFence()
        self.retention = Retention(sessions)
        self.checking = Checking(sessions)
        self.rules = Rules(sessions)
        self.blocks = Blocks(sessions)
        self.refusals = Refusals(sessions)
        self.audit = AuditLog(sessions)
        self.cases = Cases(sessions)

    @property
    def shared(self) -> bool:
        """Whether several bots may work on it at once."""
        return self._url.get_backend_name() == "postgresql"

    async def upgrade(self, *, asked: bool = False) -> Path | None:
        """Bring the schema to the newest revision; safe when several processes do so at once.

        An SQLite database with tables is copied first, and the copy kept; its path, or None.

        Args:
            asked: Whether somebody wants even an upgrade that is not made unasked.

        Raises:
            DatabaseUnavailable: The database is locked, full or out of reach, or cannot be copied.
            DatabaseRefused: The schema is one that this version does not know, or the upgrade is
                one that an operator has to ask for.
        """
        return await upgrade(self._url, lock_timeout_s=self._lock_timeout_s, asked=asked)

    async def revision(self) -> Revision:
        """Which tables it has, and which this version wants; changes nothing.

        Raises:
            DatabaseUnavailable: The database is locked or out of reach.
        """
        return await revision(self._url, lock_timeout_s=self._lock_timeout_s)

    async def close(self) -> None:
        """Close all connections."""
        await self._sessions.close()
        await self._engine.dispose()
