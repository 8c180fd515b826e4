"""Moderation: a guild's rules, blocks, prompt filters, refusals, and the append-only audit log."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

MOMENT = sa.DateTime(timezone=True)
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# In plain SQL: SQLite adds a column with its check in one statement, and Alembic only in two.
GUILD_COLUMNS = (
    "paused BOOLEAN NOT NULL DEFAULT FALSE",
    "source_filter BOOLEAN NOT NULL DEFAULT TRUE",
    "report_channel_id BIGINT",
    "moderators_channel_id BIGINT",
    "retention_days INTEGER CONSTRAINT ck_guilds_retention_days CHECK (retention_days >= 1)",
)
SQLITE_TRIGGERS = (
    """
    CREATE TRIGGER audit_log_refuses_update BEFORE UPDATE ON audit_log
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
    """
    CREATE TRIGGER audit_log_refuses_delete BEFORE DELETE ON audit_log
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
)
POSTGRES_TRIGGERS = (
    """
    CREATE FUNCTION refuse_audit_log_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$
    """,
    # By statement and not by row, so that TRUNCATE is refused too.
    """
    CREATE TRIGGER audit_log_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_log_change()
    """,
)


def upgrade() -> None:
    """Add the guilds' columns and make the tables, then forbid changes of the audit log."""
    for column in GUILD_COLUMNS:
        op.execute(f"ALTER TABLE guilds ADD COLUMN {column}")
    _make_audit_log()
    _make_rules()
    _make_refusals()
    on_postgres = op.get_context().dialect.name == "postgresql"
    for statement in POSTGRES_TRIGGERS if on_postgres else SQLITE_TRIGGERS:
        op.execute(statement)


def _make_audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", ROW_NUMBER, nullable=False, autoincrement=True),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("target_kind", sa.String(16), nullable=False),
        sa.Column("target_id", sa.String(64)),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
        _one_of(
            "audit_log",
            "target_kind",
            "guild",
            "member",
            "role",
            "channel",
            "job",
            "filter",
            "look",
        ),
    )
    op.create_index("ix_audit_log_guild", "audit_log", ["guild_id", "id"])
    op.create_index("ix_audit_log_target", "audit_log", ["guild_id", "target_kind", "target_id"])


def _make_rules() -> None:
    op.create_table(
        "blocks",
        sa.Column("guild_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.PrimaryKeyConstraint("guild_id", "user_id", name="pk_blocks"),
    )
    op.create_table(
        "channel_rules",
        sa.Column("guild_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("nsfw_allowed", sa.Boolean(), nullable=False),
        sa.Column("spoiler", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "channel_id", name="pk_channel_rules"),
        _one_of("channel_rules", "spoiler", "choice", "always"),
    )
    op.create_table(
        "allowed_roles",
        sa.Column("guild_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("role_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("guild_id", "role_id", name="pk_allowed_roles"),
    )
    op.create_table(
        "prompt_filters",
        sa.Column("id", ROW_NUMBER, nullable=False, autoincrement=True),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_prompt_filters"),
        _one_of("prompt_filters", "kind", "words", "regex"),
    )
    op.create_index("ix_prompt_filters_guild_id", "prompt_filters", ["guild_id"])


def _make_refusals() -> None:
    op.create_table(
        "refusals",
        sa.Column("id", ROW_NUMBER, nullable=False, autoincrement=True),
        sa.Column("guild_id", sa.BigInteger()),
        sa.Column("channel_id", sa.BigInteger()),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_refusals"),
    )
    op.create_index("ix_refusals_guild_time", "refusals", ["guild_id", "created_at"])
    op.create_index("ix_refusals_user_id", "refusals", ["user_id"])


def _one_of(table: str, column: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}"))
