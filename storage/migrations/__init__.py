"""Alembic's revisions of the schema, and what runs them."""
