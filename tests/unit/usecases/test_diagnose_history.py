"""What a check asks the history, in what order and for how long."""

from __future__ import annotations

from textwrap import dedent

from muster.facts.module_facts import ModuleFacts
from muster.facts.parse import parse_module
from muster.model.collection import (
    Collection,
    CollectorReport,
    Frame,
    Loss,
    Outcome,
    RaisedException,
    SyntaxFailure,
)
from muster.model.commit import Commit
from muster.model.environment import Environment
from muster.model.history import Chronicle, Fault, HistoryQuestions
from muster.model.invocation import Invocation
from muster.model.location import Location
from muster.trees.memory import MemoryTree
from muster.usecases.diagnose import HISTORY_BUDGET_S, LOSS_BUDGET_S, diagnose
from muster.usecases.plan import Standards

FILES = {"bad.py": "def test_a(:\n", "twice.py": "def test_a(): ...\ndef test_a(): ...\n"}
BROKEN = Fault("syntax", "/r/bad.py")
TWICE = Fault("line", "/r/twice.py", "def test_a(): ...", 2)


class Told:
    """A history that dates everything, and takes `seconds` for each round."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.rounds: list[tuple[tuple[Fault, ...], float]] = []

    def ask(self, questions: HistoryQuestions, budget_s: float) -> Chronicle:
        if not questions:
            return Chronicle()
        self.rounds.append((questions.faults, budget_s))
        since = {fault: Commit(fault.kind, "Ada", "2024-01-02T00:00:00+00:00") for fault in questions.faults}
        return Chronicle(True, since=since, seconds=self.seconds)


def diagnosed(history: Told) -> dict[str, str]:
    """The commit of each cause of a session with one broken file and one test that is defined twice."""
    tree = MemoryTree({f"/r/{name}": dedent(text).encode() for name, text in FILES.items()})

    def facts(name: str) -> ModuleFacts:
        return parse_module(tree.read(name), target=(3, 12), path=name)

    raised = RaisedException(
        "SyntaxError", "invalid syntax", (Frame("/r/bad.py", 1),), SyntaxFailure("/r/bad.py", 1, 12, "def test_a(:")
    )
    place = Location("/r/twice.py", 1, 1, 1, "def test_a(): ...")
    collection = Collection(
        files=("/r/bad.py", "/r/twice.py"),
        reports=(CollectorReport("bad.py", "/r/bad.py", Outcome.FAILED, raised),),
        losses=(Loss("M402", "test_a", place, lost=("twice.py::test_a",)),),
    )
    told = Invocation("pytest", "test", (), "/r", "/r")
    causes, _ = diagnose(
        collection, told, Environment("python", "test", (3, 12, 0)), tree, facts, Standards(), history=history
    )
    return {cause.code: cause.since.sha for cause in causes if cause.since is not None}


def test_what_is_wrong_is_dated_before_what_is_only_lost() -> None:
    history = Told(1.0)
    assert diagnosed(history) == {"M301": "syntax", "M402": "line"}
    assert history.rounds == [((BROKEN,), HISTORY_BUDGET_S), ((TWICE,), LOSS_BUDGET_S)]


def test_all_rounds_share_one_budget() -> None:
    history = Told(4.2)
    diagnosed(history)
    assert [round(allowed, 3) for _, allowed in history.rounds] == [5.0, 0.8]
