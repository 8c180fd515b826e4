"""Messages that show a result once more beside what stood before it, so that they go with it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    cast,
    delete,
    exists,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from storage import erasures
from storage.audit import Deed, record_by
from storage.message_tables import PostRow
from storage.sessions import Sessions
from storage.tables import Base, JobRow

POSTS = Base.metadata.tables[PostRow.__tablename__]
# SQLite takes 32,766 values in one statement, and PostgreSQL about as many.
AT_ONCE = 500
# A member's id among those whose pictures a job goes back to, in the JSON of its params.
OWNERS = "owner_ids"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A message that shows a result once more.

    Attributes:
        user_id: Who posted it.
        job_id: The job whose result it shows.
        before_id: The job whose picture stands before that, where it is a job's.
    """

    message_id: int
    guild_id: int | None
    channel_id: int
    user_id: int
    job_id: str
    before_id: str | None = None


class Posts:
    """All that is posted of results beside their own messages."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def add(self, post: Post) -> bool:
        """Note a post before it shows anything; False where the result is gone by now."""
        kept = [JobRow.id == post.job_id, JobRow.result_hash.is_not(None)]
        values = {
            "message_id": post.message_id,
            "guild_id": post.guild_id,
            "channel_id": post.channel_id,
            "user_id": post.user_id,
            "job_id": post.job_id,
            "before_id": post.before_id,
            "created_at": datetime.now(UTC),
        }
        if post.before_id is not None:
            kept.append(exists().where(aliased(JobRow).id == post.before_id))
        row = select(*(literal(value, POSTS.c[name].type) for name, value in values.items()))
        statement = insert(POSTS).from_select(list(values), row.select_from(JobRow).where(*kept))
        return await self._sessions.transact(lambda it: it.execute(statement).rowcount > 0)

    async def get(self, message_id: int) -> Post | None:
        """The post that a message is, or None."""
        row = await self._sessions.look(lambda session: session.get(PostRow, message_id))
        return None if row is None else _post(row)

    async def erase(self, message_id: int, deed: Deed | None = None) -> bool:
        """Have one post deleted; whether there was one.

        Args:
            deed: A moderator's, to be written down.
        """

        def work(connection: Connection) -> bool:
            erased = erase(connection, POSTS.c.message_id == message_id)
            if erased and deed is not None:
                record_by(connection, deed, before={"deleted": False}, after={"deleted": True})
            return bool(erased)

        return await self._sessions.transact(work)


def erase_shown(connection: Connection, job_ids: Collection[str]) -> set[int]:
    """Have every post deleted that shows a picture of these jobs; their messages' ids."""
    names, erased = list(job_ids), set[int]()
    for at in range(0, len(names), AT_ONCE):
        some = names[at : at + AT_ONCE]
        erased |= erase(connection, POSTS.c.job_id.in_(some) | POSTS.c.before_id.in_(some))
    return erased


def erase_owned(connection: Connection, user_id: int) -> set[int]:
    """Have every post deleted that somebody else made of a member's pictures."""
    shown, before = aliased(JobRow), aliased(JobRow)
    # Ids are of one length, so that none is within another's; what is found is read to be sure.
    named = cast(shown.params, String).like(f"%{user_id}%")
    theirs = (
        select(PostRow.message_id, shown.user_id, before.user_id, shown.params)
        .join(shown, shown.id == PostRow.job_id)
        .outerjoin(before, before.id == PostRow.before_id)
        .where(
            PostRow.user_id != user_id,
            or_(shown.user_id == user_id, before.user_id == user_id, named),
        )
    )
    found = [
        message_id
        for message_id, maker_id, before_id, params in connection.execute(theirs)
        if user_id in (maker_id, before_id, *params.get(OWNERS, ()))
    ]
    return erase(connection, POSTS.c.message_id.in_(found)) if found else set()


def erase(connection: Connection, which: ColumnElement[bool]) -> set[int]:
    """Have some posts deleted, inside the transaction that decides so; their messages' ids."""
    gone = delete(POSTS).where(which).returning(POSTS.c.channel_id, POSTS.c.message_id)
    messages = [(row.channel_id, row.message_id) for row in connection.execute(gone)]
    erasures.erase(connection, messages, datetime.now(UTC))
    return {message_id for _, message_id in messages}


def _post(row: Any) -> Post:
    return Post(
        message_id=row.message_id,
        guild_id=row.guild_id,
        channel_id=row.channel_id,
        user_id=row.user_id,
        job_id=row.job_id,
        before_id=row.before_id,
    )
