"""Compares `muster run -n 2` with `pytest -n 2` (pytest-xdist) and plain `pytest` on suites that ship in PyPI packages.

    python bench/run.py --work DIR [--only sympy] [--repeat N]

Each suite gets an environment below DIR once. Every runner writes JUnit XML; the tests and their outcomes must be the
same, or the row says where they differ. The runners take turns, N times, as whole processes: a cell holds the median seconds
on the clock and, behind the slash, the processor seconds of the process and all its children; a ratio is the median of the
ratios turn by turn, so that a machine which grows slower or faster meanwhile spoils none. pytest runs once before, so that
compiled files are there as in daily use. Muster's *cold* runs begin with an empty cache, the others find what the one before
kept: nothing was edited between them.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).resolve().parent.parent / "src"
TIMEOUT_S = 3600.0
WORKERS = "2"


@dataclass(frozen=True)
class Suite:
    """One suite: what to install, what pytest is told, and what it is here for."""

    name: str
    install: tuple[str, ...]
    arguments: tuple[str, ...]
    about: str


SUITES = (
    Suite("networkx, -k flow", ("networkx",), ("--pyargs", "networkx", "-k", "flow"), "collection counts"),
    Suite(
        "sympy.physics, -k one test",
        ("sympy", "hypothesis"),
        ("--pyargs", "sympy.physics", "-k", "test_hydrogen_energies"),
        "collection dominates",
    ),
    Suite("zope.interface", ("zope.interface", "zope.testing"), ("--pyargs", "zope.interface"), "seconds in all"),
    Suite("networkx", ("networkx",), ("--pyargs", "networkx"), "many short tests"),
    Suite("mpmath", ("mpmath",), ("--pyargs", "mpmath"), "few long tests"),
)


@dataclass(frozen=True)
class Measured:
    """One run: its seconds, and how often each test had which outcome."""

    wall_s: float
    cpu_s: float
    outcomes: Mapping[tuple[str, str], Counter[str]]
    code: int

    @property
    def tests(self) -> int:
        """How many tests there were."""
        return sum(sum(counter.values()) for counter in self.outcomes.values())


def main() -> int:
    """Print the table; the exit code is 1 where runners differ in tests or outcomes."""
    options = _parser().parse_args()
    work = Path(options.work).resolve()
    chosen = [suite for suite in SUITES if not options.only or suite.name.startswith(tuple(options.only))]
    print(f"load average at the start: {os.getloadavg()[0]:.1f}, on {os.cpu_count()} processors\n")
    print(
        "| suite | tests | `pytest` | `pytest -n 2` (xdist) | `muster run -n 2` | cold | of xdist | cold, of xdist | same |"
    )
    print("| --- | --: | --: | --: | --: | --: | --: | --: | --- |", flush=True)
    rows = [_compare(suite, work, options.repeat) for suite in chosen]
    return 0 if all(rows) else 1


def _compare(suite: Suite, work: Path, repeat: int) -> bool:
    python = _environment(suite, work)
    folder = work / "run" / suite.install[0]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pytest.ini").write_text("[pytest]\n")
    plain = [str(python), "-m", "pytest", "-q", *suite.arguments]
    muster = [sys.executable, "-m", "muster", "run", "-n", WORKERS, "--python", str(python), "--", *suite.arguments]
    commands = {"plain": plain, "xdist": [*plain, "-n", WORKERS], "cold": muster, "muster": muster}
    _measure(plain, folder, "plain")  # leaves compiled files for all
    runs: dict[str, list[Measured]] = {name: [] for name in commands}
    for _ in range(repeat):
        for name, command in commands.items():
            runs[name].append(_measure(command, folder, name))
    differs = next((words for name in ("xdist", "plain", "cold") if (words := _differs(runs, name))), "")
    cells = [f"{suite.name} ({suite.about})", str(runs["muster"][0].tests)]
    cells += [_seconds(runs[name]) for name in ("plain", "xdist", "muster", "cold")]
    cells += [_ratio(runs["muster"], runs["xdist"]), _ratio(runs["cold"], runs["xdist"]), differs or "yes"]
    print(f"| {' | '.join(cells)} |", flush=True)
    return not differs


def _differs(runs: Mapping[str, Sequence[Measured]], name: str) -> str:
    """Where a run of `name` and one of Muster's differ; "" where none do."""
    pairs = zip(runs[name], runs["muster"], strict=True)
    return next((words for theirs, ours in pairs if (words := difference(theirs, ours))), "")


def _seconds(runs: Sequence[Measured]) -> str:
    wall, cpu = (statistics.median(getattr(run, kind) for run in runs) for kind in ("wall_s", "cpu_s"))
    return f"{wall:.1f} / {cpu:.1f}"


def _ratio(ours: Sequence[Measured], theirs: Sequence[Measured]) -> str:
    """Our seconds to theirs, turn by turn: on the clock, and of processors."""
    pairs = list(zip(ours, theirs, strict=True))
    wall = statistics.median(one.wall_s / other.wall_s for one, other in pairs)
    cpu = statistics.median(one.cpu_s / other.cpu_s for one, other in pairs)
    return f"{wall:.2f} / {cpu:.2f}"


def _measure(command: Sequence[str], folder: Path, name: str) -> Measured:
    report = folder / f"{name}.xml"
    report.unlink(missing_ok=True)
    is_ours = name in ("muster", "cold")
    position = command.index("--") if is_ours else len(command)
    junit = ["--junit", str(report)] if is_ours else [f"--junitxml={report}", "-o", "junit_family=xunit1"]
    # Without compiled files every pytest would rewrite every test module anew, which is not what daily use is like.
    dropped = ("PYTEST_", "PYTHONDONTWRITEBYTECODE")
    environ = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    cache = folder.parent / f"{folder.name}-cache"
    if name == "cold":
        shutil.rmtree(cache, ignore_errors=True)
    environ |= {"MUSTER_CACHE_DIR": str(cache), "PYTHONPATH": str(SOURCES) if is_ours else ""}
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with open(folder / f"{name}.log", "wb") as log:
        done = subprocess.run(
            [*command[:position], *junit, *command[position:]],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT_S,
            check=False,
        )
    wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(wall, cpu, outcomes(report), done.returncode)


def outcomes(report: Path) -> dict[tuple[str, str], Counter[str]]:
    """What became of each test, by class and name; a test may have an error beside its outcome."""
    outcomes: dict[tuple[str, str], Counter[str]] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        kinds = sorted(child.tag for child in case if child.tag in ("failure", "error", "skipped"))
        key = (case.get("classname", ""), case.get("name", ""))
        outcomes.setdefault(key, Counter())["+".join(kinds) or "passed"] += 1
    return outcomes


def difference(theirs: Measured, ours: Measured) -> str:
    """Where the runs differ, in a few words; "" where they do not."""
    missing = sorted(theirs.outcomes.keys() - ours.outcomes.keys())
    extra = sorted(ours.outcomes.keys() - theirs.outcomes.keys())
    other = sorted(
        key for key in theirs.outcomes.keys() & ours.outcomes.keys() if theirs.outcomes[key] != ours.outcomes[key]
    )
    words = []
    for label, keys in (("missing", missing), ("extra", extra), ("otherwise", other)):
        if keys:
            words.append(f"{len(keys)} {label} ({'::'.join(keys[0])})")
    return ", ".join(words)


def _environment(suite: Suite, work: Path) -> Path:
    folder = work / "venvs" / suite.install[0]
    python = folder / "bin" / "python"
    if not (folder / ".done").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run(
            [str(python), "-m", "pip", "install", "-q", "pytest", "pytest-xdist", *suite.install], check=True
        )
        (folder / ".done").touch()
    return python


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", required=True, help="where environments and reports are kept")
    parser.add_argument("--only", action="append", default=[], help="the beginning of a suite's name; may be repeated")
    parser.add_argument("--repeat", type=int, default=3, help="how many turns the runners take")
    return parser


if __name__ == "__main__":
    sys.exit(main())
