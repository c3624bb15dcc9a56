"""Where two collections of one suite differ, simulated against observed or one revision against another."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from muster.model.collection import Collection, CollectorReport, Item, Outcome, SessionState

_ADDRESS = re.compile(r"0x[0-9a-fA-F.]+")


@dataclass(frozen=True, slots=True)
class Difference:
    """One point of difference: `kind` is `item`, `order`, `report`, `deselected` or `session`.

    `left` and `right` say what each side has; "" where it has nothing.
    """

    kind: str
    subject: str
    left: str
    right: str

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}: {self.left or 'nothing'} against {self.right or 'nothing'}"


def differences(left: Collection, right: Collection) -> tuple[Difference, ...]:
    """Every difference between two collections; an unexpanded item stands for all parameters of its test.

    What the left side calls undecided is not compared below that node.
    """
    undecided = tuple(report.nodeid for report in left.reports if report.outcome is Outcome.UNDECIDED)
    found = [*_sessions(left, right), *_reports(left, right, undecided), *_items(left.items, right.items, undecided)]
    if not any(difference.kind == "item" for difference in found):
        found += _order(left.items, right.items)
    return tuple(found)


def _sessions(left: Collection, right: Collection) -> Iterator[Difference]:
    if left.session.state is not right.session.state or left.session.pytest_exit != right.session.pytest_exit:
        yield Difference("session", "", _spell_session(left), _spell_session(right))


def _spell_session(collection: Collection) -> str:
    session = collection.session
    reason = f" by {session.aborted_by}" if session.aborted_by is not None else ""
    word = "aborted" if session.state is SessionState.ABORTED else "complete"
    return f"{word}, exit {session.pytest_exit}{reason}"


def _reports(left: Collection, right: Collection, undecided: tuple[str, ...]) -> Iterator[Difference]:
    ours, theirs = _spelled_reports(left), _spelled_reports(right)
    for nodeid in dict.fromkeys((*ours, *theirs)):
        one, other = ours.get(nodeid, ""), theirs.get(nodeid, "")
        if same_text(one, other) or _is_below(nodeid, undecided):
            continue
        yield Difference("report", nodeid, one, other)


def _spelled_reports(collection: Collection) -> dict[str, str]:
    return {
        report.nodeid: spell_report(report) for report in collection.reports if report.outcome is not Outcome.UNDECIDED
    }


def spell_report(report: CollectorReport) -> str:
    """What became of a collector, in one line."""
    return f"{report.outcome}: {report.exception if report.exception is not None else report.reason}"


def same_text(left: str, right: str) -> bool:
    """Whether two messages are the same but for object addresses."""
    return _ADDRESS.sub("0x", left) == _ADDRESS.sub("0x", right)


def _items(left: Iterable[Item], right: Iterable[Item], undecided: tuple[str, ...]) -> Iterator[Difference]:
    ours, theirs = list(left), list(right)
    bare = {item.nodeid for item in (*ours, *theirs) if not item.expanded}
    mine = Counter(_key(item, bare) for item in ours)
    yours = Counter(_key(item, bare) for item in theirs)
    for nodeid in dict.fromkeys((*mine, *yours)):
        one, other = mine[nodeid], yours[nodeid]
        if nodeid in bare:
            one, other = min(one, 1), min(other, 1)
        if one != other and not _is_below(nodeid, undecided):
            yield Difference("item", nodeid, _times(one), _times(other))


def _key(item: Item, bare: set[str]) -> str:
    """The node id; without its parameters where the other side has it unexpanded."""
    plain = without_parameters(item.nodeid)
    return plain if plain in bare else item.nodeid


def without_parameters(nodeid: str) -> str:
    """The node id up to its `[`, which may also stand in the path."""
    path, separator, rest = nodeid.partition("::")
    return path + separator + rest.partition("[")[0]


def _times(count: int) -> str:
    return {0: "", 1: "collected"}.get(count, f"collected {count} times")


def _is_below(nodeid: str, undecided: tuple[str, ...]) -> bool:
    return any(
        above in ("", ".") or nodeid == above or nodeid.startswith((f"{above}::", f"{above}/", f"{above}["))
        for above in undecided
    )


def _order(left: Iterable[Item], right: Iterable[Item]) -> Iterator[Difference]:
    ours, theirs = list(left), list(right)
    if any(not item.expanded for item in (*ours, *theirs)):
        return
    for one, other in zip(ours, theirs, strict=False):
        if one.nodeid != other.nodeid:
            yield Difference("order", one.nodeid, one.nodeid, other.nodeid)
            return
