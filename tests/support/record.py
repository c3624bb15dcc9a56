"""`python -m tests.support.record FILE.md...`: fills the expect blocks of scenarios from real pytest.

What it writes is what pytest says, not what the prose claims: review the difference. It asks this interpreter and
those of `MUSTER_ORACLE_PYTHONS`; a line that only some of them say gets a `pytest` or `python` mark, drawn at the
oldest version asked that says otherwise. Cause codes, declared divergences and the lines that only the simulation can
confirm are kept.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from packaging.version import Version
from tests.support.oracle import Oracle, oracle_interpreters
from tests.support.outcome import SIMULATION_VERBS, codes_of, lines_of, matches, without_code
from tests.support.scenario import DEFAULT_MODE, ExpectLine, Scenario, parse_scenarios

Versions = tuple[str, str]


def record_file(path: Path, oracles: Sequence[Oracle]) -> int:
    """Rewrites the expect blocks of `path`; returns how many scenarios were recorded."""
    lines = path.read_text(encoding="utf-8").splitlines()
    count = 0
    # From the end, so that line numbers above stay right.
    for scenario in reversed(parse_scenarios(path)):
        asked = [oracle for oracle in oracles if scenario.is_for(*oracle.versions)]
        if not asked:
            print(f"{path}:{scenario.line}: no interpreter asked is meant by it", file=sys.stderr)
            continue
        recorded = _recorded_blocks(scenario, asked)
        if scenario.blocks:
            first, last = scenario.blocks[0].first_line, scenario.blocks[-1].last_line
            lines[first : last + 1] = recorded
        else:
            place = _end_of_text(lines, scenario)
            lines[place:place] = ["", *recorded]
        count += 1
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return count


def _recorded_blocks(scenario: Scenario, oracles: Sequence[Oracle]) -> list[str]:
    told: dict[tuple[str, ...], list[str]] = {}
    for mode in scenario.modes:
        old = _in_mode(scenario, mode)
        new = _asked(scenario, mode, oracles, old)
        block = tuple(map(str, [*new, *(line for line in old if line.verb in SIMULATION_VERBS)]))
        told.setdefault(block, []).append(mode)
    blocks: list[str] = []
    for block, modes in told.items():
        every = len(modes) == len(scenario.modes) or modes == [DEFAULT_MODE]
        blocks += ["```expect" if every else f"```expect mode={','.join(modes)}", *block, "```", ""]
    return blocks[:-1]


def _asked(scenario: Scenario, mode: str, oracles: Sequence[Oracle], old: Sequence[ExpectLine]) -> list[ExpectLine]:
    """What the interpreters say, one after the other, lines that not all say marked with the versions that do."""
    answers: dict[Versions, list[ExpectLine]] = {}
    for oracle in oracles:
        collection, root = oracle.collect(scenario, mode)
        answers[oracle.versions] = [_with_notes(line, old) for line in lines_of(collection, oracle.places(root))]
    merged = _merged(answers)
    for versions, lines in answers.items():
        if [line for line in merged if line.applies(*versions)] != _with_marks_of(lines, merged, versions):
            return _side_by_side(answers)
    return merged


def _merged(answers: Mapping[Versions, Sequence[ExpectLine]]) -> list[ExpectLine]:
    """One line for each that any version says, marked; a line said twice stays two lines."""
    numbered = {versions: _numbered(lines) for versions, lines in answers.items()}
    every = dict.fromkeys(key for keys in numbered.values() for key in keys)
    said_by = {key: {versions for versions, keys in numbered.items() if key in keys} for key in every}
    return [_marked(line, said_by[line, count], set(answers)) for line, count in every]


def _numbered(lines: Sequence[ExpectLine]) -> list[tuple[ExpectLine, int]]:
    return [(line, lines[:position].count(line)) for position, line in enumerate(lines)]


def _with_marks_of(lines: Sequence[ExpectLine], merged: Sequence[ExpectLine], versions: Versions) -> list[ExpectLine]:
    """`lines` with the marks that they got, in their own order; unequal to the merged ones where the order differs."""
    left = [line for line in merged if line.applies(*versions)]
    found = []
    for line in lines:
        known = next((other for other in left if replace(other, pytest="", python="") == line), line)
        found.append(known)
        if known in left:
            left.remove(known)
    return found


def _side_by_side(answers: Mapping[Versions, Sequence[ExpectLine]]) -> list[ExpectLine]:
    """Each distinct answer as a whole: where versions say the same lines in another order."""
    distinct = list(dict.fromkeys(tuple(lines) for lines in answers.values()))
    return [
        _marked(line, {versions for versions, lines in answers.items() if tuple(lines) == answer}, set(answers))
        for answer in distinct
        for line in answer
    ]


def _marked(line: ExpectLine, said_by: set[Versions], asked: set[Versions]) -> ExpectLine:
    if said_by == asked:
        return line
    candidates = [("", ""), *_marks(asked)]
    for pytest_mark, python_mark in candidates:
        marked = replace(line, pytest=pytest_mark, python=python_mark)
        if {versions for versions in asked if marked.applies(*versions)} == said_by:
            return marked
    raise SystemExit(f"no mark tells {sorted(said_by)} from {sorted(asked - said_by)} for '{line}'")


def _marks(asked: set[Versions]) -> Iterator[tuple[str, str]]:
    """Restrictions to try, simplest first: one bound, then ranges, then both kinds."""
    pytests, pythons = (_bounds(version[index] for version in asked) for index in (0, 1))
    yield from ((mark, "") for mark in pytests)
    yield from (("", mark) for mark in pythons)
    yield from ((one, other) for one in pytests for other in pythons)


def _bounds(versions: Iterable[str]) -> list[str]:
    ordered = sorted({Version(version) for version in versions})
    # Between two majors the change is taken to have come with the major.
    edges = [f"{new.major}.{new.minor}" if new.major == old.major else f"{new.major}" for old, new in pairwise(ordered)]
    single = [sign + edge for edge in edges for sign in ("<", ">=")]
    return single + [f">={low},<{high}" for low in edges for high in edges if Version(low) < Version(high)]


def _in_mode(scenario: Scenario, mode: str) -> list[ExpectLine]:
    return [line for block in scenario.blocks if not block.modes or mode in block.modes for line in block.lines]


def _with_notes(line: ExpectLine, old: Sequence[ExpectLine]) -> ExpectLine:
    """What pytest says now, with the codes, open endings and divergences that stood there."""
    for known in old:
        if matches(without_code(known), without_code(line)):
            return replace(known, pytest="", python="")
    node = codes_of(line)[0]
    codes = dict(codes_of(known) for known in old if known.verb == line.verb)
    if line.verb in ("error", "abort") and codes.get(node):
        written, _, what = line.rest.partition(" ")
        return replace(line, rest=f"{written} [{', '.join(codes[node])}] {what}")
    return line


def _end_of_text(lines: Sequence[str], scenario: Scenario) -> int:
    end = scenario.last_line
    while end > scenario.line and not lines[end - 1].strip():
        end -= 1
    return end


def main(paths: Sequence[str]) -> None:
    """Records each file named."""
    with ExitStack() as stack:
        oracles = [stack.enter_context(Oracle(interpreter)) for interpreter in oracle_interpreters()]
        for name in paths:
            print(f"{name}: {record_file(Path(name).resolve(), oracles)} scenarios")


if __name__ == "__main__":
    main(sys.argv[1:])
