"""Times whole processes on a synthetic monorepo: Muster, pytest, the Rust collectors, and a plain parse of every file.

    python bench/monorepo.py --files 10000 TREE
    python bench/speed.py TREE [--pytest-python PATH] [--cito PATH] [--rtest PATH] [--repeat 3]

Every figure is the least of `--repeat` runs (pytest runs once), interpreter start included, with a cache folder of its
own; CPU seconds and peak memory are the operating system's own. Seconds depend on the machine and on what else it does
(the load average stands above the table), so the ratios of CPU seconds of one run are what counts. The last columns say
what each tool lists that pytest cannot collect. Nothing here asserts a time.
"""

from __future__ import annotations

import argparse
import compileall
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

SOURCES = Path(__file__).resolve().parent.parent / "src"
CATEGORY = "mission_critical"
SOUND_EXITS = (0, 1, 2, 5)
LEAF = "tests/unit"
HUB = "core/session.py"
CONFTEST = "tests/conftest.py"
NODE_ID = re.compile(r"^ *(?:rtest-cannot-expand: )?(?P<path>[^\s:]+\.py)::\S", re.MULTILINE)
ERROR = re.compile(r"^ERROR (?P<path>[^\s:]+\.py)", re.MULTILINE)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
PARSE_ALL = """
import ast, pathlib, sys, warnings
warnings.simplefilter("ignore")
for path in pathlib.Path(sys.argv[1]).rglob("*.py"):
    try:
        ast.parse(path.read_bytes())
    except SyntaxError:
        pass
"""


@dataclass(frozen=True)
class Run:
    """One process: wall and CPU seconds, peak memory of the largest process, exit code and output."""

    wall_s: float
    cpu_s: float
    memory_mb: float
    exit_code: int
    output: str


@dataclass(frozen=True)
class Row:
    """One line of the table: what was run, and its fastest run."""

    title: str
    best: Run


def main(arguments: list[str] | None = None) -> int:
    """Print the table."""
    options = parse_arguments(arguments)
    tree = options.tree.resolve()
    if not (tree / "pyproject.toml").is_file():
        print(f"'{tree}' is no tree of bench/monorepo.py", file=sys.stderr)
        return 2
    files, load = sum(1 for _ in tree.rglob("*.py")), os.getloadavg()[0]
    print(f"{files} files; {os.cpu_count()} processors; load {load:.1f}; Python {sys.version.split()[0]}\n")
    rows = [parse_row(tree, options)]
    with tempfile.TemporaryDirectory(prefix="muster-speed-") as folder:
        rows += muster_rows(tree, installed(Path(folder)), Path(folder, "cache"), options)
    truth = pytest_rows(tree, options)
    rows += collector_rows(tree, options)
    print(render_table([*rows, *truth], truth[0] if truth else None))
    return 0


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Time whole processes on a synthetic monorepo.")
    parser.add_argument("tree", type=Path)
    parser.add_argument("--pytest-python", default=sys.executable, help="an interpreter with pytest")
    parser.add_argument("--no-pytest", action="store_true", help="leave real pytest out: it takes minutes")
    parser.add_argument("--cito", default=shutil.which("cito") or "")
    parser.add_argument("--rtest", default=shutil.which("rtest") or "")
    parser.add_argument("--repeat", type=int, default=3)
    return parser.parse_args(arguments)


def measure(command: Sequence[str], tree: Path, environment: dict[str, str] | None = None) -> Run:
    """Run `command` in `tree` as a whole process."""
    with tempfile.TemporaryFile() as output:
        started = time.monotonic()
        child = subprocess.Popen(
            command,
            cwd=tree,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(child.pid, 0)
        wall_s = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = COLOURS.sub("", output.read().decode("utf-8", "replace"))
    return Run(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, child.returncode, text)


def least(runs: Iterator[Run] | Sequence[Run]) -> Run:
    """The run that took the least wall time."""
    return min(runs, key=lambda run: run.wall_s)


# ---------------------------------------------------------------------------------------------------------------------
# Rows


def located(command: str) -> str:
    """The absolute path of a command, "" where it is not there: it runs in another folder than this process."""
    found = shutil.which(command) if command else None
    return os.path.abspath(found) if found else ""


def parse_row(tree: Path, options: argparse.Namespace) -> Row:
    """What it costs only to parse every file."""
    command = [options.pytest_python, "-c", PARSE_ALL, str(tree)]
    return Row("`ast.parse` of every file", least([measure(command, tree) for _ in range(options.repeat)]))


def installed(folder: Path) -> Path:
    """The sources with their byte code, as an installation has them; a checkout may be kept from writing it."""
    sources = folder / "src"
    shutil.copytree(SOURCES, sources, ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(sources, quiet=2)
    return sources


def muster_rows(tree: Path, sources: Path, cache: Path, options: argparse.Namespace) -> list[Row]:
    """`muster check`: cold, warm in four ways, and one category."""
    command = [sys.executable, "-m", "muster", "check", "--python", options.pytest_python]
    environment = {"PYTHONPATH": str(sources), "MUSTER_CACHE_DIR": str(cache)}
    category = [*command, "-c", CATEGORY]

    def cold(words: Sequence[str]) -> Run:
        shutil.rmtree(cache, ignore_errors=True)
        return measure(words, tree, environment)

    def after(edit: Path | None, words: Sequence[str]) -> Run:
        with edited(edit):
            return measure(words, tree, environment)

    leaf = sorted((tree / LEAF).rglob("test_*.py"))[0]
    rows = [
        timed("muster check -c mission_critical, cold", lambda: cold(category), options.repeat),
        timed("muster check -c mission_critical, warm", lambda: after(None, category), options.repeat),
        timed("muster check, cold", lambda: cold(command), options.repeat),
        timed("muster check, warm: nothing changed", lambda: after(None, command), options.repeat),
        timed("muster check, warm: one leaf test edited", lambda: after(leaf, command), options.repeat),
        timed("muster check, warm: one hub module edited", lambda: after(tree / HUB, command), options.repeat),
        timed("muster check, warm: a conftest edited", lambda: after(tree / CONFTEST, command), options.repeat),
    ]
    listing = [sys.executable, "-m", "muster", "collect", "--python", options.pytest_python]
    rows.append(timed("muster collect, warm", lambda: after(None, listing), 1))
    return rows


def timed(title: str, run: Callable[[], Run], repeat: int) -> Row:
    """The least of `repeat` runs."""
    row = Row(title, least([run() for _ in range(repeat)]))
    if row.best.exit_code not in SOUND_EXITS:
        print(f"{title}: exit code {row.best.exit_code}\n{row.best.output[-1500:]}", file=sys.stderr)
    return row


@contextmanager
def edited(path: Path | None) -> Iterator[None]:
    """`path` with one more function at its end, each time another one."""
    if path is None:
        yield
        return
    text = path.read_bytes()
    path.write_bytes(text + f"\n\ndef added_{time.monotonic_ns()}():\n    return 1\n".encode())
    try:
        yield
    finally:
        path.write_bytes(text)


def pytest_rows(tree: Path, options: argparse.Namespace) -> list[Row]:
    """Real pytest on the whole tree and on the category."""
    if options.no_pytest:
        return []
    command = [options.pytest_python, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    return [
        Row("pytest --collect-only", measure(command, tree)),
        Row("pytest --collect-only tests/mission_critical", measure([*command, f"tests/{CATEGORY}"], tree)),
    ]


def collector_rows(tree: Path, options: argparse.Namespace) -> list[Row]:
    """The Rust collectors that are there."""
    commands = {
        "cito collect tests": [located(options.cito), "collect", "tests"],
        "rtest --collect-only tests": [located(options.rtest), "--collect-only", "tests"],
    }
    return [
        timed(title, partial(measure, words, tree), options.repeat) for title, words in commands.items() if words[0]
    ]


# ---------------------------------------------------------------------------------------------------------------------
# The table


HEADER = "what|wall s|CPU s|peak MB|of `ast.parse`|faster than pytest|node ids|broken files listed as sound".split("|")


def render_table(rows: Sequence[Row], truth: Row | None) -> str:
    """Markdown; ratios are against real pytest and against the plain parse of the same run."""
    broken = {match["path"] for match in ERROR.finditer(truth.best.output)} if truth else set()
    parse_s = rows[0].best.cpu_s
    lines = [f"| {' | '.join(HEADER)} |", "|" + " --- |" * len(HEADER)]
    for row in rows:
        run = row.best
        files = [match["path"] for match in NODE_ID.finditer(run.output)]
        faster = f"{truth.best.cpu_s / run.cpu_s:.1f}x" if truth and CATEGORY not in row.title else "-"
        listed = str(len(files)) if files else "-"
        wrong = str(len(broken & set(files))) if files and truth else "-"
        figures = [f"{run.wall_s:.2f}", f"{run.cpu_s:.2f}", f"{run.memory_mb:.0f}", f"{run.cpu_s / parse_s:.2f}"]
        title = row.title if run.exit_code in SOUND_EXITS else f"{row.title} (exit code {run.exit_code})"
        lines.append(f"| {' | '.join([title, *figures, faster, listed, wrong])} |")
    if truth:
        lines.append(f"\npytest cannot collect {len(broken)} of these files.")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
