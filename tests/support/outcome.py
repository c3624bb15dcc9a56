"""A collection as expect lines, and the differences between those and what a scenario expects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from tests.support.oracle import without_addresses
from tests.support.scenario import ExpectLine

from muster.model.collection import Collection, CollectorReport, Outcome

Places = Mapping[str, str]
"""Absolute folders to the names that stand for them in messages (`${ROOT}`, `${SITE}`, `${STDLIB}`), innermost first."""

REAL_VERBS = ("item", "error", "skip", "deselected", "abort", "refused", "exit")
SIMULATION_VERBS = ("undecided", "unexpanded", "cause", "lost", "together", "simulated:")

_ERROR = re.compile(r"^(?P<node>(?:\\ |\S)+)(?: \[(?P<codes>[M0-9, ]+)\])? (?P<what>.*)$", re.DOTALL)


def lines_of(collection: Collection, places: Places) -> list[ExpectLine]:
    """What `collection` says, in the words of an expect block.

    A session that pytest refuses collects nothing, however far some version went before it looked.
    """
    aborted_by = collection.session.aborted_by
    if aborted_by is not None and aborted_by.exception is not None and aborted_by.exception.type == "UsageError":
        refused = ExpectLine("refused", _text(aborted_by.exception.message, places))
        return [refused, ExpectLine("exit", str(collection.session.pytest_exit))]
    lines = [
        ExpectLine("item" if item.expanded else "unexpanded", _text(item.nodeid, places)) for item in collection.items
    ]
    lines += [_report_line(report, places) for report in collection.reports]
    lines += [ExpectLine("deselected", _text(nodeid, places)) for nodeid in collection.deselected]
    if aborted_by is not None:
        node = _node(aborted_by.nodeid, places)
        lines.append(ExpectLine("abort", f"{node} {_text(str(aborted_by.exception), places)}"))
    return [*lines, ExpectLine("exit", str(collection.session.pytest_exit))]


def without_code(line: ExpectLine) -> tuple[str, str]:
    """Verb and rest as pytest itself can confirm them."""
    if line.verb in ("error", "abort") and (found := _ERROR.match(line.rest)):
        return line.verb, f"{found['node']} {found['what']}"
    return line.verb, line.rest


def codes_of(line: ExpectLine) -> tuple[str, tuple[str, ...]]:
    """The node id of an error line as it is written, and the cause codes that it names."""
    if line.verb in ("error", "abort", "refused") and (found := _ERROR.match(line.rest)):
        codes = tuple(re.findall(r"M\d\d\d", found["codes"] or ""))
        return found["node"].replace("\\ ", " "), codes
    return "", ()


def real_differences(expected: Sequence[ExpectLine], collection: Collection, places: Places) -> list[str]:
    """Where real pytest does not match the block; empty where it does."""
    wanted = [without_code(line) for line in expected if line.verb in REAL_VERBS]
    return _differences(wanted, [without_code(line) for line in lines_of(collection, places)])


def simulated_differences(expected: Sequence[ExpectLine], collection: Collection, places: Places) -> list[str]:
    """Where the simulation does not match the block, declared divergences taken into account.

    A line that `diverges` must be missing from the simulation: a declaration that no longer holds is a difference.
    """
    actual = [without_code(line) for line in lines_of(collection, places)]
    covered = [line.rest for line in expected if line.verb == "undecided"]
    bare = [line.rest for line in expected if line.verb == "unexpanded"]
    wanted = [without_code(line) for line in expected if line.verb in REAL_VERBS and not line.diverges]
    wanted += [without_code(_plain(line)) for line in expected if line.verb == "simulated:"]
    stale = [
        f"stale divergence: the simulation does say '{line.verb} {line.rest}'"
        for line in expected
        if line.diverges and line.verb in REAL_VERBS and without_code(line) in actual
    ]
    wanted = [line for line in wanted if not _is_covered(line, covered) and not _is_parameter(line, bare)]
    actual = [line for line in actual if not _is_covered(line, covered)]
    wanted += [("unexpanded", nodeid) for nodeid in bare]
    undecided = _undecided(collection, places)
    missing = [f"missing: undecided {node} (these are: {undecided})" for node in covered if node not in undecided]
    return stale + missing + _differences(wanted, actual)


def _plain(line: ExpectLine) -> ExpectLine:
    verb, _, rest = line.rest.partition(" ")
    return ExpectLine(verb, rest)


def _is_covered(line: tuple[str, str], nodes: Iterable[str]) -> bool:
    """Whether a line is about something that the scenario declares undecided; the exit code then is too.

    An undecided conftest leaves everything below its folder undecided.
    """
    verb, rest = line
    return any(
        verb == "exit" or node in (".", "conftest.py") or rest == node or rest.startswith(_beginnings(node))
        for node in nodes
    )


def _beginnings(node: str) -> tuple[str, ...]:
    below = (node.removesuffix("conftest.py"),) if node.endswith("/conftest.py") else ()
    return (f"{node}::", f"{node}/", f"{node} ", *below)


def _is_parameter(line: tuple[str, str], bare: Iterable[str]) -> bool:
    return line[0] == "item" and any(line[1].startswith(f"{node}[") for node in bare)


def _undecided(collection: Collection, places: Places) -> list[str]:
    return [_node(report.nodeid, places) for report in collection.reports if report.outcome is Outcome.UNDECIDED]


def _differences(wanted: Sequence[tuple[str, str]], actual: Sequence[tuple[str, str]]) -> list[str]:
    """Missing and extra lines, or where there is neither, an order that differs among lines of one verb."""
    left = list(actual)
    missing = []
    for line in wanted:
        match = next((other for other in left if matches(line, other)), None)
        if match is None:
            missing.append(line)
        else:
            left.remove(match)
    told = [f"missing: {verb} {rest}" for verb, rest in missing] + [f"extra:   {verb} {rest}" for verb, rest in left]
    if told:
        return told
    for verb in dict.fromkeys(verb for verb, _ in wanted):
        ours = [line for line in wanted if line[0] == verb]
        theirs = [line for line in actual if line[0] == verb]
        if not all(map(matches, ours, theirs)):
            return [f"order of '{verb}': expected {[rest for _, rest in ours]}, got {[rest for _, rest in theirs]}"]
    return []


def matches(wanted: tuple[str, str], actual: tuple[str, str]) -> bool:
    """Equality; a wanted text that ends in ` ...` may go on in any way."""
    if wanted[1].endswith(" ..."):
        return wanted[0] == actual[0] and actual[1].startswith(wanted[1].removesuffix(" ...").rstrip())
    return wanted == actual


def _report_line(report: CollectorReport, places: Places) -> ExpectLine:
    node = _node(report.nodeid, places)
    match report.outcome:
        case Outcome.FAILED:
            return ExpectLine("error", f"{node} {_text(str(report.exception), places)}")
        case Outcome.SKIPPED:
            return ExpectLine("skip", f"{node} {_text(report.reason, places)}".rstrip())
        case _:
            return ExpectLine("undecided", node)


def _node(nodeid: str, places: Places) -> str:
    return _text(nodeid, places).replace(" ", "\\ ") or "."


def _text(text: str, places: Places) -> str:
    for path, name in places.items():
        text = text.replace(path, name)
    return without_addresses(text).strip().replace("\n", "\\n")
