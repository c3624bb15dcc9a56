"""What would really be saved: only what nothing else leads to."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.profile.drawn import deferrable, is_own, needed, session

from muster.model.profile import HeavyImport, HeavyStatement, Part
from muster.model.trace import TimedStep, TracedSession
from muster.profiling.graph import import_graph
from muster.profiling.heavy import Describe, heavy_imports
from muster.profiling.spans import seconds_by_part, span_tree

TESTS = frozenset({"/r/test_a.py", "/r/test_b.py"})


def heavy(traced: TracedSession, describe: Describe = deferrable) -> Sequence[HeavyImport]:
    graph = import_graph(traced, span_tree(traced, is_own), is_own)
    return heavy_imports(graph, 0.5, describe, TESTS)


def told(found: Sequence[HeavyImport]) -> list[tuple[str, float, int, bool]]:
    return [(each.module, round(each.seconds, 3), each.modules, each.is_deferrable) for each in found]


def test_a_module_with_all_that_it_alone_pulls_in_could_wait() -> None:
    traced = session(
        {"test_a": 0.1, "pandas": 2.0, "numpy": 1.0, "json": 0.2},
        [("pytest", "test_a"), ("test_a", "pandas"), ("test_a", "json"), ("pandas", "numpy"), ("pandas", "json")],
        own=["test_a"],
    )
    assert told(heavy(traced)) == [("pandas", 3.0, 2, True)]


def test_what_another_file_imports_too_is_saved_only_with_it() -> None:
    traced = session(
        {"test_a": 0.1, "test_b": 0.1, "pandas": 2.0, "numpy": 1.0},
        [("pytest", "test_a"), ("pytest", "test_b"), ("test_a", "pandas"), ("pandas", "numpy"), ("test_b", "numpy")],
        own=["test_a", "test_b"],
    )
    # Deferring numpy means to defer all that leads there: both statements, and both modules are saved.
    assert told(heavy(traced)) == [("numpy", 3.0, 2, True)]
    assert [each.path for each in heavy(traced)[0].statements] == ["/r/test_a.py", "/r/test_b.py"]

    def needs_numpy(path: str, line: int, module: str, aliases: tuple[str, ...]) -> HeavyStatement:
        return (needed if path == "/r/test_b.py" else deferrable)(path, line, module, aliases)

    found = heavy(traced, needs_numpy)
    assert told(found)[0] == ("pandas", 2.0, 1, True)
    assert [each.module for each in found if not each.is_deferrable] == ["numpy"]


def test_what_a_plugin_imports_too_is_not_saved() -> None:
    traced = session(
        {"plugin": 0.1, "test_a": 0.1, "numpy": 1.0},
        [("pytest", "plugin"), ("pytest", "test_a"), ("plugin", "numpy"), ("test_a", "numpy")],
        own=["test_a"],
    )
    assert [each for each in heavy(traced) if each.is_deferrable] == []


def test_the_project_is_changed_before_its_tests() -> None:
    traced = session(
        {"test_a": 0.1, "app": 0.1, "numpy": 1.0},
        [("pytest", "test_a"), ("test_a", "app"), ("app", "numpy")],
        own=["test_a", "app"],
    )
    found = heavy(traced)
    assert told(found) == [("numpy", 1.0, 1, True)]
    assert found[0].statements[0].path == "/r/app.py"


def test_what_is_needed_at_import_time_is_told_with_the_reason() -> None:
    traced = session({"test_a": 0.1, "numpy": 1.0}, [("pytest", "test_a"), ("test_a", "numpy")], own=["test_a"])
    (found,) = [each for each in heavy(traced, needed) if each.module == "numpy"]
    assert not found.is_deferrable
    assert (found.statements[0].why, found.statements[0].use_line) == ("a base class", 9)


def test_where_a_package_needs_it_whoever_imports_the_package_can_wait() -> None:
    traced = session(
        {"conftest": 0.1, "test_a": 0.1, "app": 0.1, "db": 0.1, "flask": 1.0},
        [
            *(("pytest", "conftest"), ("pytest", "test_a"), ("conftest", "app"), ("app", "flask"), ("app", "db")),
            *(("db", "flask"), ("test_a", "flask")),
        ],
        own=["conftest", "test_a", "app", "db"],
    )

    def app_needs_it(path: str, line: int, module: str, aliases: tuple[str, ...]) -> HeavyStatement:
        return (needed if path == "/r/app.py" else deferrable)(path, line, module, aliases)

    found = heavy(traced, app_needs_it)[0]
    assert (found.module, round(found.seconds, 3), found.is_deferrable) == ("flask", 1.2, True)
    # Nothing needs `db` any more, so that its own import stays where it is.
    assert [(each.path, each.module) for each in found.statements] == [
        ("/r/conftest.py", "app"),
        ("/r/test_a.py", "flask"),
    ]


def test_what_very_many_files_import_is_what_they_are_about() -> None:
    names = [f"test_{number}" for number in range(20)]
    traced = session(
        dict.fromkeys(names, 0.01) | {"numpy": 1.0},
        [pair for name in names for pair in (("pytest", name), (name, "numpy"))],
        own=names,
    )
    found = heavy(traced)
    assert [(each.module, each.blocked_by) for each in found] == [("numpy", "files")]


def test_every_second_has_one_part() -> None:
    traced = session(
        {"conftest": 0.25, "test_a": 0.5, "numpy": 1.0},
        [("pytest", "conftest"), ("pytest", "test_a"), ("test_a", "numpy")],
        steps=[
            TimedStep("rewriting", "/r/test_a.py", 2.5, 0.125),
            TimedStep("parameters", "test_a.py::t", 2.625, 0.0625),
        ],
        own=["conftest", "test_a"],
    )
    root = span_tree(traced, is_own)
    parts = seconds_by_part(root)
    assert sum(parts.values()) == pytest.approx(traced.moments["end"])
    assert {part: round(seconds, 4) for part, seconds in parts.items()} == {
        Part.INTERPRETER: 0.75,
        Part.PYTEST: 0.5 + 0.25,
        Part.PLUGINS: 0.0,
        Part.CONFTESTS: 0.25,
        Part.FIRST_PARTY: 0.3125,
        Part.THIRD_PARTY: 1.0,
        Part.REWRITING: 0.125,
        Part.PARAMETERS: 0.0625,
    }
