"""Several bots on one database: leases, who holds what, and the line of members that they share."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision: str | None = "0010"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

LEASE_ID = sa.String(32)
MOMENT = sa.DateTime(timezone=True)

# The rank of a job that lost its turn comes before every priority's.
POSTGRES = (
    "CREATE SEQUENCE turn_numbers",
    """
    CREATE FUNCTION keep_turns() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        whose BIGINT;
        change INTEGER := -1;
        first RECORD;
    BEGIN
        IF TG_OP = 'DELETE' THEN
            whose := OLD.user_id;
        ELSE
            whose := NEW.user_id;
            IF NEW.status = 'queued' THEN
                change := 1;
            END IF;
        END IF;
        INSERT INTO turns (user_id, served, waiting, rank) VALUES (whose, 0, 0, 0)
            ON CONFLICT (user_id) DO NOTHING;
        -- Whoever else changes this member's line waits here, and then sees what came of it.
        PERFORM 1 FROM turns WHERE user_id = whose FOR UPDATE;
        SELECT id, created_at,
                CASE WHEN attempt > 0 THEN -2147483648 ELSE -priority END AS rank
            INTO first FROM jobs WHERE user_id = whose AND status = 'queued'
            ORDER BY 3, created_at, id LIMIT 1;
        UPDATE turns SET
                waiting = waiting + change,
                rank = coalesce(first.rank, 0),
                since = first.created_at,
                job_id = first.id,
                served = CASE WHEN TG_OP = 'UPDATE' AND NEW.status = 'running'
                    THEN nextval('turn_numbers') ELSE served END
            WHERE user_id = whose;
        RETURN NULL;
    END $$
    """,
    """
    INSERT INTO turns (user_id, served, waiting, rank, since, job_id)
    SELECT DISTINCT ON (user_id) user_id, 0, count(*) OVER (PARTITION BY user_id),
            CASE WHEN attempt > 0 THEN -2147483648 ELSE -priority END AS rank, created_at, id
        FROM jobs WHERE status = 'queued'
        ORDER BY user_id, rank, created_at, id
    """,
    """
    CREATE TRIGGER job_joins_line AFTER INSERT ON jobs FOR EACH ROW
        WHEN (NEW.status = 'queued') EXECUTE FUNCTION keep_turns()
    """,
    """
    CREATE TRIGGER job_changes_line AFTER UPDATE OF status ON jobs FOR EACH ROW
        WHEN (OLD.status <> NEW.status AND (OLD.status = 'queued' OR NEW.status = 'queued'))
        EXECUTE FUNCTION keep_turns()
    """,
    """
    CREATE TRIGGER job_leaves_line AFTER DELETE ON jobs FOR EACH ROW
        WHEN (OLD.status = 'queued') EXECUTE FUNCTION keep_turns()
    """,
)


def upgrade() -> None:
    """Add columns and tables, and on PostgreSQL what keeps the line."""
    op.add_column("jobs", sa.Column("home", LEASE_ID))
    op.add_column("jobs", sa.Column("holder", LEASE_ID))
    op.add_column(
        "jobs", sa.Column("unwanted", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("outbox", sa.Column("holder", LEASE_ID))
    _make_partial_index("ix_jobs_waiting", "jobs", "user_id", "created_at", where="queued")
    _make_partial_index("ix_jobs_running", "jobs", "holder", where="running")
    op.create_table(
        "leases",
        sa.Column("id", LEASE_ID, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_leases"),
    )
    op.create_table(
        "turns",
        sa.Column("user_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("served", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("since", MOMENT),
        sa.Column("job_id", sa.String(32)),
        sa.PrimaryKeyConstraint("user_id", name="pk_turns"),
        sa.CheckConstraint("waiting >= 0", name=op.f("ck_turns_waiting")),
    )
    in_line = sa.text("waiting > 0")
    op.create_index(
        "ix_turns_line",
        "turns",
        ["rank", "served", "since", "user_id"],
        sqlite_where=in_line,
        postgresql_where=in_line,
    )
    if op.get_context().dialect.name == "postgresql":
        for statement in POSTGRES:
            op.execute(statement)


def _make_partial_index(name: str, table: str, *columns: str, where: str) -> None:
    condition = sa.text(f"status = '{where}'")
    op.create_index(name, table, list(columns), sqlite_where=condition, postgresql_where=condition)
