"""Hooks of conftests: what pluggy refuses, and what happens to items."""

from __future__ import annotations

from tests.unit.collection.project import ROOT, Pretended, collected, function, nodeids

from muster.collection.hook_checks import find_refused_hook
from muster.collection.item_hooks import ItemValue, LocalPath
from muster.collection.nodes import ItemNode, ModuleNode
from muster.collection.session import make_walk
from muster.execution.values import ListValue, Mark, ModuleValue, Native
from muster.model.environment import Environment, PluginFixture
from muster.model.invocation import Invocation
from muster.trees.memory import MemoryTree

HOOKS = {"pytest_ignore_collect": ("collection_path", "config")}


def test_an_argument_that_the_hook_has_not_is_refused() -> None:
    module = ModuleValue("conftest", "/conftest.py", "source")
    module.namespace = {"pytest_ignore_collect": function("pytest_ignore_collect", "path", "config")}
    raised = find_refused_hook("/conftest.py", module, HOOKS)
    assert raised is not None
    assert raised.message == (
        "Plugin '/conftest.py' for hook 'pytest_ignore_collect'\n"
        "hookimpl definition: pytest_ignore_collect(path, config)\n"
        "Argument(s) {'path'} are declared in the hookimpl but can not be found in the hookspec"
    )
    module.namespace = {"pytest_ignore_collect": function("pytest_ignore_collect", "config")}
    assert find_refused_hook("/conftest.py", module, HOOKS) is None


def test_a_marker_added_in_a_branch_that_is_not_known_leaves_the_marks_unsure() -> None:
    tree = MemoryTree({f"{ROOT}/test_a.py": b""})
    executor = Pretended(tree, {})
    walk = make_walk(executor, Invocation("pytest", "", (), ROOT, ROOT), Environment("python", "", (3, 12, 0)), tree)
    module = ModuleNode("test_a.py", "test_a.py", f"{ROOT}/test_a.py", None)
    item = ItemNode("test_x", "test_a.py::test_x", module.path, module)
    add = ItemValue(walk, item).simulated_getattr(executor, "add_marker")
    assert isinstance(add, Native)
    add.call(executor, ("slow",), {})
    assert ([mark.name for mark in item.own_marks], item.marks_unsure) == (["slow"], False)
    executor.unsure = 1
    add.call(executor, (Mark("other"),), {})
    assert ([mark.name for mark in item.own_marks], item.marks_unsure) == (["slow"], True)


def test_an_items_path_speaks_as_py_path_does() -> None:
    path = LocalPath("/project/test_a.py")
    assert [path.simulated_getattr(None, name) for name in ("strpath", "basename", "dirname", "purebasename")] == [
        "/project/test_a.py", "test_a.py", "/project", "test_a",
    ]  # fmt: skip


def test_fixtures_of_installed_plugins_are_part_of_the_ids() -> None:
    fixtures = (PluginFixture("backend", parametrized=True, ids=("one", "two")), PluginFixture("other", ("backend",)))
    files = {"test_a.py": {"test_x": function("test_x", "other")}}
    assert nodeids(collected(files, environment=Environment("python", "", (3, 12, 0), fixtures=fixtures))) == [
        "test_a.py::test_x[one]",
        "test_a.py::test_x[two]",
    ]


def test_collect_ignore_of_a_list_that_grew_out_of_sight_is_undecided() -> None:
    ignored = ListValue(unsure=True)
    collection = collected({"conftest.py": {"collect_ignore": ignored}, "test_a.py": {"test_x": function("test_x")}})
    assert nodeids(collection) == ["test_a.py::test_x"]
