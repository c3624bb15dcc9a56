"""What a cause costs: its victims in session order, and the tests that they would have yielded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from posixpath import dirname

from muster.diagnosis.roots import Failure
from muster.model.cause import Scope
from muster.model.collection import Collection, Outcome


@dataclass(frozen=True, slots=True)
class Toll:
    """Victims, blocked tests, and whether those were counted from text."""

    victims: tuple[str, ...] = ()
    blocked_tests: int = 0
    is_estimated: bool = False


@dataclass(frozen=True)
class Ledger:
    """The blocked items of one collection, ready to be summed."""

    collection: Collection

    @cached_property
    def blocked(self) -> dict[str, tuple[str, ...]]:
        """Node ids by blocked file."""
        return {path: tuple(item.nodeid for item in items) for path, items in self.collection.blocked}

    @cached_property
    def order(self) -> dict[str, int]:
        """Every file that the session knows, in its order."""
        paths = dict.fromkeys((*self.collection.files, *self.blocked))
        return {path: number for number, path in enumerate(paths)}

    def toll_of(self, failures: Iterable[Failure]) -> Toll:
        """What `failures` take down together; no test counts twice."""
        victims: dict[str, None] = {}
        tests: set[str] = set()
        for failure in failures:
            victims.update(dict.fromkeys(self._victims(failure)))
            tests.update(self._tests(failure))
        ordered = sorted(victims, key=lambda path: (self.order.get(path, len(self.order)), path))
        return Toll(tuple(ordered), len(tests), any(path in self.collection.estimated for path in ordered))

    def everything(self) -> Toll:
        """What is lost when pytest does not even start: every file counts."""
        tests = {test for tests in self.blocked.values() for test in tests}
        estimated = bool(self.collection.estimated)
        return Toll(tuple(self.order), len(tests) + len(self.collection.items), estimated)

    def _victims(self, failure: Failure) -> Sequence[str]:
        path = failure.report.path
        if failure.scope is Scope.FILE:
            return (path,)
        if failure.scope is Scope.SESSION:
            return tuple(self.order) or (path,)
        return tuple(self._below(self._folder(failure))) or (path,)

    def _tests(self, failure: Failure) -> Iterable[str]:
        if failure.report.outcome is Outcome.UNDECIDED:
            return ()
        if failure.scope is Scope.SESSION:
            return self._all()
        if failure.scope is Scope.FOLDER:
            return (test for path in self._below(self._folder(failure)) for test in self.blocked.get(path, ()))
        tests = self.blocked.get(failure.report.path, ())
        inner = failure.report.nodeid
        return [test for test in tests if test.startswith(inner + "::")] if "::" in inner else tests

    def _all(self) -> Iterator[str]:
        yield from (test for tests in self.blocked.values() for test in tests)
        yield from (item.nodeid for item in self.collection.items)

    def _folder(self, failure: Failure) -> str:
        path = failure.report.path
        return dirname(path) if path.endswith(".py") else path

    def _below(self, folder: str) -> Iterator[str]:
        prefix = folder.rstrip("/") + "/"
        return (path for path in self.order if path.startswith(prefix))
