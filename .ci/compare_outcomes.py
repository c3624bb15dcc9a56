"""Are the tests and outcomes of two JUnit files the same? `compare_outcomes.py OURS THEIRS [BUT]`: exit code 1 where not.

Tests of OURS whose `module::name` matches the regular expression BUT need no counterpart in THEIRS.
"""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter


def outcomes(path: str) -> Counter[tuple[str, str, str]]:
    """How often each test had which outcome."""
    counted: Counter[tuple[str, str, str]] = Counter()
    for case in ElementTree.parse(path).iter("testcase"):
        kinds = sorted(child.tag for child in case if child.tag in ("failure", "error", "skipped"))
        counted[case.get("classname", ""), case.get("name", ""), "+".join(kinds) or "passed"] += 1
    return counted


def main(ours: str, theirs: str, but: str = "") -> int:
    """Print what only one of the two has; returns the exit code."""
    first, second = outcomes(ours), outcomes(theirs)
    left_out = [test for test in first if but and test not in second and re.search(but, f"{test[0]}::{test[1]}")]
    for test in left_out:
        del first[test]
    for label, rest in ((f"only in {ours}", first - second), (f"only in {theirs}", second - first)):
        for (classname, name, outcome), number in sorted(rest.items()):
            print(f"{label}: {classname}::{name} {outcome}" + (f" ({number} times)" if number > 1 else ""))
    same = first == second
    if left_out:
        print(f"{len(left_out)} tests match {but!r} and were only run here")
    print(f"{sum(first.values())} and {sum(second.values())} tests: {'the same outcomes' if same else 'DIFFERENT'}")
    return 0 if same and first else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
