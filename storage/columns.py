"""Column types that behave the same on SQLite and on PostgreSQL."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Enum, Integer, Text
from sqlalchemy.types import TypeDecorator

# SQLite numbers rows by itself only in a column declared INTEGER, which has 64 bits there too.
RowNumber = BigInteger().with_variant(Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """Aware times in, aware UTC times out; a naive time is refused with ``ValueError``."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn to UTC; SQLite stores text, in which a zone would break the order."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a time zone cannot be stored.")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give SQLite's naive times their zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class FreeText(TypeDecorator[str]):
    """Text from anywhere; what one of the two databases could not hold is replaced."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Take out NUL, which PostgreSQL refuses, and lone surrogates, which are no UTF-8."""
        if value is None:
            return None
        return value.replace("\x00", "").encode("utf-8", "replace").decode()


class Sentences(TypeDecorator[tuple[str, ...]]):
    """A tuple of sentences, kept as a JSON array."""

    impl = JSON
    cache_ok = True

    def process_bind_param(
        self, value: tuple[str, ...] | None, dialect: Dialect
    ) -> list[str] | None:
        """A JSON array for a tuple."""
        return None if value is None else list(value)

    def process_result_value(
        self, value: Iterable[str] | None, dialect: Dialect
    ) -> tuple[str, ...] | None:
        """A tuple for a JSON array."""
        return None if value is None else tuple(value)


def word_of(members: type[StrEnum], name: str) -> Enum:
    """A column for one of an enum's values, kept as text and guarded by the check ``name``."""

    def values(enum: Any) -> list[str]:
        return [member.value for member in enum]

    return Enum(
        members,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=16,
        values_callable=values,
    )
