"""A drawn project and a session in it: what the unit tests of the diagnosis are written with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from textwrap import dedent

from muster.diagnosis import ExpectedTests, answer_from_tree, conclude, history_questions, questions
from muster.facts.module_facts import ModuleFacts
from muster.facts.parse import parse_module
from muster.model.cause import Cause
from muster.model.collection import (
    Collection,
    CollectorReport,
    FailureDetail,
    Frame,
    Item,
    ModuleMissing,
    NameMissing,
    OtherFailure,
    Outcome,
    RaisedException,
)
from muster.model.environment import Distribution, Environment
from muster.model.history import Chronicle, HistoryQuestions
from muster.model.invocation import Invocation
from muster.model.location import Location
from muster.ports import ReadFailure
from muster.trees.memory import MemoryTree

ROOT = "/r"
SITE = "/env/lib/site-packages"

ENVIRONMENT = Environment(
    "/env/bin/python",
    "test",
    (3, 12, 1),
    pytest_version="8.4.2",
    search_path=("/env/lib", SITE),
    stdlib_modules=frozenset(("os", "sys", "json", "typing", "collections", "pathlib")),
    builtins=frozenset(("print", "len", "ValueError")),
    markers=("skip(reason): skip", "slow: slow ones"),
    distributions=(Distribution("requests", "2.31.0", ("requests",), SITE),),
)


def path(name: str) -> str:
    """`name` below the root of the project."""
    return name if name.startswith("/") else f"{ROOT}/{name}"


def at(name: str, line: int, text: str, column: int = 1) -> Location:
    """A statement as the diagnosis gives it."""
    return Location(path(name), line, column, line, text)


def failed(
    file: str,
    type_: str,
    message: str,
    detail: FailureDetail | None = None,
    *frames: tuple[str, int],
    nodeid: str = "",
    outcome: Outcome = Outcome.FAILED,
) -> CollectorReport:
    """A collector of `file` that fails with an exception, whose frames default to the file's first line."""
    steps = tuple(Frame(path(name), line) for name, line in frames) or (Frame(path(file), 1),)
    exception = RaisedException(type_, message, steps, detail or OtherFailure())
    return CollectorReport(nodeid or file, path(file), outcome, exception)


def no_module(
    file: str, name: str, *frames: tuple[str, int], search: tuple[str, ...] = (), **more: object
) -> CollectorReport:
    """`No module named NAME` in `file`."""
    searched = tuple(map(path, search))
    detail = ModuleMissing(name, path(file), searched, **more)  # type: ignore[arg-type]  # because **more is untyped
    return failed(file, "ModuleNotFoundError", f"No module named '{name}'", detail, *frames)


def no_name(
    file: str, module: str, name: str, module_file: str | None, *frames: tuple[str, int], **more: object
) -> CollectorReport:
    """`cannot import name NAME from MODULE` in `file`."""
    known = None if module_file is None else path(module_file)
    detail = NameMissing(module, name, path(file), known, **more)  # type: ignore[arg-type]  # because **more is untyped
    return failed(file, "ImportError", f"cannot import name '{name}' from '{module}' ({known})", detail, *frames)


def blocked(**tests: int) -> tuple[tuple[str, tuple[Item, ...]], ...]:
    """So many blocked tests in each file; `__` in a keyword stands for `/`."""
    return tuple(_blocked_file(name.replace("__", "/") + ".py", count) for name, count in tests.items())


def _blocked_file(name: str, count: int) -> tuple[str, tuple[Item, ...]]:
    return path(name), tuple(Item(f"{name}::test_{number}", path(name)) for number in range(count))


def diagnose(
    files: Mapping[str, str],
    *reports: CollectorReport,
    collection: Collection | None = None,
    invocation: Invocation | None = None,
    environment: Environment = ENVIRONMENT,
    severity: Mapping[str, str] | None = None,
    with_directives: bool = False,
    expected: tuple[ExpectedTests, ...] = (),
    history: Chronicle | None = None,
) -> tuple[Cause, ...]:
    """The causes of a session over `files` in which `reports` came out; their files are those collected."""
    tree = MemoryTree(
        {path(name): dedent(text).encode() for name, text in files.items()}, folders=(ROOT, SITE, "/env/lib")
    )
    session = collection or Collection()
    session = replace(session, reports=(*session.reports, *reports))
    if not session.files:
        session = replace(session, files=tuple(dict.fromkeys(report.path for report in reports)))
    told = invocation or Invocation("pytest", "test", (), ROOT, ROOT, import_mode="importlib")

    @cache
    def facts(name: str) -> ModuleFacts:
        try:
            return parse_module(tree.read(name), target=(3, 12), path=name)
        except ReadFailure:
            return ModuleFacts([])

    answers = answer_from_tree(questions(session, facts), tree, told, facts)
    answers = replace(answers, history=history or Chronicle())
    directives = {path(name): facts(path(name)).directives for name in files} if with_directives else {}
    return conclude(
        session, told, environment, tree, answers, severity=severity or {}, directives=directives, expected=expected
    )


def asked_of_history(files: Mapping[str, str], *reports: CollectorReport) -> HistoryQuestions:
    """What the history is asked about `reports` over `files`."""
    tree = MemoryTree({path(name): dedent(text).encode() for name, text in files.items()}, folders=(ROOT,))

    def facts(name: str) -> ModuleFacts:
        return parse_module(tree.read(name), target=(3, 12), path=name)

    session = Collection(reports=reports)
    told = Invocation("pytest", "test", (), ROOT, ROOT, import_mode="importlib")
    answers = answer_from_tree(questions(session, facts), tree, told, facts)
    return history_questions(session, answers, tree, ROOT, facts)


def evidence(cause: Cause) -> list[str]:
    """The evidence as lines of text: `kind: text [path:line]`."""
    return [
        f"{each.kind}: {each.text}" + (f" [{Location(each.path, each.line)}]" if each.path else "")
        for each in cause.evidence
    ]


def in_words(cause: Cause) -> list[str]:
    """The remedies as text."""
    return [remedy.title for remedy in cause.remedies]
