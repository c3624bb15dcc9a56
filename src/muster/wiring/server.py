"""What the server's commands need besides the memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from muster.adapters.clock import SystemClock
from muster.errors import MusterError
from muster.ports import HistoryStore
from muster.settings import Settings
from muster.wiring.memory import forget_old, take_in_waiting

TAKE_IN_S = 5.0
FORGET_S = 3600.0


def current_time() -> str:
    """The time now, ISO 8601 with seconds, UTC."""
    return SystemClock().now()


@contextmanager
def kept_current(root: str, settings: Settings, store: HistoryStore, tell: Callable[[str], None]) -> Iterator[None]:
    """While the block runs, `store` takes in what commands leave in the project, and forgets what is too old."""
    is_over = Event()
    keeper = Thread(target=_keep, args=(root, settings, store, tell, is_over), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        is_over.set()
        keeper.join()


def _keep(root: str, settings: Settings, store: HistoryStore, tell: Callable[[str], None], is_over: Event) -> None:
    clock, said, forgotten_at = SystemClock(), "", -FORGET_S
    while not is_over.wait(TAKE_IN_S):
        try:
            take_in_waiting(root, store)
            if clock.monotonic() - forgotten_at >= FORGET_S:
                forgotten_at = clock.monotonic()
                forget_old(settings, store)
            said = ""
        except (MusterError, OSError) as error:
            if str(error) != said:  # it may go on for days: said once
                said = str(error)
                tell(said)
