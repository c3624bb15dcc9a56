"""The memory of a project: which database it lies in, opened."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec

from muster.adapters.disk_tree import DiskTree
from muster.adapters.project_folder import open_project_folder
from muster.adapters.record_spool import RecordSpool
from muster.errors import HistoryError, MissingExtraError
from muster.ports import HistoryStore, TeamServer
from muster.settings import PushTarget, Settings, load_history_url, load_push_target
from muster.usecases.take_in import TakenIn, take_in
from muster.usecases.wire import MOST_NAME

FILE = "history.db"


def push_target() -> PushTarget:
    """Where the user's own settings send records to."""
    return load_push_target(DiskTree(), os.environ)


@contextmanager
def open_history(root: str) -> Iterator[HistoryStore]:
    """The memory of the project at `root`: where the user's settings say, else in `.muster/history.db` there.

    Raises `MissingExtraError` where what it needs is not installed, and `HistoryError` where it cannot be used.
    """
    with _opened(root, _users_url()) as history:
        yield history


def _users_url() -> str:
    """Where the user's settings say that the memory lies, "" for in the project."""
    if not has_history_extra():
        raise MissingExtraError("the history needs SQLAlchemy and Alembic: pip install 'pytest-muster[history]'")
    return load_history_url(DiskTree(), os.environ)


@contextmanager
def _opened(root: str, url: str) -> Iterator[HistoryStore]:
    from muster.adapters.history.database import sqlite_url
    from muster.adapters.history.store import DatabaseHistory

    with closing(DatabaseHistory(url or sqlite_url(os.path.join(_folder(root), FILE)))) as history:
        yield history


@contextmanager
def open_current_history(root: str, settings: Settings) -> Iterator[HistoryStore]:
    """As `open_history`, with what waits taken in; of its own database what is older than the project keeps is forgotten.

    A database that others use too is not this project's to forget: whoever serves it does that.
    """
    url = _users_url()
    with _opened(root, url) as store:
        if damaged := take_in_waiting(root, store).damaged:
            print(f"muster: {damaged} of the records that waited cannot be read: they are set aside", file=sys.stderr)
        if not url:
            forget_old(settings, store)
        yield store


def take_in_waiting(root: str, store: HistoryStore) -> TakenIn:
    """Take the records that commands left in the project at `root` into the memory."""
    return take_in(store, RecordSpool(root))


def forget_old(settings: Settings, store: HistoryStore) -> int:
    """Forget what is older than `settings` keep, of whatever project; returns how many records those were."""
    days = settings.history.keep_days
    return store.prune(_days_ago(days)) if days else 0


def team_server(url: str, token: str, *, insecure: bool = False) -> TeamServer:
    """The server at `url`. Raises `UsageError` where a token must not be sent there."""
    from muster.adapters.team_server import HttpTeamServer  # what only a push needs

    return HttpTeamServer(url, token, insecure=insecure)


def project_name(root: str, settings: Settings) -> str:
    """What the project is called in the memory."""
    name = settings.history.project or os.path.basename(root.rstrip("/")) or "project"
    return name.encode("utf-8", "backslashreplace").decode("utf-8")[:MOST_NAME]


def has_history_extra() -> bool:
    """Whether the extra `history` is installed; nothing of it is imported."""
    return all(find_spec(name) is not None for name in ("sqlalchemy", "alembic"))


def _folder(root: str) -> str:
    try:
        return open_project_folder(root)
    except OSError as error:
        raise HistoryError(f"there is no place for the history: {error}") from error


def _days_ago(days: int) -> str:
    """The time so many days ago."""
    then = datetime.now(UTC) - timedelta(days=min(days, 36_500))
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")
