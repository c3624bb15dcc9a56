"""The injected faults: each is where it says, and its project was well before."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from bench.faults import EXTRA, KINDS, Project, collected, prepare, run_case

PACKAGE = {
    "src/shop/__init__.py": "from .basket import Basket\n",
    "src/shop/basket.py": "class Basket:\n    pass\n",
    "src/shop/prices.py": "def price():\n    return 1\n",
    "tests/test_shop.py": "import pytest\n\nfrom shop import Basket\nfrom shop.prices import price\n\n\n"
    "@pytest.mark.parametrize('n', [1])\n"
    "def test_price(n):\n    assert price() == n\n\n\ndef test_basket():\n    assert Basket()\n\n\ndef test_three():\n    assert True\n",
}  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Project:
    source = tmp_path / "source" / "shop"
    for name, text in PACKAGE.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    return prepare(source, sys.executable, "src/shop", tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_is_where_it_says(kind: str, project: Project) -> None:
    fault = KINDS[kind](project, random.Random(1))
    if fault is None:
        assert kind in ("cycle", "failing-conftest")
        return
    assert any((project.root / path).is_file() for path, _ in fault.places)


@pytest.mark.oracle
@pytest.mark.slow
def test_a_case_is_felt_named_placed_and_repaired(project: Project) -> None:
    baseline = collected(project)
    assert baseline == (3 + sum(text.count("def test_") for text in EXTRA.values()), 0)
    case = run_case(project, "moved-module", baseline, random.Random(1))
    assert (case.state, case.named, case.placed, case.repaired) == ("felt", True, True, True)
