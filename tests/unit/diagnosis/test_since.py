"""Since when a cause is there: what the history is asked, and what becomes of its answer."""

from __future__ import annotations

from textwrap import dedent

from tests.unit.diagnosis.scene import path

from muster.diagnosis import dated, faults_of
from muster.diagnosis.since import NOT_COMMITTED
from muster.model.cause import Cause, Evidence, Scope, Severity
from muster.model.collection import Confidence
from muster.model.commit import Commit
from muster.model.history import Chronicle, Fault
from muster.model.location import Location
from muster.trees.memory import MemoryTree

OLD = Commit("a" * 40, "Ada", "2024-01-03T00:30:00+02:00", "old")
NEW = Commit("b" * 40, "Alan", "2024-01-02T23:00:00+00:00", "new")


def tree(**files: str) -> MemoryTree:
    return MemoryTree({path(f"{name}.py"): dedent(text).encode() for name, text in files.items()})


def cause(
    code: str,
    file: str,
    line: int = 1,
    text: str = "",
    *,
    subject: str = "x",
    severity: Severity = Severity.ERROR,
    evidence: tuple[Evidence, ...] = (),
    since: Commit | None = None,
) -> Cause:
    place = Location(path(file), line, 1, line, text)
    return Cause(
        code, severity, Confidence.CERTAIN, Scope.FILE, "title", subject, "message", place, evidence, since=since
    )


def test_each_cause_asks_what_its_history_can_tell() -> None:
    files = tree(
        bad="def f(:\n",
        names="x: Any = 1\n",
        twice="def test_a(): ...\ndef test_a(): ...\n",
        a="from b import (\n    B,\n    C,\n)\n",
        b="from a import A\n",
        c="import yaml\nimport six\n",
    )
    edges = tuple(
        Evidence("cycle", f"from {module} import {name}", path(file), 1)
        for module, name, file in (("b", "B", "a.py"), ("a", "A", "b.py"))
    )
    sides = (Evidence("winner", "first", path("a.py")), Evidence("loser", "second", path("c.py")))
    causes = (
        cause("M301", "bad.py"),
        cause("M302", "names.py", subject="Any"),
        cause("M402", "twice.py", 1, "def test_a(): ..."),
        cause("M205", "b.py", evidence=edges),
        cause("M305", "c.py", evidence=sides),
        cause("M101", "a.py", 1, "from b import ("),
        cause("M403", "twice.py", 1, "def test_a(): ...", severity=Severity.NOTE),
        cause("M105", "a.py", 1, "from b import B", since=OLD),
        cause("M105", "a.py", 1, "what is not there"),
        cause("M301", "names.py"),
        cause("M107", "c.py", 1, "import yaml", evidence=(Evidence("undeclared", "nobody declares it"),)),
        cause("M107", "c.py", 2, "import six", evidence=(Evidence("declared", "declared: six"),)),
    )
    assert list(faults_of(causes, files)) == [
        Fault("syntax", path("bad.py")),
        Fault("unbound", path("names.py"), "Any"),
        Fault("line", path("twice.py"), "def test_a(): ...", 2),
        Fault("import", path("a.py"), "B C"),
        Fault("import", path("b.py"), "A"),
        Fault("file", path("a.py")),
        Fault("file", path("c.py")),
        Fault("line", path("c.py"), "import yaml"),
    ]


def test_the_newest_of_two_commits_made_it_and_zones_count() -> None:
    files = tree(a="", b="")
    both = cause("M305", "b.py", evidence=(Evidence("winner", "", path("a.py")), Evidence("loser", "", path("b.py"))))
    faults = (Fault("file", path("a.py")), Fault("file", path("b.py")))
    (told,) = dated([both], Chronicle(True, since=dict(zip(faults, (OLD, NEW), strict=True))), files)
    assert told.since == NEW
    (half,) = dated([both], Chronicle(True, since={faults[0]: OLD}, gaps=("the clone is shallow",)), files)
    assert (half.since, half.evidence[-1]) == (None, Evidence("history", "the clone is shallow"))


def test_commits_of_one_second_are_ordered_as_git_orders_them() -> None:
    files = tree(a="", b="")
    both = cause("M305", "b.py", evidence=(Evidence("winner", "", path("a.py")), Evidence("loser", "", path("b.py"))))
    twin = Commit("c" * 40, "Alan", NEW.date, "newer in git's order")
    since = {Fault("file", path("b.py")): twin, Fault("file", path("a.py")): NEW}
    assert dated([both], Chronicle(True, since=since), files)[0].since == twin


def test_what_is_not_committed_and_what_has_no_history_is_said_once_or_not_at_all() -> None:
    files = tree(bad="def f(:\n")
    broken, fault = cause("M301", "bad.py"), Fault("syntax", path("bad.py"))
    (told,) = dated([broken], Chronicle(True, since={fault: Commit("")}), files)
    assert (told.since, told.evidence) == (None, (Evidence("history", NOT_COMMITTED),))
    (told,) = dated([broken], Chronicle(gaps=("no history: fatal: not a git repository",)), files)
    assert told == broken
    warning = cause("M401", "bad.py", 1, "def f(:", severity=Severity.WARNING)
    assert dated([warning], Chronicle(True, gaps=("the clone is shallow",)), files) == (warning,)
