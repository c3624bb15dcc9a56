"""Import times as bars."""

from __future__ import annotations

import pytest

from muster.model.memory import RecordedImport
from muster.render.icicle import MOST_ROWS, draw_icicle


def imported(name: str, asked_by: str, seconds: float, own: float = 0.0, **more: str) -> RecordedImport:
    """A module in a file of its own."""
    told = {"file": f"lib/{name}.py"} | more
    return RecordedImport(name=name, asked_by=asked_by, seconds=seconds, own_seconds=own, **told)  # type: ignore[arg-type]  # because of mypy's reading of **


def bars(*imports: RecordedImport) -> list[tuple[str, int, float, float]]:
    return [
        (bar.label, bar.row, round(bar.start_percent, 2), round(bar.width_percent, 2))
        for bar in draw_icicle(imports).bars
    ]


def test_each_module_stands_below_the_one_that_asked_for_it() -> None:
    """Side by side, in proportion; what took longest is first."""
    assert bars(
        imported("conftest", "pathlib.py", 2.0, 2.0),
        imported("test_a", "pathlib.py", 6.0, 1.0),
        imported("other", "lib/test_a.py", 1.5, 1.5),
        imported("large", "lib/test_a.py", 3.0, 0.5),
        imported("inner", "lib/large.py", 2.5, 2.5),
    ) == [
        ("test_a", 0, 0.0, 75.0),
        ("conftest", 0, 75.0, 25.0),
        ("large", 1, 0.0, 37.5),
        ("other", 1, 37.5, 18.75),
        ("inner", 2, 0.0, 31.25),
    ]


def test_what_a_function_imports_later_is_not_below_its_module() -> None:
    """pytest's `pathlib` imports every test module, long after its own import: that had no time for it, or was another file's."""
    pathlib = imported("_pytest.pathlib", "<observer>", 0.5, 0.1)
    conftest = imported("conftest", "lib/_pytest.pathlib.py", 3.0, 3.0)
    module = imported("test_a", "lib/_pytest.pathlib.py", 0.2, 0.2, during="test_a.py")
    drawn = draw_icicle([pathlib, conftest, module])
    assert [(bar.label, bar.row) for bar in drawn.bars] == [("conftest", 0), ("test_a", 0)]


def test_what_pytest_imports_to_start_is_told_and_not_drawn() -> None:
    started = [imported("pytest", "<muster observer>", 3.0, 1.0), imported("_pytest", "lib/pytest.py", 2.0, 2.0)]
    drawn = draw_icicle([*started, imported("shop", "somebody.py", 1.0, 1.0)])
    assert [bar.label for bar in drawn.bars] == ["shop"]
    assert drawn.start_s == 3.0
    assert draw_icicle(started).bars == ()


def test_a_module_without_a_file_is_known_by_its_name() -> None:
    package = imported("crypto.keys", "lib/test_a.py", 2.0, 1.0, file="")
    below = imported("ssh", "/env/site-packages/crypto/keys/__init__.py", 1.0, 1.0)
    assert [bar[:2] for bar in bars(package, below)] == [("crypto.keys", 0), ("ssh", 1)]


def test_what_is_too_narrow_to_be_seen_is_left_out() -> None:
    assert [bar[0] for bar in bars(imported("a", "x.py", 1000.0), imported("b", "x.py", 1.0))] == ["a"]


@pytest.mark.parametrize(
    "imports",
    [
        (),
        (imported("a", "x.py", 0.0),),
        (imported("a", "x.py", -5.0, -1.0),),
        (imported("a", "lib/b.py", 1.0), imported("b", "lib/a.py", 1.0)),
    ],
    ids=["none", "no time", "less than none", "in a circle"],
)
def test_there_is_nothing_to_draw(imports: tuple[RecordedImport, ...]) -> None:
    assert bars(*imports) == []


def test_a_module_that_asks_for_itself_is_drawn_once() -> None:
    assert [bar[:2] for bar in bars(imported("a", "lib/a.py", 1.0))] == [("a", 0)]


def test_a_deep_chain_is_cut() -> None:
    chain = [imported("m0", "x.py", 1.0)] + [
        imported(f"m{each}", f"lib/m{each - 1}.py", 1.0) for each in range(1, 5000)
    ]
    assert max(bar.row for bar in draw_icicle(chain).bars) == MOST_ROWS - 1
