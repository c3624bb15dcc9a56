"""Alembic's folder: `env` says how a revision is run, `versions` holds the revisions."""
