"""What all tests share: the warm processes of real pytest, ended with the session."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tests.support.oracle import Oracle


@pytest.fixture(scope="session")
def oracle_of() -> Iterator[Callable[[str], Oracle]]:
    """Gives the session's oracle of an interpreter."""
    oracles: dict[str, Oracle] = {}

    def one(interpreter: str) -> Oracle:
        return oracles.setdefault(interpreter, Oracle(interpreter))

    yield one
    for oracle in oracles.values():
        oracle.close()
