"""Compares the simulated collection of real suites with what pytest really collects there.

    python bench/accuracy.py --work DIR [--checkouts DIR] [--only attrs,flask] [--details FILE]

The suites are those of `suites.toml`. Each is obtained and given an environment of its own below DIR once; what pytest
really collects is observed once and kept in DIR/truth; the simulation runs every time, in a process of its own with a
cold cache, then once more. `--details` says where the two differ, except for suites that are only measured.

Running this runs the suites' own code (that is what the truth is). `--wrap` puts a command in front of pytest, such as
a sandbox; `{name}` in it becomes the suite's.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
import traceback
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from muster.comparison import bare_id
from muster.model.collection import Collection, CollectorReport, Item, Outcome, RaisedException, Session
from muster.usecases.confirm import disagreement

HERE = Path(__file__).resolve().parent
SOURCES = HERE.parent / "src"
TIMEOUT_S = 900.0
OBSERVATION_TIMEOUT_S = 3600.0
SHOWN = 10
ADDRESS = re.compile(r"0x(?:[0-9a-fA-F]+|\.\.\.)")


@dataclass(frozen=True)
class Suite:
    """One suite of `suites.toml`, where its fields are explained."""

    name: str
    source: str
    python: str
    pytest: str
    install: list[str]
    command: str
    kind: str
    package: str = ""
    repository: str = ""
    commit: str = ""
    cwd: str = "."
    tuned: bool = True


@dataclass(frozen=True)
class Failure:
    """A collector that failed: its node id, its file, the exception and the place of its last frame."""

    nodeid: str
    path: str
    type: str
    message: str
    confidence: str = "certain"
    place: str = ""

    @property
    def text(self) -> str:
        """Type and message, without addresses of objects, which no two runs share."""
        return ADDRESS.sub("0x", f"{self.type}: {self.message}")


@dataclass(frozen=True)
class Told:
    """One collection, real or simulated, as far as it is compared. `error` is a traceback of the simulation's own."""

    items: tuple[str, ...] = ()
    unexpanded: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    skipped: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    aborted_by: Failure | None = None
    exit_code: int = 0
    seconds: float = 0.0
    error: str = ""


@dataclass(frozen=True)
class Comparison:
    """Where one simulation and the truth differ."""

    suite: Suite
    truth: Told
    said: Told
    warm_seconds: float
    missed: tuple[Failure, ...]
    false: tuple[Failure, ...]
    messages: tuple[tuple[Failure, Failure], ...]
    hits: int
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    missing_bare: tuple[str, ...]
    extra_bare: tuple[str, ...]
    wrong_certain: int
    skips_wrong: tuple[str, ...] = field(default=())


def main(arguments: list[str] | None = None) -> int:
    """Print a row for each suite, then the table."""
    options = parse_arguments(arguments)
    if options.child:
        return run_child(options.child, options.rest)
    work = Path(options.work).resolve()
    (work / "truth").mkdir(parents=True, exist_ok=True)
    suites = [
        suite for suite in read_suites(options.suites) if not options.only or suite.name in options.only.split(",")
    ]
    compared: list[Comparison] = []
    for suite in suites:
        if not (options.no_prepare or prepare(suite, work, options)):
            continue
        truth = observe(suite, work, options)
        if truth is None or options.truth_only:
            continue
        said, warm_seconds = simulate(suite, work, options.timeout, 1 if options.once else 2)
        compared.append(compare(suite, truth, said, warm_seconds))
        print(render_row(compared[-1]), flush=True)
        if options.details:
            write_details(Path(options.details), compared)
    if compared:
        print("\n" + render_table(compared))
    return 0


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Compare simulated with real collections.")
    parser.add_argument("--work", default="accuracy-work", help="where suites, environments and truth are kept")
    parser.add_argument("--suites", default=str(HERE / "suites.toml"), help="the file that names the suites")
    parser.add_argument("--checkouts", default="", help="a folder with the checkouts that suites.toml names")
    parser.add_argument("--only", default="", help="names of suites, with commas")
    parser.add_argument("--interpreter", action="append", default=[], metavar="VERSION=PATH")
    parser.add_argument("--wrap", default="", help="a command to put in front of real pytest")
    parser.add_argument("--again", action="store_true", help="observe again although the truth is recorded")
    parser.add_argument("--truth-only", action="store_true")
    parser.add_argument("--no-prepare", action="store_true", help="suites and environments are there")
    parser.add_argument("--timeout", type=float, default=TIMEOUT_S, help="seconds that one simulation may take")
    parser.add_argument("--once", action="store_true", help="no second simulation with a warm cache")
    parser.add_argument("--details", default="", help="a file for what differs")
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    parser.add_argument("rest", nargs="*", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def read_suites(path: str) -> list[Suite]:
    """The suites, in the file's order."""
    return [Suite(**entry) for entry in tomllib.loads(Path(path).read_text(encoding="utf-8"))["suite"]]


# ---------------------------------------------------------------------------------------------------------------------
# Suites and their environments


def prepare(suite: Suite, work: Path, options: argparse.Namespace) -> bool:
    """Whether the suite and its environment are there now."""
    done = work / "venvs" / f"{suite.name}.ok"
    if done.exists():
        return True
    source, venv = work / "src" / suite.name, work / "venvs" / suite.name
    interpreters = dict(entry.split("=", 1) for entry in options.interpreter)
    python = shutil.which(interpreters.get(suite.python, f"python{suite.python}"))
    if python is None:
        print(f"{suite.name}: no python{suite.python} here; name one with --interpreter {suite.python}=PATH")
        return False
    try:
        if not source.exists():
            obtain(suite, source, work, options.checkouts)
        subprocess.run([python, "-m", "venv", str(venv)], check=True)
    except (OSError, subprocess.CalledProcessError, LookupError) as error:
        print(f"{suite.name}: not obtained: {error}")
        return False
    install(suite, venv, source)
    done.touch()
    return True


def obtain(suite: Suite, source: Path, work: Path, checkouts: str) -> None:
    """Put the suite's files at `source`."""
    source.parent.mkdir(parents=True, exist_ok=True)
    if suite.source == "checkout":
        checkout = Path(checkouts) / suite.name
        if not checkouts or not checkout.is_dir():
            raise LookupError(f"needs --checkouts with a checkout of {suite.repository} at {suite.commit}")
        shutil.copytree(checkout, source, symlinks=True)
        return
    with tempfile.TemporaryDirectory(dir=work) as folder:
        pip = [sys.executable, "-m", "pip", "-q"]
        if suite.source == "wheel":
            subprocess.run([*pip, "install", "--no-deps", "--target", str(source), suite.package], check=True)
            return
        name = re.split("[=<>]", suite.package)[0]
        subprocess.run([*pip, "download", "--no-deps", "--no-binary", name, "-d", folder, suite.package], check=True)
        shutil.unpack_archive(next(Path(folder).iterdir()), Path(folder) / "unpacked", filter="data")
        shutil.move(next((Path(folder) / "unpacked").iterdir()), source)


def install(suite: Suite, venv: Path, source: Path) -> None:
    """Install all requirements at once, else one by one: what cannot be had is a broken suite's real state."""
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "-q", f"pytest=={suite.pytest}"]
    steps = [requirement_of(line, suite, source) for line in suite.install]
    if subprocess.run([*pip, *(word for step in steps for word in step)], check=False).returncode == 0:
        return
    for step in [[], *steps]:
        if subprocess.run([*pip, *step], check=False).returncode:
            print(f"{suite.name}: '{' '.join(step)}' cannot be installed", file=sys.stderr)


def requirement_of(line: str, suite: Suite, source: Path) -> list[str]:
    """pip's words for one entry of `install`."""
    if line.startswith("-e ."):
        return ["-e", str(source) + line.removeprefix("-e .")]
    if line.startswith("."):
        return [(suite.package if suite.source == "wheel" else str(source)) + line[1:]]
    return [line]


# ---------------------------------------------------------------------------------------------------------------------
# The two collections, each in a child


def environment_of(suite: Suite, work: Path) -> dict[str, str]:
    """The same small environment for both, so that no variable of ours decides anything."""
    home = work / "home"
    home.mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if name in ("LANG", "LC_ALL", "TZ", "TERM")}
    path = f"{work / 'venvs' / suite.name / 'bin'}:/usr/bin:/bin"
    return {**kept, "PATH": path, "HOME": str(home), "USER": "nobody", "PYTHONDONTWRITEBYTECODE": "1"}


def folder_of(suite: Suite, work: Path) -> str:
    """Where the command runs."""
    return os.path.normpath(work / "src" / suite.name / suite.cwd)


def observe(suite: Suite, work: Path, options: argparse.Namespace) -> Told | None:
    """What pytest really collects, from the record where there is one."""
    record = work / "truth" / f"{suite.name}.told.json"
    if options.again or not record.exists():
        wrap = shlex.split(options.wrap.format(name=suite.name))
        interpreter = str(work / "venvs" / suite.name / "bin" / "python")
        run = [*wrap, sys.executable, str(HERE / "accuracy.py"), "--child", "observe", "--"]
        environment = {**environment_of(suite, work), "PYTHONPATH": str(SOURCES)}
        call = [*run, interpreter, suite.command, folder_of(suite, work), str(record)]
        subprocess.run(call, check=False, env=environment, stdin=subprocess.DEVNULL)
    return read_told(record)


def simulate(suite: Suite, work: Path, timeout_s: float, turns: int) -> tuple[Told, float]:
    """What the simulation says with a cold cache, and the CPU seconds that it then takes with a warm one."""
    with tempfile.TemporaryDirectory(prefix="muster-accuracy-") as folder:
        environment = {**environment_of(suite, work), "PYTHONPATH": str(SOURCES), "MUSTER_CACHE_DIR": f"{folder}/cache"}
        told: list[Told] = []
        for turn in range(turns):
            record = Path(folder) / f"{turn}.json"
            run = [sys.executable, str(HERE / "accuracy.py"), "--child", "simulate", "--"]
            interpreter = str(work / "venvs" / suite.name / "bin" / "python")
            call = [*run, interpreter, suite.command, folder_of(suite, work), str(record)]
            before = spent_by_children()
            try:
                done = subprocess.run(
                    call,
                    check=False,
                    env=environment,
                    cwd=folder_of(suite, work),
                    timeout=timeout_s,
                    stderr=subprocess.PIPE,
                )
                error = done.stderr.decode(errors="replace")[-3000:] if done.returncode else ""
            except subprocess.TimeoutExpired:
                error = f"no answer in {timeout_s:.0f} s"
            seconds = spent_by_children() - before
            read = read_told(record) or Told(error=error or "no record")
            told.append(replace(read, seconds=seconds, error=error or read.error))
            if told[-1].error:
                break
    return told[0], told[-1].seconds


def spent_by_children() -> float:
    """CPU seconds of all processes that have ended: wall time says little on a machine that does other work as well."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run_child(which: str, rest: Sequence[str]) -> int:
    """Collect, really or simulated, and leave the record."""
    interpreter, command, folder, record = rest
    if which == "observe":
        from muster.adapters.observed_pytest import PytestProcess

        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        argv = [*shlex.split(command), "--collect-only", "-q"]
        collection = PytestProcess(interpreter, OBSERVATION_TIMEOUT_S, environment).collect(argv, folder)
    else:
        from muster.usecases.simulate import simulate as simulate_collection
        from muster.wiring import Choices, open_workspace

        os.environ.pop("PYTHONPATH", None)
        with open_workspace(Choices(invocation=command, python=interpreter, root=folder)) as workspace:
            collection = simulate_collection(workspace.ports, workspace.plan.request).collection
    Path(record).write_bytes(msgspec.json.encode(told_of(collection)))
    return 0


def told_of(collection: Any) -> Told:
    """The part of a `Collection` that is compared."""
    reports = collection.reports
    aborted = collection.session.aborted_by
    return Told(
        items=tuple(item.nodeid for item in collection.items),
        unexpanded=tuple(item.nodeid for item in collection.items if not item.expanded),
        failures=tuple(failure_of(report) for report in reports if report.outcome == "failed"),
        skipped=tuple(report.path for report in reports if report.outcome == "skipped"),
        undecided=tuple(f"{report.path}: {report.reason}" for report in reports if report.outcome == "undecided"),
        files=tuple(collection.files),
        aborted_by=failure_of(aborted) if aborted is not None else None,
        exit_code=collection.session.pytest_exit,
        seconds=collection.seconds or 0.0,
    )


def failure_of(report: Any) -> Failure:
    """A failed collector; one without an exception has its reason as message."""
    raised = report.exception
    if raised is None:
        return Failure(report.nodeid, report.path, "", report.reason)
    place = str(raised.frames[-1]) if raised.frames else ""
    return Failure(report.nodeid, report.path, raised.type, raised.message, str(raised.confidence), place)


def read_told(record: Path) -> Told | None:
    """A record that a child left, or None."""
    try:
        return msgspec.json.decode(record.read_bytes(), type=Told)
    except (OSError, msgspec.DecodeError):
        return None


# ---------------------------------------------------------------------------------------------------------------------
# The comparison


def compare(suite: Suite, truth: Told, said: Told, warm_seconds: float) -> Comparison:
    """What `muster probe --compare` compares, and node ids without parameters as well. An undecided file excuses nothing."""
    real, predicted = by_nodeid(truth), by_nodeid(said)
    found = disagreement(collection_of(said), collection_of(truth))
    missing_bare, extra_bare = differences(
        {bare_id(item) for item in truth.items}, {bare_id(item) for item in said.items}
    )
    false = tuple(predicted[report.nodeid] for report in found.false)
    differing = tuple((real[theirs.nodeid], predicted[mine.nodeid]) for mine, theirs in found.messages)
    wrong = [failure for failure in (*false, *(pair[1] for pair in differing)) if failure.confidence == "certain"]
    return Comparison(
        suite,
        truth,
        said,
        warm_seconds,
        missed=tuple(real[report.nodeid] for report in found.missed),
        false=false,
        messages=differing,
        hits=len(found.foreseen),
        missing=found.tests_missed,
        extra=found.tests_false,
        missing_bare=missing_bare,
        extra_bare=extra_bare,
        wrong_certain=len(wrong),
        skips_wrong=tuple(sorted({report.path for report in (*found.skips_missed, *found.skips_false)})),
    )


def collection_of(told: Told) -> Collection:
    """The part of a collection that is compared, made whole again."""
    unexpanded = set(told.unexpanded)
    ended_by = report_of(told.aborted_by) if told.aborted_by is not None else None
    return Collection(
        session=Session(pytest_exit=told.exit_code, aborted_by=ended_by),
        items=tuple(Item(nodeid, "", expanded=nodeid not in unexpanded) for nodeid in told.items),
        reports=(
            *map(report_of, told.failures),
            *(CollectorReport(path, path, Outcome.SKIPPED) for path in told.skipped),
        ),
    )


def report_of(failure: Failure) -> CollectorReport:
    """The report of a collector that failed."""
    raised = RaisedException(failure.type, failure.message)
    return CollectorReport(failure.nodeid, failure.path, Outcome.FAILED, raised)


def by_nodeid(told: Told) -> dict[str, Failure]:
    """Failing collectors by node id; what aborted the session is one of them."""
    failures = {failure.nodeid: failure for failure in told.failures}
    if told.aborted_by is not None:
        failures[told.aborted_by.nodeid] = told.aborted_by
    return failures


def differences(expected: Iterable[str], found: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is expected and not found, and what is found and not expected."""
    left, right = Counter(expected), Counter(found)
    return tuple((left - right).elements()), tuple((right - left).elements())


# ---------------------------------------------------------------------------------------------------------------------
# Text


def share(part: int, whole: int) -> str:
    """A ratio, or a dash where there is nothing to divide by."""
    return f"{part / whole:.4f}" if whole else "-"


def cells(compared: Comparison) -> list[str]:
    """The row of one suite."""
    truth, said = compared.truth, compared.said
    name = compared.suite.name + ("" if compared.suite.tuned else " (measured only)")
    if said.error:
        last = said.error.strip().splitlines()[-1][:80]
        return [name, str(len(by_nodeid(truth))), f"no answer: {last}", *["-"] * 9, f"{truth.seconds:.1f}", "-"]
    real, predicted = len(by_nodeid(truth)), len(by_nodeid(said))
    both = len(truth.items)
    return [
        name,
        str(real),
        str(predicted),
        share(compared.hits, predicted),
        share(compared.hits, real),
        f"{compared.hits - len(compared.messages)}/{compared.hits}",
        str(both),
        f"-{len(compared.missing)} +{len(compared.extra)}",
        f"-{len(compared.missing_bare)} +{len(compared.extra_bare)}",
        str(len(set(said.unexpanded))),
        str(len(set(said.undecided))),
        str(compared.wrong_certain),
        f"{truth.seconds:.1f}",
        f"{said.seconds:.1f} / {compared.warm_seconds:.1f}",
    ]


HEADER = (
    "suite", "failing", "predicted", "precision", "recall", "same message", "node ids", "with parameters", "without",
    "unexpanded", "undecided", "wrong certain", "pytest s", "muster CPU s cold / warm",
)  # fmt: skip


def render_row(compared: Comparison) -> str:
    """One line for a terminal."""
    return "  ".join(
        f"{title} {cell}" if number else cell
        for number, (title, cell) in enumerate(zip(HEADER, cells(compared), strict=True))
    )


def render_table(compared: Sequence[Comparison]) -> str:
    """The Markdown table, with a last row of sums."""
    rows = [list(HEADER), ["---"] * len(HEADER), *(cells(entry) for entry in compared), total_cells(compared)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def total_cells(compared: Sequence[Comparison]) -> list[str]:
    """Sums over the suites that were answered."""
    answered = [entry for entry in compared if not entry.said.error]
    real = sum(len(by_nodeid(entry.truth)) for entry in answered)
    predicted = sum(len(by_nodeid(entry.said)) for entry in answered)
    hits = sum(entry.hits for entry in answered)
    wrong_messages = sum(len(entry.messages) for entry in answered)
    counts = [
        sum(len(getattr(entry, name)) for entry in answered)
        for name in ("missing", "extra", "missing_bare", "extra_bare")
    ]
    return [
        f"**all ({len(answered)})**", str(real), str(predicted), share(hits, predicted), share(hits, real),
        f"{hits - wrong_messages}/{hits}", str(sum(len(entry.truth.items) for entry in answered)),
        f"-{counts[0]} +{counts[1]}", f"-{counts[2]} +{counts[3]}",
        str(sum(len(set(entry.said.unexpanded)) for entry in answered)),
        str(sum(len(set(entry.said.undecided)) for entry in answered)),
        str(sum(entry.wrong_certain for entry in answered)),
        f"{sum(entry.truth.seconds for entry in answered):.0f}",
        f"{sum(entry.said.seconds for entry in answered):.0f} / {sum(entry.warm_seconds for entry in answered):.0f}",
    ]  # fmt: skip


def write_details(path: Path, compared: Sequence[Comparison]) -> None:
    """Write what is known so far, so that a long run can be read before its end."""
    path.write_text(render_details(compared), encoding="utf-8", errors="backslashreplace")


def render_details(compared: Sequence[Comparison]) -> str:
    """What differs, the worst suites first; numbers alone for suites that are only measured."""
    weight = {
        entry.suite.name: len(entry.false) * 5 + len(entry.missed) * 5 + len(entry.missing_bare) + len(entry.extra_bare)
        for entry in compared
    }
    parts = [render_table(compared), ""]
    for entry in sorted(compared, key=lambda one: -weight[one.suite.name] - 10**6 * bool(one.said.error)):
        parts += suite_details(entry)
    return "\n".join(parts) + "\n"


def suite_details(entry: Comparison) -> list[str]:
    """The section of one suite."""
    if not entry.suite.tuned:
        return []
    lines = [f"## {entry.suite.name}: `{entry.suite.command}`"]
    if entry.said.error:
        return [*lines, "```", entry.said.error, "```", ""]
    lines += failure_lines("fails falsely", entry.false)
    lines += failure_lines("missed", entry.missed)
    lines += [
        f"- message: truth `{real.text[:160]}` said `{said.text[:160]}` at {real.nodeid} ({said.place})"
        for real, said in entry.messages[:SHOWN]
    ]
    lines += sampled("node ids missing, without parameters", entry.missing_bare)
    lines += sampled("node ids extra, without parameters", entry.extra_bare)
    known = set(entry.missing_bare), set(entry.extra_bare)
    lines += sampled(
        "node ids missing, parameters only", [item for item in entry.missing if bare_id(item) not in known[0]]
    )
    lines += sampled("node ids extra, parameters only", [item for item in entry.extra if bare_id(item) not in known[1]])
    lines += sampled("skipped by one of the two only", entry.skips_wrong)
    lines += sampled("undecided", sorted(set(entry.said.undecided)))
    lines += sampled("unexpanded", entry.said.unexpanded)
    return [*lines, ""]


def failure_lines(title: str, failures: Sequence[Failure]) -> list[str]:
    """Distinct messages, the most frequent first, each with one place."""
    by_text: dict[str, list[Failure]] = {}
    for failure in failures:
        by_text.setdefault(failure.text, []).append(failure)
    ranked = sorted(by_text.items(), key=lambda entry: -len(entry[1]))
    head = [f"- {title}: {len(failures)}"] if failures else []
    return head + [
        f"    - {len(group)}x `{text[:200]}` ({group[0].confidence}) e.g. {group[0].nodeid} at {group[0].place}"
        for text, group in ranked[:SHOWN]
    ]


def sampled(title: str, names: Sequence[str]) -> list[str]:
    """How many, and a few spread over the list."""
    if not names:
        return []
    step = max(1, len(names) // SHOWN)
    return [f"- {title}: {len(names)}", *(f"    - `{name[:160]}`" for name in names[::step][:SHOWN])]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        traceback.print_exc()
        sys.exit(1)
