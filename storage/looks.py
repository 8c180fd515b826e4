"""The looks that guilds and members saved: prompt templates by name."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import delete, func, select

from storage.audit import Deed, record
from storage.errors import TooManyLooks
from storage.locks import lock_owner
from storage.sessions import Sessions
from storage.tables import LookRow
from storage.upsert import upsert

OwnerKind = Literal["guild", "member"]


@dataclass(frozen=True, slots=True)
class LookOwner:
    """Whose looks they are: a guild's, or a member's own in every guild."""

    kind: OwnerKind
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedLook:
    """A look as it is kept.

    Attributes:
        name: As it was written; two names that differ in case only are the same.
        saved_by: The member who saved it.
    """

    owner: LookOwner
    name: str
    template: str
    saved_by: int


class Looks:
    """Reads and writes saved looks."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def all_of(self, *owners: LookOwner) -> list[SavedLook]:
        """The looks of ``owners``, in their order, each owner's by name."""
        statements = [
            select(LookRow)
            .where(LookRow.owner_kind == owner.kind, LookRow.owner_id == owner.id)
            .order_by(LookRow.key)
            for owner in owners
        ]
        rows = await self._sessions.look(
            lambda session: [row for one in statements for row in session.scalars(one)]
        )
        return [
            SavedLook(
                owner=LookOwner("guild" if row.owner_kind == "guild" else "member", row.owner_id),
                name=row.name,
                template=row.template,
                saved_by=row.saved_by,
            )
            for row in rows
        ]

    async def save(self, look: SavedLook, *, at_most: int, deed: Deed | None = None) -> None:
        """Keep a look, in place of the owner's older one of that name.

        Args:
            deed: A moderator's, for the audit log of the guild that owns the look.

        Raises:
            TooManyLooks: The owner has ``at_most`` others already.
        """
        key = key_of(look.name)
        owner = (LookRow.owner_kind == look.owner.kind, LookRow.owner_id == look.owner.id)
        others = select(func.count()).select_from(LookRow).where(*owner, LookRow.key != key)
        async with self._sessions.write() as session:
            # Else two could count the same last place, or name the same look as the older one.
            await lock_owner(session, look.owner.kind, look.owner.id)
            if (await session.execute(others)).scalar_one() >= at_most:
                raise TooManyLooks(at_most)
            if deed is not None:
                older = await session.get(LookRow, (look.owner.kind, look.owner.id, key))
                before = {} if older is None else {"template": older.template}
                after = {"template": look.template}
                record(session, replace(deed, target_id=look.name), before=before, after=after)
            await upsert(
                session,
                LookRow,
                {"owner_kind": look.owner.kind, "owner_id": look.owner.id, "key": key},
                {
                    "name": look.name,
                    "template": look.template,
                    "saved_by": look.saved_by,
                    "saved_at": datetime.now(UTC),
                },
            )

    async def delete(self, owner: LookOwner, name: str, *, deed: Deed | None = None) -> bool:
        """Forget a look; whether there was one of that name. For ``deed`` see ``save``."""
        statement = delete(LookRow).where(
            LookRow.owner_kind == owner.kind,
            LookRow.owner_id == owner.id,
            LookRow.key == key_of(name),
        )
        async with self._sessions.write() as session:
            gone = await session.execute(statement.returning(LookRow.name, LookRow.template))
            row = gone.first()
            if row is not None and deed is not None:
                before = {"template": row.template}
                record(session, replace(deed, target_id=row.name), before=before, after={})
            return row is not None

    async def delete_all(self, owner: LookOwner) -> None:
        """Forget all looks of an owner."""
        statement = delete(LookRow).where(
            LookRow.owner_kind == owner.kind, LookRow.owner_id == owner.id
        )
        async with self._sessions.write() as session:
            await session.execute(statement)


def key_of(name: str) -> str:
    """What two spellings of one name have in common."""
    return " ".join(name.split()).casefold()
