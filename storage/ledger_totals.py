"""What the whole ledger comes to by kind, read piece by piece as it grows."""

from dataclasses import dataclass

from sqlalchemy import func, select

from storage.sessions import Sessions
from storage.tables import LedgerRow


@dataclass(frozen=True, slots=True)
class LedgerTotal:
    """The rows of one kind: how many, what they sum up to, and the id of the last."""

    kind: str
    rows: int
    amount: int
    last_id: int

    def __add__(self, more: "LedgerTotal") -> "LedgerTotal":
        """Both together."""
        return LedgerTotal(
            self.kind,
            self.rows + more.rows,
            self.amount + more.amount,
            max(self.last_id, more.last_id),
        )


class LedgerTotals:
    """Reads the ledger for statistics; what a member may spend is told by ``quota``."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def since(self, row_id: int) -> list[LedgerTotal]:
        """The rows after ``row_id``, added up by kind."""
        statement = (
            select(
                LedgerRow.kind,
                func.count(),
                func.sum(LedgerRow.amount),
                func.max(LedgerRow.id),
            )
            .where(LedgerRow.id > row_id)
            .group_by(LedgerRow.kind)
        )
        async with self._sessions.read() as session:
            rows = (await session.execute(statement)).all()
        return [
            LedgerTotal(kind.value, count, int(amount), last) for kind, count, amount, last in rows
        ]
