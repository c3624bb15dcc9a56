"""Since which commit a fault of today is there, told by real repositories."""

from __future__ import annotations

from pathlib import Path

from tests.adapters.repositories import Work

from muster.adapters.git_history import GitHistory
from muster.model.history import Chronicle, Fault, HistoryQuestions

LONG_S = 60.0


def since(work: Work, *faults: Fault, budget_s: float = LONG_S) -> tuple[Chronicle, list[str]]:
    """What is told, and the subject of each fault's commit ("-" where there is none)."""
    told = GitHistory(str(work.folder)).ask(HistoryQuestions(faults=faults), budget_s)
    return told, [told.since[fault].subject if fault in told.since else "-" for fault in faults]


def test_the_commit_that_broke_the_syntax_is_not_the_last_one_that_touched_the_file(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.write("app.py", "def f(:\n").commit("broken once")
    work.write("app.py", "def f(): ...\n").commit("mend it")
    broke = work.write("app.py", "def f(): ...\n<<<<<<< HEAD\n").commit("merge badly")
    work.write("app.py", "def f(): ...\n<<<<<<< HEAD\nx = 1\n").commit("go on")
    work.write("other.py", "x = 1\n").commit("elsewhere")
    fault = Fault("syntax", work.path("app.py"))
    told, subjects = since(work, fault)
    assert subjects == ["merge badly"]
    assert told.since[fault].sha == broke
    assert told.gaps == ()


def test_a_fault_is_followed_over_a_renaming_of_its_file(tmp_path: Path) -> None:
    work = Work(tmp_path)
    body = "\n".join(f"value_{number} = {number}" for number in range(30))
    work.write("old.py", body + "\n").commit("begin")
    work.write("old.py", body + "\nimport sys; sys.path.insert(0, '..')\n").commit("put the parent on the path")
    work.move("old.py", "new/place.py").commit("move it")
    line = Fault("line", work.path("new/place.py"), "import sys; sys.path.insert(0, '..')")
    assert since(work, line, Fault("file", work.path("new/place.py")))[1] == ["put the parent on the path", "move it"]


def test_of_two_lines_alike_the_second_one_is_the_later(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.write("t.py", "def test_a(): ...\n").commit("one")
    work.write("t.py", "def test_a(): ...\n\n\ndef test_a(): ...\n").commit("two")
    text = "def test_a(): ..."
    path = work.path("t.py")
    assert since(work, Fault("line", path, text, 1), Fault("line", path, text, 2))[1] == ["one", "two"]


def test_a_name_is_unbound_since_its_import_went_or_its_use_came(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.write("gone.py", "from typing import Any\nx: Any = 1\n").write("came.py", "x = 1\n").commit("begin")
    work.write("gone.py", "x: Any = 1\n").commit("drop the import")
    work.write("came.py", "x: Any = 1\n").commit("annotate")
    faults = (Fault("unbound", work.path("gone.py"), "Any"), Fault("unbound", work.path("came.py"), "Any"))
    assert since(work, *faults)[1] == ["drop the import", "annotate"]


def test_a_fault_that_is_not_committed_is_told_as_such(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.write("app.py", "x = 1\n").commit("begin")
    work.write("app.py", "x = (\n").write("new.py", "x = (\n")
    faults = (Fault("syntax", work.path("app.py")), Fault("syntax", work.path("new.py")))
    told, _ = since(work, *faults)
    assert [told.since[fault].sha for fault in faults] == ["", ""]
    (tmp_path.parent / "elsewhere.py").write_text("x = (\n")
    assert since(work, Fault("syntax", f"{tmp_path.parent}/elsewhere.py"))[1] == ["-"]


def test_an_import_is_as_old_as_its_name_whatever_module_has_it_now(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.write("a.py", "x = 1\n").commit("begin")
    work.write("a.py", "from b import (\n    B,\n)\n").commit("close the circle")
    work.write("a.py", "from deep.b import (\n    B,\n    C,\n)\nimport pkg.mod\n").commit("spell it anew")
    faults = [Fault("import", work.path("a.py"), names) for names in ("B", "B C", "C", "mod", "nothing")]
    assert since(work, *faults)[1] == [
        "close the circle", "close the circle", "spell it anew", "spell it anew", "a change that is not committed"
    ]  # fmt: skip


def test_a_setting_is_dated_as_well_as_a_statement(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.write("services/a/pyproject.toml", "[tool.pytest.ini_options]\n").commit("begin")
    setting = 'norecursedirs = ["slow"]'
    work.write("services/a/pyproject.toml", f"[tool.pytest.ini_options]\n{setting}\n").commit("leave out the slow ones")
    told = Fault("line", work.path("services/a/pyproject.toml"), setting)
    assert since(work, told)[1] == ["leave out the slow ones"]


def test_a_shallow_clone_and_a_short_time_are_no_answer(tmp_path: Path) -> None:
    work = Work(tmp_path / "work")
    work.write("app.py", "x = (\n").commit("begin")
    work.write("other.py", "x = 1\n").commit("go on")
    fault = Fault("syntax", work.path("app.py"))
    told, subjects = since(work, fault, budget_s=0.0)
    assert subjects == ["-"]
    assert any(gap.startswith("the time was up") for gap in told.gaps)
    work.git("clone", "--quiet", "--depth=1", f"file://{work.folder}", str(tmp_path / "clone"))
    asked = HistoryQuestions(faults=(Fault("syntax", f"{tmp_path}/clone/app.py"),))
    told = GitHistory(f"{tmp_path}/clone").ask(asked, LONG_S)
    assert (told.since, len(told.gaps)) == ({}, 1)
