"""Alembic's entry: runs revisions on the connection it is handed, never from the command line."""

from alembic import context

from storage.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
# The connection is in a transaction already: all revisions are done together, or none is.
context.run_migrations()
