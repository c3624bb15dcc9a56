"""What the evidence of 100 causes costs on a history of 10,000 commits.

    python bench/history.py [--commits 10000] [--files 2000] [--causes 100] [REPOSITORY]

Writes a synthetic repository (by `git fast-import`, the same for the same numbers), or takes a real one, and asks for 100
missing things at once: files that were renamed, deleted or never there, names that were taken out of files that still
exist, and the imports that want them; for as many lines of today, since when they stand there; and for five names that no
file ever defined, for which every change is searched (a second at most). Nothing is cached. A check allows five seconds.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from muster.adapters.git_history import GitHistory
from muster.adapters.git_log import log_of_commits
from muster.adapters.git_objects import Repository
from muster.model.history import Fault, HistoryQuestions
from muster.usecases.diagnose import HISTORY_BUDGET_S


def source(number: int, version: int, *, with_gone: bool) -> str:
    """A module of some 30 lines; `gone_N` is what a commit takes out."""
    functions = "".join(
        f"\n\ndef step_{number}_{part}(value):\n    total = value + {version % 7 + part}\n    return total\n"
        for part in range(5)
    )
    gone = f"\n\ndef gone_{number}(value):\n    return value - {number}\n" if with_gone else ""
    return f'"""Module {number}, version {version}."""\n{gone}{functions}'


class Writer:
    """A stream of commits for `git fast-import`."""

    def __init__(self, folder: Path) -> None:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(folder)], env=environ, check=True)
        self._process = subprocess.Popen(
            ["git", "fast-import", "--quiet"], cwd=folder, stdin=subprocess.PIPE, env=environ
        )
        self._number = 0

    def commit(self, subject: str, *changes: str) -> None:
        """One commit with these changes, each a line of fast-import's own, data included."""
        self._number += 1
        who = f"Bench <bench@example.invalid> {1_500_000_000 + self._number * 600} +0000"
        head = f"commit refs/heads/main\nauthor {who}\ncommitter {who}\ndata {len(subject.encode())}\n{subject}\n"
        assert self._process.stdin is not None
        self._process.stdin.write((head + "".join(changes)).encode())

    def close(self) -> None:
        """Wait until everything is written."""
        self._process.communicate()


def written(path: str, text: str) -> str:
    """The change that writes a file."""
    return f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}\n"


def path_of(number: int) -> str:
    """Where module `number` lies."""
    return f"app/area_{number % 40}/module_{number}.py"


def write_history(folder: Path, commits: int, files: int, causes: int) -> HistoryQuestions:
    """The repository, and the questions that 100 broken imports would ask."""
    random, writer, kinds = Random(1), Writer(folder), causes // 4
    writer.commit("begin", *(written(path_of(number), source(number, 0, with_gone=True)) for number in range(files)))
    for number in range(causes):
        text = f"from app.area_{number % 40}.module_{number} import gone_{number}\n"
        writer.commit(f"test {number}", written(f"tests/test_{number}.py", text))
    moments = {random.randrange(causes + 1, commits): number for number in range(3 * kinds)}
    living = list(range(causes, files))
    for moment in range(causes + 1, commits):
        number = moments.get(moment)
        if number is None:
            chosen = random.sample(living, 3)
            writer.commit(f"work {moment}", *(written(path_of(n), source(n, moment, with_gone=True)) for n in chosen))
        elif number < kinds:
            writer.commit(f"move {number}", f"R {path_of(number)} app/moved/module_{number}.py\n")
        elif number < 2 * kinds:
            writer.commit(f"drop {number}", f"D {path_of(number)}\n")
        else:
            writer.commit(f"take {number}", written(path_of(number), source(number, moment, with_gone=False)))
    writer.close()
    return HistoryQuestions(
        tuple(f"{folder}/{path_of(number)}" for number in range(2 * kinds))
        + tuple(f"{folder}/app/never/module_{number}.py" for number in range(causes - 3 * kinds)),
        tuple((f"{folder}/{path_of(number)}", f"gone_{number}") for number in range(2 * kinds, 3 * kinds)),
        tuple(
            (f"{folder}/tests/test_{number}.py", f"app.area_{number % 40}.module_{number}", f"gone_{number}")
            for number in range(causes)
        ),
        faults=tuple(
            Fault("line", f"{folder}/{path_of(number)}", f"def step_{number}_0(value):")
            for number in range(causes, min(2 * causes, files))
        ),
        lost=tuple(f"never_{number}" for number in range(5)),
    )


def questions_for(folder: str, causes: int) -> HistoryQuestions:
    """Of a real repository: the files that its last commits with deletions took away, and as many that never were."""
    repository = Repository(folder)
    told = repository.run("log", "--format=%H", "--diff-filter=D", "-n", str(causes * 3), repository.head)
    commits = told.data.decode().split()
    gone = [
        change.path
        for entry in log_of_commits(repository, commits, 60.0).entries
        for change in entry.changes
        if change.status in "DR" and change.path.endswith(".py")
    ]
    names = [f"{folder}/{path}" for path in dict.fromkeys(gone)][: causes // 2]
    return HistoryQuestions((*names, *(f"{folder}/never/was_{number}.py" for number in range(causes - len(names)))))


def main() -> int:
    """Measure, print, and end with 1 where it took longer than a check allows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", nargs="?", help="a real repository, in place of a synthetic one")
    parser.add_argument("--commits", type=int, default=10_000)
    parser.add_argument("--files", type=int, default=2_000)
    parser.add_argument("--causes", type=int, default=100)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        if arguments.repository:
            folder = os.path.abspath(arguments.repository)
            asked = questions_for(folder, arguments.causes)
        else:
            folder = f"{scratch}/repository"
            asked = write_history(Path(folder), arguments.commits, arguments.files, arguments.causes)
        started = time.monotonic()
        told = GitHistory(folder).ask(asked, HISTORY_BUDGET_S)
        seconds = time.monotonic() - started
    print(
        f"{len(asked.paths)} paths, {len(asked.names)} names, {len(asked.imports)} imports: "
        f"{len(told.paths)}, {len(told.names)} and {len(told.imports)} found; "
        f"{len(asked.faults)} faults: {len(told.since)} dated; {len(asked.lost)} lost names; in {seconds:.2f} s"
    )
    for gap in (*told.gaps, *told.notes):
        print(f"  {gap}")
    return int(seconds > HISTORY_BUDGET_S or bool(told.gaps))


if __name__ == "__main__":
    sys.exit(main())
