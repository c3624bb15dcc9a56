"""An `__init_subclass__` that runs for many classes."""

from __future__ import annotations

import os
import sys

import pytest

from muster.adapters.environment import InterpreterQuery
from muster.adapters.fact_cache import NullFactCache
from muster.adapters.interpreters import choose_interpreter
from muster.adapters.parsing import SourceParser
from muster.execution import subclass_hooks
from muster.model.collection import Collection
from muster.trees.memory import MemoryTree
from muster.usecases.simulate import Ports, Request, simulate

LIBRARY = b"""
class Base:
    table = {}
    def __init_subclass__(cls):
        for number in range(40):
            setattr(cls, f"made_{number}", number)
        cls.kind = "replaced"
        cls.test_made = lambda self: None
        Base.table[cls.__name__] = cls

class A(Base):
    kind = "own"
class B(Base):
    kind = "own"
class Last(Base):
    kind = "own"
    shape = "round"
"""
TESTS = b"""
import pytest
from lib import Base, Last
Last.made_3
@pytest.mark.parametrize("value", [Last.shape])
def test_shape(value): ...
@pytest.mark.parametrize("value", [Last.kind])
def test_kind(value): ...
@pytest.mark.parametrize("value", list(Base.table))
def test_table(value): ...
class TestOwn(Base): ...
"""


@pytest.fixture(scope="module")
def query() -> InterpreterQuery:
    """This interpreter, asked once."""
    chosen = choose_interpreter("/", named=sys.executable, environ={}, own=sys.executable)
    return InterpreterQuery(chosen, "/project", NullFactCache(), environ=dict(os.environ))


def _collection(query: InterpreterQuery) -> Collection:
    tree = MemoryTree({"/project/lib.py": LIBRARY, "/project/test_it.py": TESTS, "/project/pytest.ini": b"[pytest]\n"})
    with SourceParser(sys.version_info[:2]) as parser:
        ports = Ports(tree, NullFactCache(), query, parser)
        return simulate(ports, Request((), "/project")).collection


def _nodeids(collection: Collection) -> list[str]:
    return [item.nodeid.partition("::")[2] + ("" if item.expanded else " ...") for item in collection.items]


def test_what_it_makes_of_each_class_is_known(query: InterpreterQuery) -> None:
    assert _nodeids(_collection(query)) == [
        "test_shape[round]", "test_kind[replaced]", "test_table[A]", "test_table[B]", "test_table[Last]", "TestOwn::test_made",
    ]  # fmt: skip


def test_once_that_has_taken_long_what_it_may_have_done_is_left_open(
    query: InterpreterQuery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Further names may be there, those that it replaces and its tables are unknown; classes of test files are followed."""
    monkeypatch.setattr(subclass_hooks, "HOOK_STATEMENTS", 60)
    collection = _collection(query)
    assert not collection.blocked
    assert _nodeids(collection) == ["test_shape[round]", "test_kind ...", "test_table ...", "TestOwn::test_made"]
