"""Compares `muster run -n 2` with `pytest -n 2` (pytest-xdist) and plain `pytest` on suites that ship in PyPI packages.

    python bench/run.py --work DIR [--only networkx,sympy] [--repeat N]

Each suite gets an environment below DIR once. Every runner writes JUnit XML; the tests and their outcomes must be the
same, or the row says where they differ. Times are the best of N runs, as whole processes: seconds on the clock, and
processor seconds of the process and all its children. Muster and pytest run once more before, so that caches and
compiled files are there as in daily use; Muster's cold run has a column of its own.
"""

from __future__ import annotations

import argparse
import os
import resource
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
    chosen = [suite for suite in SUITES if not options.only or suite.name.split(",")[0] in options.only.split(",")]
    print(
        "| suite | tests | pytest | pytest -n 2 | muster run -n 2 | of pytest | of xdist | CPU of xdist | cold, of xdist | same |"
    )
    print("| --- | --: | --: | --: | --: | --: | --: | --: | --: | --- |", flush=True)
    rows = [_compare(suite, work, options.repeat) for suite in chosen]
    return 0 if all(rows) else 1


def _compare(suite: Suite, work: Path, repeat: int) -> bool:
    python = _environment(suite, work)
    folder = work / "run" / suite.install[0]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pytest.ini").write_text("[pytest]\n")
    plain = [str(python), "-m", "pytest", "-q", *suite.arguments]
    muster = [sys.executable, "-m", "muster", "run", "-n", WORKERS, "--python", str(python), "--", *suite.arguments]
    commands = {"plain": plain, "xdist": [*plain, "-n", WORKERS], "muster": muster}
    cold = _measure(muster, folder, "muster", fresh=True)
    _measure(plain, folder, "plain")  # leaves compiled files for all
    best: dict[str, Measured] = {}
    for _ in range(repeat):
        for name, command in commands.items():
            run = _measure(command, folder, name)
            if name not in best or run.wall_s < best[name].wall_s:
                best[name] = run
    ours, theirs, alone = best["muster"], best["xdist"], best["plain"]
    differs = difference(theirs, ours) or difference(alone, ours)
    print(
        f"| {suite.name} ({suite.about}) | {ours.tests} | {alone.wall_s:.1f} s | {theirs.wall_s:.1f} s | {ours.wall_s:.1f} s "
        f"| {ours.wall_s / alone.wall_s:.2f} | {ours.wall_s / theirs.wall_s:.2f} | {ours.cpu_s / theirs.cpu_s:.2f} "
        f"| {cold.wall_s / theirs.wall_s:.2f} | {differs or 'yes'} |",
        flush=True,
    )
    return not differs


def _measure(command: Sequence[str], folder: Path, name: str, *, fresh: bool = False) -> Measured:
    report = folder / f"{name}.xml"
    report.unlink(missing_ok=True)
    position = command.index("--") if name == "muster" else len(command)
    junit = ["--junit", str(report)] if name == "muster" else [f"--junitxml={report}", "-o", "junit_family=xunit1"]
    # Without compiled files every pytest would rewrite every test module anew, which is not what daily use is like.
    dropped = ("PYTEST_", "PYTHONDONTWRITEBYTECODE")
    environ = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    cache = folder / "muster-cache"
    if fresh and cache.exists():
        for file in sorted(cache.rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()
    environ |= {"MUSTER_CACHE_DIR": str(cache), "PYTHONPATH": str(SOURCES) if name == "muster" else ""}
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
    parser.add_argument("--only", default="", help="names of suites, separated by commas")
    parser.add_argument("--repeat", type=int, default=2, help="how often each runner runs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
