"""The repository's tests, category by category: `tests/unified_test_runner.py [--category NAME]... [pytest args]`.

A category is a folder below `tests/`, or `scenarios`. One line is printed for each as it ends, and one closing summary
line in pytest's own form with the totals. The exit code is that of the worst category.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).resolve().parent
NOT_CATEGORIES = {"support", "scenarios", "__pycache__", "data"}
ORDER = ("failed", "errors", "passed", "skipped", "deselected", "xfailed", "xpassed", "warnings")
NO_TESTS_COLLECTED = 5


def categories() -> dict[str, list[Path]]:
    """Each category's paths: folders that hold test files, then the scenarios and other files of `tests/` itself."""
    folders = sorted(path for path in TESTS.iterdir() if path.is_dir() and path.name not in NOT_CATEGORIES)
    found = {folder.name: [folder] for folder in folders if any(folder.rglob("test_*.py"))}
    if loose := sorted(TESTS.glob("test_*.py")):
        found["scenarios"] = loose
    return found


def main() -> int:
    """Runs what the command line asks for; returns the exit code."""
    options, rest = _parser().parse_known_args()
    known = categories()
    if options.list_categories:
        print("\n".join(known))
        return 0
    if importlib.util.find_spec("pytest") is None:
        print(
            "pytest is not installed here: run  pip install -e . --group dev  in the repository's root", file=sys.stderr
        )
        return 4
    if unknown := set(options.category or ()) - set(known):
        print(f"no category named {', '.join(sorted(unknown))}; there are {', '.join(known)}", file=sys.stderr)
        return 4
    return _run_all({name: known[name] for name in options.category or known}, options.collect_only, rest)


def _run_all(chosen: dict[str, list[Path]], collect_only: bool, rest: list[str]) -> int:
    started = time.monotonic()
    totals: Counter[str] = Counter()
    worst = 0
    for name, paths in chosen.items():
        code, counts, seconds = _run(paths, [*(["--collect-only", "-q"] if collect_only else []), *rest])
        # A folder may have nothing to say to `-k` or `-m`; the run still fails where nothing at all was collected.
        worst = max(worst, code if code != NO_TESTS_COLLECTED else 0)
        totals += counts
        print(f"{name:<16} {_in_words(counts) or 'no tests'} in {seconds:.1f}s", flush=True)
    if not totals and not worst:
        worst = NO_TESTS_COLLECTED
    print(f"=== {_in_words(totals) or 'no tests ran'} in {time.monotonic() - started:.2f}s ===")
    return worst


def _run(paths: list[Path], arguments: list[str]) -> tuple[int, Counter[str], float]:
    """Runs pytest on `paths`, its output passed through; returns exit code, counts and seconds."""
    started = time.monotonic()
    command = [sys.executable, "-m", "pytest", *map(str, paths), *arguments]
    summary = ""
    with subprocess.Popen(command, cwd=TESTS.parent, stdout=subprocess.PIPE, text=True, errors="replace") as child:
        assert child.stdout is not None
        for line in child.stdout:
            print(line, end="", flush=True)
            summary = line if re.search(r"\bin \d+\.\d+s\b", line) else summary
    return child.returncode, _counts(summary), time.monotonic() - started


def _counts(summary: str) -> Counter[str]:
    """The numbers of a closing summary line: `3 passed, 1 error in 0.5s` or `7 tests collected in 0.1s`."""
    counts: Counter[str] = Counter()
    plural = {"error": "errors", "warning": "warnings", "test": "collected", "tests": "collected"}
    for number, word in re.findall(r"(\d+)(?:/\d+)? ([a-z]+)", summary):
        counts[plural.get(word, word)] += int(number)
    return counts


def _in_words(counts: Counter[str]) -> str:
    names = [*ORDER, *sorted(set(counts) - set(ORDER))]
    return ", ".join(f"{counts[name]} {name}" for name in names if counts[name])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--category", action="append", metavar="NAME", help="run only this category; repeatable")
    parser.add_argument("--collect-only", action="store_true", help="list the tests, run none")
    parser.add_argument("--list-categories", action="store_true", help="name the categories")
    return parser


if __name__ == "__main__":
    sys.exit(main())
