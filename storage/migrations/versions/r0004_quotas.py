"""Quotas: pots in the ledger, rules, grants to roles, and requests with votes."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

MOMENT = sa.DateTime(timezone=True)
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SNOWFLAKE = sa.BigInteger()


def upgrade() -> None:
    """Widen the ledger, then add the tables."""
    _widen_ledger()
    _make_rules()
    _make_requests()


def _widen_ledger() -> None:
    op.add_column("ledger", sa.Column("channel_id", SNOWFLAKE))
    op.add_column("ledger", sa.Column("expires_on", sa.Date()))
    op.add_column("ledger", sa.Column("role_grant_id", SNOWFLAKE))
    _date_bonuses()
    op.drop_index("uq_ledger_reservation", "ledger")
    op.drop_index("uq_ledger_settlement", "ledger")
    charged, settled = "kind = 'reserve'", "kind IN ('commit', 'refund')"
    allowance, bonus = "expires_on IS NULL", "expires_on IS NOT NULL"
    for name, columns, where, unique in (
        ("uq_ledger_reservation", ["job_id"], f"{charged} AND {allowance}", True),
        ("uq_ledger_settlement", ["job_id"], f"{settled} AND {allowance}", True),
        ("uq_ledger_bonus_reservation", ["job_id", "expires_on"], f"{charged} AND {bonus}", True),
        ("uq_ledger_bonus_settlement", ["job_id", "expires_on"], f"{settled} AND {bonus}", True),
        ("ix_ledger_bonus", ["user_id", "guild_id", "expires_on"], bonus, False),
        (
            "ix_ledger_spending",
            ["guild_id", "day", "user_id", "amount"],
            "kind IN ('reserve', 'refund')",
            False,
        ),
    ):
        _make_partial_index(name, "ledger", columns, where=where, unique=unique)
    op.create_index("uq_ledger_role_grant", "ledger", ["role_grant_id", "user_id"], unique=True)


def _date_bonuses() -> None:
    """Write on every bonus what was true of it before: it could be spent on its own day only."""
    on_postgres = op.get_context().dialect.name == "postgresql"
    if on_postgres:
        op.execute("ALTER TABLE ledger DISABLE TRIGGER ledger_refuses_change")
    else:
        op.execute("DROP TRIGGER ledger_refuses_update")
    op.execute("UPDATE ledger SET expires_on = day WHERE kind IN ('grant', 'gift')")
    if on_postgres:
        op.execute("ALTER TABLE ledger ENABLE TRIGGER ledger_refuses_change")
    else:
        op.execute(
            "CREATE TRIGGER ledger_refuses_update BEFORE UPDATE ON ledger "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )


def _make_rules() -> None:
    op.create_table(
        "quota_allowances",
        sa.Column("guild_id", SNOWFLAKE, nullable=False, autoincrement=False),
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("target_id", SNOWFLAKE, nullable=False, autoincrement=False),
        sa.Column("credits", sa.Integer()),
        sa.PrimaryKeyConstraint("guild_id", "scope", "target_id", name="pk_quota_allowances"),
        _check("quota_allowances", "scope", "scope IN ('role', 'member', 'channel')"),
        _check("quota_allowances", "credits", "credits >= 0"),
    )
    op.create_table(
        "quota_policies",
        sa.Column("guild_id", SNOWFLAKE, nullable=False, autoincrement=False),
        sa.Column("pool", sa.Integer()),
        sa.Column("new_member_wait_s", sa.Integer(), nullable=False),
        sa.Column("max_in_flight_per_user", sa.Integer()),
        sa.Column("max_in_flight_per_guild", sa.Integer()),
        sa.Column("price_large", sa.Integer()),
        sa.Column("price_huge", sa.Integer()),
        sa.Column("price_many", sa.Integer()),
        sa.Column("price_very_many", sa.Integer()),
        sa.Column("vote_role_id", SNOWFLAKE),
        sa.Column("votes_needed", sa.Integer(), nullable=False),
        sa.Column("vote_window_s", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", name="pk_quota_policies"),
        _check("quota_policies", "pool", "pool >= 0"),
        _check("quota_policies", "new_member_wait_s", "new_member_wait_s >= 0"),
        _check("quota_policies", "max_in_flight_per_user", "max_in_flight_per_user >= 0"),
        _check("quota_policies", "max_in_flight_per_guild", "max_in_flight_per_guild >= 0"),
        _check("quota_policies", "votes_needed", "votes_needed >= 1"),
        _check("quota_policies", "vote_window_s", "vote_window_s >= 1"),
    )
    op.create_table(
        "quota_role_grants",
        sa.Column("id", ROW_NUMBER, nullable=False, autoincrement=True),
        sa.Column("guild_id", SNOWFLAKE, nullable=False),
        sa.Column("role_id", SNOWFLAKE, nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("actor_id", SNOWFLAKE, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quota_role_grants"),
        _check("quota_role_grants", "amount", "amount > 0"),
    )
    op.create_index("ix_quota_role_grants_guild", "quota_role_grants", ["guild_id", "expires_on"])


def _make_requests() -> None:
    op.create_table(
        "quota_requests",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("guild_id", SNOWFLAKE, nullable=False),
        sa.Column("user_id", SNOWFLAKE, nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("granted", sa.Integer(), nullable=False),
        sa.Column("decided_by", SNOWFLAKE),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_quota_requests"),
        _check("quota_requests", "state", "state IN ('open', 'approved', 'denied')"),
        _check("quota_requests", "amount", "amount > 0"),
        _check("quota_requests", "granted", "granted >= 0"),
    )
    _make_partial_index(
        "uq_quota_requests_open",
        "quota_requests",
        ["guild_id", "user_id"],
        where="state = 'open'",
        unique=True,
    )
    op.create_table(
        "quota_votes",
        sa.Column("request_id", sa.String(32), nullable=False),
        sa.Column("user_id", SNOWFLAKE, nullable=False, autoincrement=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("request_id", "user_id", name="pk_quota_votes"),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["quota_requests.id"],
            name="fk_quota_votes_request_id",
            ondelete="CASCADE",
        ),
    )


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _make_partial_index(
    name: str, table: str, columns: list[str], *, where: str, unique: bool
) -> None:
    condition = sa.text(where)
    op.create_index(
        name,
        table,
        columns,
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )
