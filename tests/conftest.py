"""What all tests share: signals as in a terminal, and the warm processes of real pytest, ended with the session."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import pytest
from tests.support.oracle import Oracle


def pytest_configure() -> None:
    """Take Ctrl-C as a terminal's programs do: behind `&` a shell starts us with it ignored, and children inherit that.

    Record nothing: what a command leaves for the history is tested where that is the subject.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ["MUSTER_HISTORY"] = "off"


@pytest.fixture(scope="session")
def oracle_of() -> Iterator[Callable[[str], Oracle]]:
    """Gives the session's oracle of an interpreter."""
    oracles: dict[str, Oracle] = {}

    def one(interpreter: str) -> Oracle:
        return oracles.setdefault(interpreter, Oracle(interpreter))

    yield one
    for oracle in oracles.values():
        oracle.close()
