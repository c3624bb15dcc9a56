"""`sys.path` at one moment of a session."""

from __future__ import annotations

import pytest

from muster.model.collection import Collection, CollectorReport, ModuleMissing, Outcome, PathEffect, RaisedException
from muster.model.environment import Environment
from muster.model.invocation import Invocation
from muster.model.location import Location
from muster.trees.memory import MemoryTree
from muster.usecases.search_path import search_path_at

FILES = ("/p/tests/a/test_a.py", "/p/tests/b/test_b.py", "/p/tests/c/test_c.py")
TREE = MemoryTree({**dict.fromkeys(FILES, b""), "/p/tests/b/__init__.py": b""})
ENVIRONMENT = Environment("/usr/bin/python", "test", (3, 12, 0), search_path=("/lib",))


def invocation(mode: str = "prepend", *, cwd_on_path: bool = False) -> Invocation:
    return Invocation(
        "pytest", "test", (), "/p", "/p", import_mode=mode, cwd_on_path=cwd_on_path, pythonpath=("/p/src",)
    )


def effect(kind: str, value: str, index: int, during: str) -> PathEffect:
    return PathEffect(kind, value, index, Location(during, 1), during)


EFFECTS = (effect("insert", "/p/tests", 0, FILES[0]), effect("insert", "/later", 0, FILES[2]))
COLLECTION = Collection(files=FILES, effects=EFFECTS)


def path(collection: Collection, mode: str, importer: str) -> list[str]:
    return list(search_path_at(collection, invocation(mode), ENVIRONMENT, TREE, importer))


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("importlib", ["/p/tests", "/p/src", "/lib"]),
        ("prepend", ["/p/tests", "/p/tests/a", "/p/src", "/lib"]),
        ("append", ["/p/tests", "/p/src", "/lib", "/p/tests/a"]),
    ],
)
def test_earlier_files_and_the_import_mode_shape_it_later_files_do_not(mode: str, expected: list[str]) -> None:
    assert path(COLLECTION, mode, FILES[1]) == expected


def test_it_begins_with_pythonpath_and_under_python_m_the_working_directory() -> None:
    found = search_path_at(Collection(), invocation(cwd_on_path=True), ENVIRONMENT, TREE, "")
    assert found == ("/p/src", "/p", "/lib")


def test_what_conftests_do_comes_before_every_file() -> None:
    collection = Collection(files=FILES, effects=(effect("append", "/helpers", 9, "/p/conftest.py"),))
    assert path(collection, "importlib", FILES[0]) == ["/p/src", "/lib", "/helpers"]


def test_what_was_recorded_at_the_failure_is_the_truth() -> None:
    raised = RaisedException(
        "ModuleNotFoundError", "x", detail=ModuleMissing("x", FILES[1], (), sys_path=("/recorded", ""))
    )
    collection = Collection(files=FILES, reports=(CollectorReport("b", FILES[1], Outcome.FAILED, raised),))
    assert path(collection, "prepend", FILES[1]) == ["/recorded", "/p"]
