"""The revisions of the tables, each a file that Alembic reads."""
