"""What deferring saves: the seconds in which real suites collect, before and after the fixes of `muster profile`.

    python -m bench.collect --work DIR [--only flask,zulip-terminal] [--rounds 5] [--patches DIR]

The suites are those of `suites.toml` and `collect.toml`, obtained and given environments as for `accuracy.py`. Each is
copied twice; `muster profile --apply` runs in one copy, and finds, proves, measures and writes what could wait. Then
pytest itself collects both copies in turn, once to compile everything and `--rounds` times for the table, as whole
processes timed by the operating system. The node ids that it prints must be the same. Seconds are those of the fastest runs.

Running this runs the suites' own code.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import accuracy, speed

PROFILE_TIMEOUT_S = 1800.0
LEFT_OUT = shutil.ignore_patterns(".git", ".muster", "__pycache__", ".pytest_cache", ".venv", "node_modules")
NODE_ID = re.compile(r"^\S.*::.*$", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """One suite: how many tests it has, what was deferred, and each pair of runs; `problem` says why there is no more."""

    name: str
    tests: int = 0
    deferred: tuple[str, ...] = ()
    pairs: tuple[tuple[speed.Run, speed.Run], ...] = ()
    seconds: float = 0.0
    problem: str = ""


def main(arguments: list[str] | None = None) -> int:
    """Print the table; 1 where node ids did not stay the same."""
    options = parse_arguments(arguments)
    work = options.work.resolve()
    wanted = [name for name in options.only.split(",") if name]
    known = [suite for path in options.suites for suite in accuracy.read_suites(path)]
    suites = [suite for suite in known if not wanted or suite.name in wanted]
    rows = []
    for suite in suites:
        if accuracy.prepare(suite, work, options):
            rows.append(measure_suite(suite, work, options))
            print(render_row(rows[-1]), file=sys.stderr, flush=True)
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, fastest of {options.rounds}\n")
    print(render_table(rows))
    return int(any("node ids" in row.problem for row in rows))


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Time the collection of real suites before and after deferring imports."
    )
    parser.add_argument("--work", type=Path, required=True, help="as for accuracy.py")
    files = [str(accuracy.HERE / name) for name in ("suites.toml", "collect.toml")]
    parser.add_argument("--suites", nargs="+", default=files, metavar="FILE")
    parser.add_argument("--checkouts", default="")
    parser.add_argument("--interpreter", action="append", default=[], metavar="VERSION=PATH")
    parser.add_argument("--only", default="")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--patches", type=Path, help="a folder for what was written, one patch a suite")
    return parser.parse_args(arguments)


def measure_suite(suite: accuracy.Suite, work: Path, options: argparse.Namespace) -> Row:
    """One suite, in two copies that are thrown away."""
    with tempfile.TemporaryDirectory(prefix="muster-collect-") as folder:
        before, after = Path(folder, "before", suite.name), Path(folder, "after", suite.name)
        for copy in (before, after):
            shutil.copytree(work / "src" / suite.name, copy, symlinks=True, ignore=LEFT_OUT)
        collect(suite, work, after)  # so that the profile meets what pytest has compiled
        report = profile(suite, work, after, options.rounds)
        if isinstance(report, str):
            return Row(suite.name, problem=report)
        kept = tuple(each["module"] for each in report["deferrals"] if each["kept"])
        if not kept:
            return Row(suite.name, report["tests"], seconds=report["seconds"])
        if options.patches:
            options.patches.mkdir(parents=True, exist_ok=True)
            Path(options.patches, f"{suite.name}.patch").write_text(report["patch"], encoding="utf-8")
        rounds = [(collect(suite, work, before), collect(suite, work, after)) for _ in range(options.rounds + 1)]
        return judged(suite.name, report["tests"], kept, rounds)


def judged(name: str, tests: int, kept: tuple[str, ...], rounds: Sequence[tuple[speed.Run, speed.Run]]) -> Row:
    """The row, without the round that only compiles; with a problem where the two copies do not collect the same."""
    one, other = (NODE_ID.findall(run.output) for run in rounds[0])
    problem = "" if one == other and rounds[0][0].exit_code == rounds[0][1].exit_code else "the node ids differ"
    return Row(name, tests, kept, tuple(rounds[1:]), problem=problem)


def environment_of(suite: accuracy.Suite, work: Path) -> dict[str, str]:
    """That of `accuracy.py`, but with everything compiled kept, as people have it."""
    environment = accuracy.environment_of(suite, work)
    return {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}


def own_path(copy: Path) -> str:
    """Where a copy's own modules lie: its environment was made for the original."""
    return str(copy / "src" if (copy / "src").is_dir() else copy)


def collect(suite: accuracy.Suite, work: Path, copy: Path) -> speed.Run:
    """What pytest itself collects in `copy`, as a whole process."""
    python = work / "venvs" / suite.name / "bin" / "python"
    words = shlex.split(suite.command)
    program = [str(python.parent / words[0]), *words[1:]]
    environment = {**environment_of(suite, work), "PYTHONPATH": own_path(copy)}
    # `measure` hands on what it inherits itself.
    dropped = [f"-u{name}" for name in os.environ if name.startswith("PYTEST_") or name == "PYTHONDONTWRITEBYTECODE"]
    return speed.measure(["env", *dropped, *program, "--collect-only", "-q"], copy / suite.cwd, environment)


def profile(suite: accuracy.Suite, work: Path, copy: Path, rounds: int) -> dict[str, Any] | str:
    """What `muster profile --apply` says of `copy`, which it changes; or why it says nothing."""
    python = work / "venvs" / suite.name / "bin" / "python"
    command = [
        *(
            sys.executable,
            "-m",
            "muster",
            "profile",
            "--apply",
            "--format",
            "json",
            "--rounds",
            str(rounds),
            "--no-history",
        ),
        *("--root", str(copy / suite.cwd), "--python", str(python)),
        *("--invocation", f"PYTHONPATH={shlex.quote(own_path(copy))} {suite.command}"),
    ]
    try:
        done = subprocess.run(
            command,
            cwd=copy / suite.cwd,
            env={**environment_of(suite, work), "MUSTER_CACHE_DIR": str(copy.parent / "cache")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PROFILE_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no profile within {PROFILE_TIMEOUT_S:.0f} s"
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return f"no profile: {(done.stderr.strip().splitlines() or ['nothing was said'])[0]}"
    return report


def render_table(rows: Sequence[Row]) -> str:
    """The rows under their heading, as Markdown."""
    head = "| suite | tests | before | after | saved | processor before | after | deferred |"
    return "\n".join([head, "|---|---|---|---|---|---|---|---|", *map(render_row, rows)])


def render_row(row: Row) -> str:
    """One line of the table."""
    if row.problem or not row.pairs:
        before = f"{row.seconds:.2f} s" if row.seconds else ""
        return f"| {row.name} | {row.tests} | {before} | | | | | {row.problem or 'nothing'} |"
    before, after = speed.least([one for one, _ in row.pairs]), speed.least([other for _, other in row.pairs])
    saved = before.wall_s - after.wall_s
    cpu = [min(run.cpu_s for run in runs) for runs in zip(*row.pairs, strict=True)]
    cells = [
        row.name,
        str(row.tests),
        f"{before.wall_s:.2f} s",
        f"{after.wall_s:.2f} s",
        f"{saved:.2f} s ({saved / before.wall_s:.0%})",
        *(f"{seconds:.2f} s" for seconds in cpu),
        ", ".join(f"`{module}`" for module in row.deferred),
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
