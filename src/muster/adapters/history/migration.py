"""Brings a database to the newest revision of the tables, with Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

_SCRIPTS = Path(__file__).parent / "migrations"


def migrate(connection: Connection, revision: str = "head") -> None:
    """Upgrade within the transaction of `connection`, which commits or takes back all of it."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def revisions() -> frozenset[str]:
    """All revisions that this version knows."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config
