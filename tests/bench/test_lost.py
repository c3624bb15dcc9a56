"""bench/lost.py, on a project small enough to know every answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.lost import HARMLESS, SILENT, Project, measure, render

from muster.comparison import Version
from muster.usecases.baseline import Earlier
from muster.usecases.simulate import simulate
from muster.wiring import Choices, open_workspace

CART = """\
import pytest


class TestCart:
    def test_total(self):
        assert sum([1, 2]) == 3

    def test_empty(self):
        total = sum([])
        assert total == 0
        assert not total


def test_alone():
    word = "alone"
    assert word.upper() == "ALONE"


@pytest.mark.parametrize("n", [1, 2, 3])
def test_each(n):
    assert n


class Shared:
    def test_shared(self):
        assert self


class TestHeir(Shared):
    pass
"""


def test_every_kind_of_change_is_made_and_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSTER_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/test_cart.py").write_text(CART)
    (tmp_path / "shop/test_other.py").write_text("def test_other():\n    assert True\n")
    with open_workspace(Choices(root=str(tmp_path / "shop"))) as workspace:
        simulation = simulate(workspace.ports, workspace.plan.request)
        rootdir = simulation.invocation.rootdir
        earlier = Earlier(simulation.collection, Version.of_tree(workspace.ports.tree), rootdir)
        project = Project("shop", workspace, simulation.collection, rootdir, earlier)
        silent = measure([project], SILENT, 1, 0, is_silent=True)
        harmless = measure([project], HARMLESS, 1, 0, is_silent=False)
    assert (silent.misses, harmless.misses) == ([], [])
    assert set(silent.cases) | set(harmless.cases) == SILENT.keys() | HARMLESS.keys()
    assert "| **all** | 17 |" in render(silent, harmless, 1.0)
