"""Measures what watching a collection costs: plain pytest, observed (`check --confirm`) and traced (`probe`), in turns.

    python -m bench.probe --work DIR [--only flask,networkx] [--turns 5]

The suites are those of `suites.toml`; `--work` is that of accuracy.py, which obtains them. In each turn the three run
one after the other, each a process of its own, so that what else the machine does meets all of them. Published are the
medians, and of the ratios the median of those of the turns. CPU seconds are the operating system's own, of the whole
process. All three must collect the same number of tests.

Running this runs the suites' own code.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.accuracy import HERE, Suite, environment_of, folder_of, prepare, read_suites, spent_by_children

from muster.adapters.observed_pytest import PytestProcess, take_apart
from muster.adapters.traced_pytest import TracedProcess

LIMIT = 0.15
"""What tracing may add to the CPU seconds of a collection."""

TESTS = re.compile(r"^[= ]*(?:(?P<some>\d+)/)?(?P<all>\d+) tests? collected", re.MULTILINE)
BY_FILE = re.compile(r"^\S.*: (\d+)$", re.MULTILINE)
"""What pytest prints in place of node ids where the suite's own options hold a `-q` already."""


@dataclass(frozen=True)
class Spent:
    """One collection: how many tests, and its seconds on the clock and of processors."""

    tests: int
    wall_s: float
    cpu_s: float


@dataclass(frozen=True)
class Turn:
    """The same collection three times."""

    plain: Spent
    observed: Spent
    traced: Spent


def main(arguments: list[str] | None = None) -> int:
    """Print a row for each suite; 1 where tracing one of them costs more than the limit or loses tests."""
    options = parse_arguments(arguments)
    work = Path(options.work).resolve()
    chosen = options.only.split(",")
    suites = [suite for suite in read_suites(options.suites) if suite.name in chosen]
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, {options.turns} turns", file=sys.stderr)
    rows = [
        (suite, [one_turn(suite, work) for _ in range(options.turns)])
        for suite in suites
        if ready(suite, work, options)
    ]
    print(render_table(rows))
    return 0 if rows and all(is_within(turns) for _, turns in rows) else 1


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure what watching a collection costs.")
    parser.add_argument("--work", default="accuracy-work", help="where accuracy.py keeps suites and environments")
    parser.add_argument("--suites", default=str(HERE / "suites.toml"))
    parser.add_argument("--only", default="flask,networkx", help="names of suites, with commas")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--interpreter", action="append", default=[], metavar="VERSION=PATH")
    parser.add_argument("--checkouts", default="")
    parser.add_argument("--no-prepare", action="store_true", help="suites and environments are there")
    return parser.parse_args(arguments)


def ready(suite: Suite, work: Path, options: argparse.Namespace) -> bool:
    """Whether the suite is there, once it was collected for the caches of Python's and of the system's."""
    if not (options.no_prepare or prepare(suite, work, options)):
        return False
    collect_plainly(suite, work)
    return True


def one_turn(suite: Suite, work: Path) -> Turn:
    """The three collections, one after the other."""
    interpreter = str(work / "venvs" / suite.name / "bin" / "python")
    words, folder = shlex.split(suite.command), folder_of(suite, work)
    environ = environment_of(suite, work)
    return Turn(
        plain=timed(lambda: collect_plainly(suite, work)),
        observed=timed(lambda: len(PytestProcess(interpreter, environ=environ).collect(words, folder).items)),
        traced=timed(lambda: len(TracedProcess(interpreter, environ).probe(words, folder).collection.items)),
    )


def collect_plainly(suite: Suite, work: Path) -> int:
    """How many tests the suite's own command collects."""
    flags, arguments, as_module = take_apart(shlex.split(suite.command))
    binaries = work / "venvs" / suite.name / "bin"
    start = [str(binaries / "python"), *flags, "-m", "pytest"] if as_module else [str(binaries / "pytest")]
    done = subprocess.run(
        [*start, *arguments, "--collect-only", "-q"],
        cwd=folder_of(suite, work),
        env=environment_of(suite, work),
        capture_output=True,
        text=True,
        check=False,
    )
    found = TESTS.search(done.stdout)
    if found:
        return int(found["some"] or found["all"])
    return sum(map(int, BY_FILE.findall(done.stdout)))


def timed(collect: Callable[[], int]) -> Spent:
    """What `collect` spends in child processes."""
    wall, cpu = time.monotonic(), spent_by_children()
    tests = collect()
    return Spent(tests, time.monotonic() - wall, spent_by_children() - cpu)


def is_within(turns: Sequence[Turn]) -> bool:
    """Whether tracing stays within the limit, and loses no test."""
    same = {spent.tests for turn in turns for spent in (turn.plain, turn.observed, turn.traced)}
    return len(same) == 1 and added(turns, lambda turn: turn.traced) < LIMIT


def added(turns: Sequence[Turn], kind: Callable[[Turn], Spent]) -> float:
    """By how much more CPU time that kind takes than the plain command, as a part of it: the median of the turns."""
    return median(kind(turn).cpu_s / turn.plain.cpu_s for turn in turns) - 1


def render_table(rows: Sequence[tuple[Suite, Sequence[Turn]]]) -> str:
    """The Markdown table: seconds on the clock / of processors."""
    lines = [
        "| suite | tests | plain pytest | observed | traced | observing adds | tracing adds |",
        "| --- | --: | --: | --: | --: | --: | --: |",
    ]
    for suite, turns in rows:
        kinds: list[Callable[[Turn], Spent]] = [lambda t: t.plain, lambda t: t.observed, lambda t: t.traced]
        seconds = [
            f"{median(kind(t).wall_s for t in turns):.1f} / {median(kind(t).cpu_s for t in turns):.1f}"
            for kind in kinds
        ]
        shares = [f"{100 * added(turns, kind):+.1f} %" for kind in kinds[1:]]
        tests = sorted({kind(turn).tests for turn in turns for kind in kinds})
        lines.append("| " + " | ".join([suite.name, "/".join(map(str, tests)), *seconds, *shares]) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
