"""How often the candidates of a cause are what maintainers did: over imports that public histories later repaired.

    python bench/fixes.py CASES MIRRORS [--half tuned|aside|both] [--every N] [--repository NAME] [--misses FILE]

CASES is a JSON Lines file (gzip or not): one repaired import a line, with `repo`, `variant`, `parent_commit`,
`child_commit`, `file`, `line`, `broken_import`, `fixed_import` and `kind`. MIRRORS holds a git repository for each `repo`
as `OWNER+NAME` (or `OWNER+NAME/repo`). Each tree is read from git objects, nothing is checked out or run. All broken
imports of one commit are explained together, as a check would, with the usual five seconds for the history.

The half that is set aside (by the hash of the repository's name) is only ever measured: rules are tuned on the other one.
"""

from __future__ import annotations

import argparse
import ast
import gzip
import hashlib
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from muster.adapters.git_history import GitHistory
from muster.adapters.git_objects import Repository
from muster.adapters.git_tree import GitTree
from muster.diagnosis import answer_from_tree, conclude, history_questions, questions
from muster.facts.mentions import Mentions, read_mentions
from muster.facts.module_facts import ModuleFacts
from muster.facts.parse import parse_module
from muster.model.cause import Candidate, Cause
from muster.model.collection import (
    Collection,
    CollectorReport,
    Frame,
    ModuleMissing,
    NameMissing,
    Outcome,
    RaisedException,
)
from muster.model.environment import Environment
from muster.model.invocation import Invocation
from muster.ports import EntryKind, FileTree, ReadFailure
from muster.resolver.finder import (
    Found,
    RegularPackage,
    SourceModule,
    folder_of,
    resolve_dotted,
    resolve_on_path,
)
from muster.trees.overlay import OverlayTree
from muster.usecases.diagnose import HISTORY_BUDGET_S

SCORED = ("module_moved", "module_renamed", "name_moved", "name_renamed")
ENVIRONMENT = Environment(
    sys.executable, "bench", sys.version_info[:3], pytest_version="8", stdlib_modules=frozenset(sys.stdlib_module_names)
)


@dataclass(frozen=True)
class Case:
    """One import as it stood, and what the maintainers put in its place (None: they deleted it)."""

    repository: str
    revision: str
    file: str
    text: str
    broken: str
    fixed: str | None
    kind: str
    variant: str
    core: bool
    born_wrong: bool


@dataclass
class Score:
    """Counts of one kind."""

    cases: int = 0
    first: int = 0
    three: int = 0
    codes: Counter[str] = field(default_factory=Counter)


def is_set_aside(repository: str) -> bool:
    """Whether the repository belongs to the half that nothing is tuned on."""
    return int(hashlib.sha256(repository.encode()).hexdigest(), 16) % 2 == 1


def read_cases(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of the file, each broken import of a commit once."""
    seen = set()
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        for line in lines:
            row = json.loads(line)
            if row["scope"] != "module":
                continue  # collection does not meet it
            key = (row["repo"], row["child_commit"], row["variant"], row["broken_import"], row["fixed_import"])
            if key not in seen:
                seen.add(key)
                yield row


def imported(statement: str) -> tuple[str, str]:
    """Module and name of an import statement of one name; the name is "" for `import module`."""
    node = ast.parse(statement.strip()).body[0]
    if isinstance(node, ast.Import):
        return node.names[0].name, ""
    assert isinstance(node, ast.ImportFrom)
    return node.module or "", node.names[0].name


class Session:
    """All broken imports of one revision, explained together."""

    def __init__(self, folder: str, revision: str, rows: list[dict[str, Any]], memory: Memory) -> None:
        self._folder, self._rows, self._memory = folder, rows, memory
        self._repository = Repository(folder, revision)
        self._git = GitTree(self._repository, revision)
        self._revision = revision
        self.tree: FileTree = OverlayTree(self._git, dict(self._old_tests()))

    def _old_tests(self) -> Iterator[tuple[str, bytes]]:
        """Of a commit that moved the code and mended the test at once, the test as it was before."""
        with self._repository.objects() as objects:
            for row in self._rows:
                if row["variant"] == "atomic":
                    content = objects.read(f"{row['parent_commit']}:{row['file']}")
                    if content is not None:
                        yield f"{self._folder}/{row['file']}", content

    def explain(self) -> list[tuple[dict[str, Any], Cause | None]]:
        """Each case with the cause that explains it; None where nothing is broken here, or it is Python 2."""
        source = f"{self._folder}/src"
        is_source = self.tree.kind(source) is EntryKind.FOLDER and self.tree.kind(source + "/__init__.py") is None
        roots = (*((source,) if is_source else ()), *self._anchors())
        told = Invocation(
            "pytest",
            "bench",
            (),
            self._folder,
            self._folder,
            cwd_on_path=True,
            pythonpath=roots,
            import_mode="importlib",
        )
        reports = [self._report(row, (self._folder, *roots)) for row in self._rows]
        collection = Collection(reports=tuple(dict.fromkeys(report for report in reports if report)))
        collection = Collection(
            reports=collection.reports, files=tuple(dict.fromkeys(r.path for r in collection.reports))
        )
        answers = answer_from_tree(questions(collection, self._facts), self.tree, told, self._facts, self._mentions)
        asked = history_questions(collection, answers, self.tree, self._folder, self._facts)
        history = GitHistory(self._folder, revision=self._revision).ask(asked, HISTORY_BUDGET_S)
        answers = type(answers)(answers.index, answers.questions, history)
        causes = []
        for row, report in zip(self._rows, reports, strict=True):
            alone = Collection(reports=(report,), files=(report.path,)) if report else Collection()
            found = conclude(alone, told, ENVIRONMENT, self.tree, answers)
            causes.append((row, found[0] if found else None))
        self._git.close()
        return causes

    def _anchors(self) -> tuple[str, ...]:
        """Folders above the tests that the session must have had on its path: the maintainers' imports resolve from there."""
        found: dict[str, None] = {}
        for row in self._rows:
            module = imported(row["fixed_import"])[0] if row["fixed_import"] else ""
            folder = f"{self._folder}/{row['file']}".rpartition("/")[0]
            while module and folder.startswith(self._folder + "/"):
                if resolve_dotted(self.tree, module, (folder,)) is not None:
                    found[folder] = None
                folder = folder.rpartition("/")[0]
        return tuple(found)

    def _report(self, row: dict[str, Any], roots: tuple[str, ...]) -> CollectorReport | None:
        path = f"{self._folder}/{row['file']}"
        if self._is_of_another_python(row["fixed_import"], roots):
            return None
        module, name = imported(row["broken_import"])
        found: Found | None = None
        searched: tuple[str, ...] = roots
        detail: ModuleMissing | NameMissing | None = None
        parts = module.split(".")
        for end, part in enumerate(parts, 1):
            resolution = resolve_on_path(self.tree, part, searched)
            if not isinstance(resolution, Found):
                is_module = found is not None and not folder_of(found)
                detail = ModuleMissing(".".join(parts[:end]), path, searched, is_module, roots)
                break
            found, searched = resolution, folder_of(resolution)
        if detail is None:
            file = found.path if isinstance(found, SourceModule | RegularPackage) else None
            if not name or isinstance(resolve_on_path(self.tree, name, searched), Found):
                return None
            if file and (self._facts(file).problem or name in self._facts(file).all_names):
                return None
            detail = NameMissing(module, name, path, file, sys_path=roots)
        type_ = "ModuleNotFoundError" if isinstance(detail, ModuleMissing) else "ImportError"
        raised = RaisedException(
            type_, row["broken_import"], (Frame(path, self._line(path, row, module, name)),), detail
        )
        return CollectorReport(row["file"], path, Outcome.FAILED, raised)

    def _is_of_another_python(self, fixed: str | None, roots: tuple[str, ...]) -> bool:
        """Whether the module that the maintainers chose does not parse (Python 2): nothing of it can be collected today."""
        searched, found = roots, None
        for part in imported(fixed)[0].split(".") if fixed else ():
            resolution = resolve_on_path(self.tree, part, searched)
            if not isinstance(resolution, Found):
                return False
            found, searched = resolution, folder_of(resolution)
        return isinstance(found, SourceModule | RegularPackage) and self._facts(found.path).problem is not None

    def _line(self, path: str, row: dict[str, Any], module: str, name: str) -> int:
        """The line of the statement in the file, which may begin above that of the name."""
        try:
            body = ast.parse(self.tree.read(path))
        except (ReadFailure, SyntaxError, ValueError):
            return int(row["line"])
        for node in ast.walk(body):
            if isinstance(node, ast.ImportFrom) and (node.module or "") == module:
                if name in [alias.name for alias in node.names]:
                    return node.lineno
            elif isinstance(node, ast.Import) and module in [alias.name for alias in node.names]:
                return node.lineno
        return int(row["line"])

    def _facts(self, path: str) -> ModuleFacts:
        try:
            key = self._key(path)
            if key not in self._memory.facts:
                self._memory.facts[key] = parse_module(self.tree.read(path), target=sys.version_info[:2], path=path)
            return self._memory.facts[key]
        except ReadFailure:
            return ModuleFacts([])

    def _mentions(self, paths: Iterable[str]) -> Iterator[tuple[str, Mentions]]:
        for path in paths:
            try:
                key = self._key(path)
                if key not in self._memory.mentions:
                    self._memory.mentions[key] = read_mentions(self.tree.read(path))
            except ReadFailure:
                continue
            yield path, self._memory.mentions[key]

    def _key(self, path: str) -> str:
        try:
            name = self._git.object_name(path)
        except ReadFailure:
            name = ""
        in_overlay = any(path.endswith("/" + row["file"]) and row["variant"] == "atomic" for row in self._rows)
        return hashlib.sha256(self.tree.read(path)).hexdigest() if in_overlay or not name else name


class Memory:
    """What was read off blobs, kept from one revision to the next."""

    def __init__(self) -> None:
        self.facts: dict[str, ModuleFacts] = {}
        self.mentions: dict[str, Mentions] = {}


def spelled(candidate: Candidate, cause: Cause, row: dict[str, Any]) -> set[str]:
    """The dotted names that an import of the candidate would bring."""
    if candidate.name:
        return {f"{candidate.module}.{candidate.name}"}
    module, name = imported(row["broken_import"])
    if not name or cause.subject == f"{module}.{name}":
        return {candidate.module}
    name = dict(candidate.renamed).get(name, name)
    # What is missing is a package above: what follows it stays.
    rest = module.removeprefix(cause.subject) if module.startswith(cause.subject + ".") else ""
    return {f"{candidate.module}{rest}.{name}"}


def rank_of_fix(cause: Cause, row: dict[str, Any]) -> int:
    """The position of what the maintainers did among the candidates, from 1; 0 where it is not there."""
    module, name = imported(row["fixed_import"])
    fixed = f"{module}.{name}" if name else module
    for position, candidate in enumerate(cause.candidates, 1):
        if fixed in spelled(candidate, cause, row):
            return position
    return 0


def folder_of_repository(mirrors: Path, name: str) -> Path:
    """Where the git repository lies."""
    folder = mirrors / name.replace("/", "+")
    return folder / "repo" if (folder / "repo").exists() else folder


def main() -> int:
    """Measure, and print a table and the misses."""
    arguments = parsed_arguments()
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in read_cases(arguments.cases):
        revision = row["child_commit"] if row["variant"] == "atomic" else row["parent_commit"]
        groups[(row["repo"], revision)].append(row)
    chosen = [key for number, key in enumerate(sorted(groups)) if number % arguments.every == 0]
    scores: dict[tuple[str, str], Score] = defaultdict(Score)
    misses: list[str] = []
    memories: dict[str, Memory] = defaultdict(Memory)
    seconds: list[float] = []
    for repository, revision in chosen:
        half = "aside" if is_set_aside(repository) else "tuned"
        if arguments.half not in (half, "both") or arguments.repository not in repository:
            continue
        folder = folder_of_repository(arguments.mirrors, repository)
        started = time.monotonic()
        for row, cause in Session(
            str(folder), revision, groups[(repository, revision)], memories[repository]
        ).explain():
            _score(row, cause, half, scores, misses)
        seconds.append(time.monotonic() - started)
    _print(scores, misses, seconds, arguments.misses)
    return 0


def _score(
    row: dict[str, Any], cause: Cause | None, half: str, scores: dict[tuple[str, str], Score], misses: list[str]
) -> None:
    score = scores[(half, row["kind"])]
    if cause is None:
        score.codes["left out"] += 1
        return
    score.cases += 1
    score.codes[cause.code] += 1
    if row["kind"] not in SCORED:
        return
    rank = rank_of_fix(cause, row)
    score.first += rank == 1
    score.three += 1 <= rank <= 3
    if rank != 1:
        best = ", ".join(map(str, cause.candidates[:3])) or "nothing"
        place = f"{row['repo']} {row['id']} {row['variant']}"
        change = f"{row['broken_import']}  =>  {row['fixed_import']}"
        misses.append(f"{row['kind']:15}{rank or '-'!s:3}{cause.code}  {change}  [{best}]  {place}")


def _print(scores: dict[tuple[str, str], Score], misses: list[str], seconds: list[float], file: Path | None) -> None:
    print(f"{'half':7}{'kind':16}{'cases':>6}{'first':>8}{'three':>8}  codes")
    for half in ("tuned", "aside"):
        rows = {kind: score for (of, kind), score in sorted(scores.items()) if of == half}
        for kind, score in rows.items():
            print(_row(half, kind, score))
        scored = [score for kind, score in rows.items() if kind in SCORED]
        if scored:
            total = Score(sum(s.cases for s in scored), sum(s.first for s in scored), sum(s.three for s in scored))
            print(_row(half, "all moves", total))
    print(
        f"{len(seconds)} revisions, {sum(seconds) / max(len(seconds), 1):.1f} s each, at most {max(seconds, default=0):.1f} s"
    )
    text = "\n".join(sorted(misses)) + "\n"
    if file:
        file.write_text(text)
    else:
        print(text, end="")


def _row(half: str, kind: str, score: Score) -> str:
    def share(number: int) -> str:
        return f"{100 * number / score.cases:.1f} %" if score.cases and (kind in SCORED or kind == "all moves") else "-"

    codes = ", ".join(f"{code} {number}" for code, number in score.codes.most_common())
    return f"{half:7}{kind:16}{score.cases:>6}{share(score.first):>8}{share(score.three):>8}  {codes}"


def parsed_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=Path)
    parser.add_argument("mirrors", type=Path)
    parser.add_argument("--half", choices=("tuned", "aside", "both"), default="tuned")
    parser.add_argument("--every", type=int, default=1, help="only every Nth revision")
    parser.add_argument("--repository", default="", help="only repositories whose name contains this")
    parser.add_argument("--misses", type=Path, help="write the misses there")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
