"""The first tables: jobs, ledger, outbox, image_uses, guilds, stored_values."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

MOMENT = sa.DateTime(timezone=True)
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JOB_ID = sa.String(32)
HASH = sa.String(64)

SQLITE_TRIGGERS = (
    """
    CREATE TRIGGER ledger_refuses_update BEFORE UPDATE ON ledger
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
    """,
    """
    CREATE TRIGGER ledger_refuses_delete BEFORE DELETE ON ledger
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
    """,
)
POSTGRES_TRIGGERS = (
    """
    CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$
    """,
    # By statement and not by row, so that TRUNCATE is refused too.
    """
    CREATE TRIGGER ledger_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change()
    """,
)


def upgrade() -> None:
    """Make all tables, then forbid changes of the ledger."""
    _make_jobs()
    _make_ledger()
    _make_outbox()
    _make_image_uses()
    _make_guilds_and_values()
    on_postgres = op.get_context().dialect.name == "postgresql"
    for statement in POSTGRES_TRIGGERS if on_postgres else SQLITE_TRIGGERS:
        op.execute(statement)


def _make_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", JOB_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger()),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger()),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("source_hash", HASH, nullable=False),
        sa.Column("parent_id", JOB_ID),
        sa.Column("root_id", JOB_ID),
        sa.Column("source_notes", sa.JSON(), nullable=False),
        sa.Column("interaction_token", sa.Text(), nullable=False),
        sa.Column("interaction_expires_at", MOMENT, nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("attachment_size_limit", sa.BigInteger(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("cost", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        sa.Column("result_hash", HASH),
        sa.Column("latents_hash", HASH),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("num_inference_steps", sa.Integer()),
        sa.Column("guidance_scale", sa.Double()),
        sa.Column("seconds", sa.Double()),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("error_code", sa.Text()),
        sa.Column("error_message", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["jobs.id"], name="fk_jobs_parent_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["root_id"], ["jobs.id"], name="fk_jobs_root_id", ondelete="SET NULL"
        ),
        _one_of("jobs", "status", "queued", "running", "done", "failed", "cancelled"),
        sa.CheckConstraint("attempt >= 0", name=op.f("ck_jobs_attempt")),
        sa.CheckConstraint("cost >= 0", name=op.f("ck_jobs_cost")),
    )
    in_flight = "status IN ('queued', 'running')"
    _make_partial_index("ix_jobs_user_in_flight", "jobs", "user_id", where=in_flight)
    _make_partial_index("ix_jobs_guild_in_flight", "jobs", "guild_id", where=in_flight)
    op.create_index("ix_jobs_served", "jobs", ["user_id", "started_at"])
    op.create_index("ix_jobs_parent_id", "jobs", ["parent_id"])
    op.create_index("ix_jobs_root_id", "jobs", ["root_id"])


def _make_ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("id", ROW_NUMBER, nullable=False, autoincrement=True),
        sa.Column("guild_id", sa.BigInteger()),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.BigInteger()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("job_id", JOB_ID),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger"),
        _one_of("ledger", "kind", "reserve", "commit", "refund", "correction", "grant", "gift"),
        sa.CheckConstraint(
            "kind <> 'reserve' OR amount <= 0", name=op.f("ck_ledger_reserve_takes")
        ),
        sa.CheckConstraint("kind <> 'refund' OR amount >= 0", name=op.f("ck_ledger_refund_gives")),
        sa.CheckConstraint(
            "kind <> 'commit' OR amount = 0", name=op.f("ck_ledger_commit_moves_nothing")
        ),
    )
    op.create_index("ix_ledger_member_day", "ledger", ["user_id", "guild_id", "day"])
    _make_partial_index(
        "uq_ledger_reservation", "ledger", "job_id", where="kind = 'reserve'", unique=True
    )
    _make_partial_index(
        "uq_ledger_settlement",
        "ledger",
        "job_id",
        where="kind IN ('commit', 'refund')",
        unique=True,
    )


def _make_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", ROW_NUMBER, nullable=False, autoincrement=True),
        sa.Column("job_id", JOB_ID, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("job_id", name="uq_outbox_job_id"),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_outbox_job_id", ondelete="CASCADE"
        ),
        _one_of("outbox", "kind", "queued", "running", "done", "failed", "cancelled"),
        _one_of("outbox", "state", "pending", "delivered", "abandoned"),
    )
    _make_partial_index("ix_outbox_due", "outbox", "due_at", where="state = 'pending'")


def _make_image_uses() -> None:
    op.create_table(
        "image_uses",
        sa.Column("job_id", JOB_ID, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("job_id", "role", "hash", name="pk_image_uses"),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_image_uses_job_id", ondelete="CASCADE"
        ),
        _one_of("image_uses", "role", "source", "params", "result", "latents"),
    )
    op.create_index("ix_image_uses_hash", "image_uses", ["hash"])


def _make_guilds_and_values() -> None:
    op.create_table(
        "guilds",
        sa.Column("guild_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("daily_quota", sa.Integer()),
        sa.Column("timezone", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", name="pk_guilds"),
        sa.CheckConstraint("daily_quota >= 0", name=op.f("ck_guilds_daily_quota")),
    )
    op.create_table(
        "stored_values",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_stored_values"),
    )


def _one_of(table: str, column: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}"))


def _make_partial_index(
    name: str, table: str, column: str, *, where: str, unique: bool = False
) -> None:
    condition = sa.text(where)
    op.create_index(
        name,
        table,
        [column],
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )
