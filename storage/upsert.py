"""One statement that writes a row by its key, whether or not it was there."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import Base


async def upsert(
    session: AsyncSession, table: type[Base], key: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    """Insert ``key | values``, or set ``values`` on the row that has ``key`` already."""
    on_postgres = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if on_postgres else sqlite.insert
    statement = insert(table).values(**key, **values)
    await session.execute(
        statement.on_conflict_do_update(index_elements=list(key), set_=dict(values))
    )
