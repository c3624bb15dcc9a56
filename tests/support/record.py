"""`python -m tests.support.record FILE.md...`: fills the expect blocks of scenarios from real pytest.

What it writes is what pytest says, not what the prose claims: review the difference. Cause codes, marks and the lines
that only the simulation can confirm are kept.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support.oracle import Oracle
from tests.support.outcome import SIMULATION_VERBS, codes_of, lines_of, matches, without_code
from tests.support.scenario import DEFAULT_MODE, ExpectLine, Scenario, parse_scenarios


def record_file(path: Path, oracle: Oracle) -> int:
    """Rewrites the expect blocks of `path`; returns how many scenarios were recorded."""
    lines = path.read_text(encoding="utf-8").splitlines()
    count = 0
    # From the end, so that line numbers above stay right.
    for scenario in reversed(parse_scenarios(path)):
        if not scenario.is_for(*oracle.versions):
            continue
        recorded = _recorded_blocks(scenario, oracle)
        if not scenario.blocks:
            place = _end_of_text(lines, scenario)
            lines[place:place] = ["", *recorded]
        else:
            first, last = scenario.blocks[0].first_line, scenario.blocks[-1].last_line
            lines[first : last + 1] = recorded
        count += 1
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return count


def _recorded_blocks(scenario: Scenario, oracle: Oracle) -> list[str]:
    told: dict[tuple[str, ...], list[str]] = {}
    for mode in scenario.modes:
        collection, root = oracle.collect(scenario, mode)
        old = scenario.expected(mode, *oracle.versions)
        others = [line for line in _in_mode(scenario, mode) if line not in old]
        block = tuple(map(str, _merged(lines_of(collection, root), old, others)))
        told.setdefault(block, []).append(mode)
    blocks: list[str] = []
    for block, modes in told.items():
        every = len(modes) == len(scenario.modes) or modes == [DEFAULT_MODE]
        blocks += ["```expect" if every else f"```expect mode={','.join(modes)}", *block, "```", ""]
    return blocks[:-1]


def _in_mode(scenario: Scenario, mode: str) -> list[ExpectLine]:
    return [line for block in scenario.blocks if not block.modes or mode in block.modes for line in block.lines]


def _merged(new: Sequence[ExpectLine], old: Sequence[ExpectLine], others: Sequence[ExpectLine]) -> list[ExpectLine]:
    """What pytest says now, with the codes and marks that stood there; lines for other versions are kept behind."""
    codes = dict(codes_of(line) for line in old)
    merged = []
    for line in new:
        node = codes_of(line)[0]
        kept = next((other for other in old if matches(without_code(other), without_code(line))), None)
        if kept is not None:
            merged.append(kept)
        elif codes.get(node) and line.verb in ("error", "abort"):
            verb, rest = without_code(line)
            written, _, what = rest.partition(" ")
            merged.append(ExpectLine(verb, f"{written} [{', '.join(codes[node])}] {what}"))
        else:
            merged.append(line)
    return merged + [line for line in old if line.verb in SIMULATION_VERBS] + list(others)


def _end_of_text(lines: Sequence[str], scenario: Scenario) -> int:
    end = scenario.last_line
    while end > scenario.line and not lines[end - 1].strip():
        end -= 1
    return end


def main(paths: Sequence[str]) -> None:
    """Records each file named, with this interpreter's pytest."""
    with Oracle(sys.executable) as oracle:
        for name in paths:
            print(f"{name}: {record_file(Path(name).resolve(), oracle)} scenarios")


if __name__ == "__main__":
    main(sys.argv[1:])
