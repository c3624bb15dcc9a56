"""What Alembic executes to run revisions; it names the module `env_py` then."""

from __future__ import annotations

from alembic import context

from muster.adapters.history.tables import metadata


def run_revisions() -> None:
    """Run them in the transaction of the connection that was handed over."""
    connection = context.config.attributes["connection"]
    # By default Alembic takes SQLite for a database that cannot take back changes of tables, which it can.
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


if __name__ == "env_py":
    run_revisions()
