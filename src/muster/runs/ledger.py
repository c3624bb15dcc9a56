"""The books of a run: every test that was planned or came up has exactly one fate, and what differs is listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from muster.model.run import Fate, FileError, ItemResult
from muster.runs.names import bare_id
from muster.runs.plan import Planned


@dataclass(frozen=True, slots=True)
class ReportRow:
    """The part of one of pytest's reports that decides the fate of a test."""

    when: str
    outcome: str
    has_wasxfail: bool
    text: str = ""


def fate_of(rows: Sequence[ReportRow]) -> tuple[Fate, str]:
    """What pytest's reports of one test come to, and why. A test without any report has not run.

    A failure in the call is a failure, anywhere else an error; what failed is never anything better
    (`_pytest.terminal.pytest_report_teststatus`, `_pytest.skipping`).
    """
    failed = [row for row in rows if row.outcome == "failed"]
    for row in failed:
        if row.when == "call":
            return Fate.FAILED, row.text
    if failed:
        return Fate.ERROR, failed[0].text
    for row in rows:
        if row.outcome == "skipped":
            return (Fate.XFAILED if row.has_wasxfail else Fate.SKIPPED), row.text
    calls = [row for row in rows if row.when == "call" and row.outcome == "passed"]
    if not calls:
        return Fate.NOT_RUN, "pytest reported nothing of it"
    return (Fate.XPASSED if any(row.has_wasxfail for row in calls) else Fate.PASSED), ""


class Ledger:
    """Fates by test. A node id that comes up twice is two tests, told apart by a number."""

    def __init__(self, planned: Planned) -> None:
        self._planned = planned
        items = [item for items in planned.files.values() for item in items]
        self._exact = frozenset(item.nodeid for item in items if item.expanded)
        self._bare = frozenset(item.nodeid for item in items if not item.expanded)
        self._tests: dict[str, tuple[str, str]] = {}
        self._results: dict[str, ItemResult] = {}
        self._times_met: Counter[str] = Counter()
        self._released: dict[str, list[str]] = {}
        self._collected: set[str] = set()
        self._awaited = len(items)
        self.errors: list[FileError] = []
        self._deselected: set[str] = set()
        self.skipped = 0
        """How many tests were skipped without asking pytest."""

    @property
    def collected(self) -> int:
        """How many tests pytest has collected."""
        return len(self._tests)

    @property
    def deselected(self) -> int:
        """How many tests were left out by `-k` and the like."""
        return self._planned.deselected + len(self._deselected)

    def deselect(self, nodeids: Iterable[str]) -> None:
        """pytest has left these out; the parts of a file all do so with the same ones."""
        self._deselected.update(nodeids)

    @property
    def done(self) -> int:
        """How many tests have their fate."""
        return len(self._results)

    @property
    def expected(self) -> int:
        """How many tests there will be: those that pytest has collected, and those planned in files that it has not."""
        return self.collected + self._awaited

    def meet(self, nodeid: str, path: str) -> str:
        """The key of a test that pytest has collected."""
        self.close_file(path)
        if released := self._released.get(nodeid):
            return released.pop(0)
        self._times_met[nodeid] += 1
        key = nodeid if self._times_met[nodeid] == 1 else f"{nodeid} #{self._times_met[nodeid]}"
        self._tests[key] = (nodeid, path)
        return key

    def release(self, key: str) -> None:
        """`key` will be collected once more, by another worker or for another attempt."""
        self._released.setdefault(self._tests[key][0], []).append(key)

    def nodeid_of(self, key: str) -> str:
        """The node id of `key`."""
        return self._tests[key][0]

    def path_of(self, key: str) -> str:
        """The file of `key`."""
        return self._tests[key][1]

    def close_file(self, path: str) -> None:
        """pytest has collected `path`."""
        self._await_no_more(path)
        self._collected.add(path)

    def _await_no_more(self, path: str) -> None:
        if path not in self._collected:
            self._awaited -= len(self._planned.files.get(path, ()))

    def record(
        self, key: str, fate: Fate, text: str = "", *, seconds: float = 0, worker: str = "", attempts: int = 1
    ) -> ItemResult:
        """Write down the fate of `key`. Raises `KeyError` where it has one already: a test runs once."""
        nodeid, path = self._tests[key]
        if key in self._results:
            raise KeyError(key)
        result = ItemResult(nodeid, path, fate, seconds, worker, text, self._is_foreseen(nodeid, path), attempts)
        self._results[key] = result
        return result

    def skip_file(self, path: str, text: str) -> None:
        """The tests of `path` are not to be run: they are skipped, because of `text`."""
        for item in self._planned.files.get(path, ()):
            if item.nodeid not in self._results:
                self._tests[item.nodeid] = (item.nodeid, path)
                self._results[item.nodeid] = ItemResult(item.nodeid, path, Fate.SKIPPED, text=text)
                self.skipped += 1

    def break_file(self, error: FileError) -> None:
        """Write down a file that pytest could not collect."""
        self.errors.append(error)

    def close(self, reason: str = "") -> tuple[ItemResult, ...]:
        """All tests with their fates, in the planned order of files.

        What has none was not run: because of `reason`, or because its file could not be collected. Tests of a file that
        was foreseen to be blocked are not planned.
        """
        broken = {error.path: error.text for error in self.errors}
        results = dict(self._results)
        for key, (nodeid, path) in self._tests.items():
            if key not in results:
                foreseen = self._is_foreseen(nodeid, path)
                results[key] = ItemResult(
                    nodeid, path, Fate.NOT_RUN, text=reason or "its worker was lost", foreseen=foreseen
                )
        families = {bare_id(nodeid) for nodeid, _ in self._tests.values()}
        for path, items in self._planned.files.items():
            for item in items:
                if item.nodeid in self._tests or (not item.expanded and item.nodeid in families):
                    continue
                why = "pytest did not collect it" if path in self._collected else "its file was not collected"
                why = broken.get(path) or (why if path in self._collected else reason or why)
                results[item.nodeid] = ItemResult(item.nodeid, path, Fate.NOT_RUN, text=why)
        place = {path: number for number, path in enumerate(self._planned.files)}
        return tuple(sorted(results.values(), key=lambda result: place.get(result.path, len(place))))

    def _is_foreseen(self, nodeid: str, path: str) -> bool:
        return path in self._planned.undecided or nodeid in self._exact or bare_id(nodeid) in self._bare


def count_fates(results: Iterable[ItemResult]) -> Mapping[Fate, int]:
    """How many tests met each fate, in the order of `Fate`."""
    counted = Counter(result.fate for result in results)
    return {fate: counted[fate] for fate in Fate if counted[fate]}
