"""Breaks well-kept projects in sixteen ways and measures whether Muster names, places and repairs each fault.

    python bench/faults.py --project SOURCE,PYTHON,PACKAGE [--project ...] [--kinds moved-module,cycle] [--seeds 2] [-o FILE.md]

SOURCE is a checkout, PYTHON an interpreter that has what it needs, PACKAGE the package's folder in it (`src/flask`). Each
case is a fresh copy with a history of two commits; the second one is the fault. A fault that real pytest does not feel is
not counted. *Named*: the cause has the right code. *Placed*: its culprit is the right file and line. *Repaired*: after
`muster fix --apply --until-green` real pytest collects as many tests as before, without an error; of a syntax error, which is
for a person to judge, after `--cause N --fix LETTER` with the first proved one.

Running this runs the projects' own code.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from muster.errors import MusterError
from muster.model.cause import Cause
from muster.usecases.fix import FixRequest, Round, plan_fixes
from muster.wiring import Choices, open_workspace, project_writer

TIMEOUT_S = 300
LEFT_OUT = shutil.ignore_patterns(
    ".git", "__pycache__", ".venv", "*.egg-info", ".pytest_cache", ".tox", "docs", "examples"
)
EXTRA = {
    "infra_tools/network.py": "def reachable():\n    return True\n",
    "TESTS/aaa/infra_tools/__init__.py": '"""Doubles."""\n',
    "TESTS/aaa/deep/test_aaa_first.py": (
        "import sys\nfrom pathlib import Path\n\nROOT = Path(__file__).resolve().parents[3]\n"
        "sys.path.insert(0, str(ROOT))\n\n\ndef test_first():\n    assert ROOT\n"
    ),
    "TESTS/zzz/test_zzz_last.py": "from infra_tools.network import reachable\n\n\ndef test_last():\n    assert reachable()\n",
    "TESTS/zzz/test_zzz_class.py": (
        "class TestPair:\n    def test_left(self):\n        assert True\n\n    def test_right(self):\n        assert True\n"
    ),
    "TESTS/yyy/test_same_name.py": "def test_yyy():\n    assert True\n",
    "TESTS/xxx/test_other_name.py": "def test_xxx():\n    assert True\n",
}
"""What is added to every project, so that each fault has a place where it can happen."""


@dataclass(frozen=True)
class Fault:
    """What was done: the codes that name it, where it lies (line 0: anywhere in the file), and whether files can repair it.

    With `choice` nothing is applied by itself: the first proved fix of the cause is taken, as `--cause N --fix LETTER` does.
    """

    codes: frozenset[str]
    places: frozenset[tuple[str, int]]
    repairable: bool = True
    choice: bool = False


@dataclass(frozen=True)
class Project:
    """One project under test: its copy, its interpreter and its package, relative to the copy."""

    name: str
    root: Path
    python: str
    package: str

    @property
    def dotted(self) -> str:
        """The package as it is imported."""
        return Path(self.package).name

    @property
    def tests(self) -> Path:
        """The folder of its tests."""
        return self.root / ("tests" if (self.root / "tests").is_dir() else "test")

    def modules(self) -> list[Path]:
        """The modules of the package."""
        return sorted(
            path for path in (self.root / self.package).rglob("*.py") if path.name not in ("__init__.py", "__main__.py")
        )

    def test_files(self) -> list[Path]:
        """The test files, those of ours last."""
        return sorted(self.tests.rglob("test_*.py"), key=lambda path: (_is_ours(path), path))

    def dotted_of(self, path: Path) -> str:
        """A module of the package as it is imported."""
        below = path.relative_to(self.root / Path(self.package).parent).with_suffix("")
        return ".".join(below.parts)


@dataclass
class Case:
    """One fault in one project, and what came of it."""

    project: str
    kind: str
    state: str = ""
    named: bool = False
    placed: bool = False
    repaired: bool | None = None
    note: str = ""
    seconds: float = 0.0


@dataclass
class Tally:
    """What the cases add up to."""

    cases: list[Case] = field(default_factory=list)

    def share(self, cases: list[Case], what: str) -> str:
        """How many of `cases` that were felt have the property."""
        felt = [getattr(case, what) for case in cases if case.state == "felt" and getattr(case, what) is not None]
        return f"{sum(felt)}/{len(felt)}" if felt else "-"


Inject = Callable[[Project, random.Random], Fault | None]


# the faults


def moved_module(project: Project, choose: random.Random) -> Fault | None:
    for path in _shuffled(_imported_modules(project), choose):
        old = project.dotted_of(path)
        tail, folder = path.stem, path.parent / "inner_parts"
        new = f"{old.rpartition('.')[0]}.inner_parts.{tail}"
        importers = _importers(project, old)
        folder.mkdir(exist_ok=True)
        (folder / "__init__.py").write_text("")
        source = path.read_text()
        path.unlink()
        (folder / path.name).write_text(re.sub(r"^(\s*from )(\.+)", r"\1.\2", source, flags=re.M))
        for other in (project.root / project.package).rglob("*.py"):
            text = other.read_text()
            changed = re.sub(rf"^(\s*from ){re.escape(old)}( import)", rf"\g<1>{new}\2", text, flags=re.M)
            if other.parent == path.parent:
                changed = re.sub(rf"^(\s*from )\.{tail}( import)", rf"\1.inner_parts.{tail}\2", changed, flags=re.M)
                changed = re.sub(rf"^(\s*from )\.( import {tail}\b)", r"\1.inner_parts\2", changed, flags=re.M)
            if changed != text:
                other.write_text(changed)
        if importers and _imports_well(project, new):
            return Fault(frozenset({"M101"}), importers)
        _restore(project)
    return None


def renamed_class(project: Project, choose: random.Random) -> Fault | None:
    for name, places in _shuffled(list(_imported_names(project).items()), choose):
        defining = [path for path in project.modules() if re.search(rf"^class {name}\b", path.read_text(), re.M)]
        if len(name) < 6 or not defining or not name[:1].isupper():
            continue
        for path in (project.root / project.package).rglob("*.py"):
            text = path.read_text()
            changed = re.sub(rf"\b{name}\b", f"Renamed{name}", text)
            if changed != text:
                path.write_text(changed)
        if _imports_well(project, project.dotted):
            used = _lines_of_tests(project, rf"\.{name}\b")
            return Fault(frozenset({"M201", "M202", "M203"}), frozenset(places) | used)
        _restore(project)
    return None


def removed_module(project: Project, choose: random.Random) -> Fault | None:
    for path in _shuffled(_imported_modules(project), choose):
        old = project.dotted_of(path)
        importers = _importers(project, old)
        path.unlink()
        if importers and _imports_well(project, project.dotted):
            return Fault(frozenset({"M102"}), importers | _mentions(project, path.stem))
        _restore(project)
    return None


def dropped_re_export(project: Project, choose: random.Random) -> Fault | None:
    head = project.root / project.package / "__init__.py"
    text = head.read_text()
    for name, places in _shuffled(list(_imported_names(project, project.dotted).items()), choose):
        changed = re.sub(rf"^from \.[\w.]* import {name}(?: as {name})?[^\n,(]*\n", "", text, flags=re.M)
        if changed == text:
            continue
        head.write_text(changed)
        if _imports_well(project, project.dotted):
            line = text[: text.index(f"import {name}")].count("\n") + 1
            shown = str(head.relative_to(project.root))
            return Fault(frozenset({"M201", "M203"}), frozenset({*places, (shown, 0), (shown, line)}))
        _restore(project)
    return None


def shadowing_package(project: Project, choose: random.Random) -> Fault | None:
    first = project.tests / "conftest.py"
    folder = (first if first.exists() else project.test_files()[0]).parent
    while (folder / "__init__.py").exists():
        folder = folder.parent
    place = folder / project.dotted / "__init__.py"
    if place.parent.exists():
        return None
    place.parent.mkdir()
    place.write_text("")
    importers = _importers(project, project.dotted, below=True)
    return Fault(frozenset({"M104"}), frozenset({*importers, (_shown(project, place), 0)}))


def polluted_path(project: Project, choose: random.Random) -> Fault | None:
    path = project.tests / "aaa/deep/test_aaa_first.py"
    path.write_text(path.read_text().replace("parents[3]", "parents[1]"))
    return Fault(frozenset({"M105"}), frozenset({(_shown(project, path), 5)}))


def cycle(project: Project, choose: random.Random) -> Fault | None:
    for path in _shuffled(project.modules(), choose):
        tree = ast.parse(path.read_text())
        own = [node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
        for node in tree.body:
            if not isinstance(node, ast.ImportFrom) or not node.module or node.level != 1 or not own:
                continue
            other = path.parent / f"{node.module.replace('.', '/')}.py"
            if not other.exists() or other.parent != path.parent:
                continue
            text = other.read_text()
            line = _behind_head(text)
            lines = text.split("\n")
            statement = f"from .{path.stem} import {own[-1]}"
            lines.insert(line, statement)
            use = f"\n\ndef _asks_{path.stem.strip('_')}():\n    return {own[-1]}\n"
            other.write_text("\n".join(lines).rstrip("\n") + "\n" + use)
            if not _imports_well(project, project.dotted):
                places = {(_shown(project, other), line + 1), (_shown(project, path), node.lineno)}
                return Fault(frozenset({"M205"}), frozenset(places))
            _restore(project)
    return None


def syntax_error(project: Project, choose: random.Random) -> Fault | None:
    for path in _shuffled(_imported_modules(project), choose):
        text = path.read_text()
        line = text.rstrip("\n").count("\n") + 2
        path.write_text(text.rstrip("\n") + "\ndef unfinished(:\n")
        return Fault(frozenset({"M301"}), frozenset({(_shown(project, path), line)}), choice=True)
    return None


def missing_distribution(project: Project, choose: random.Random) -> Fault | None:
    path = choose.choice([path for path in project.test_files() if not _is_ours(path)])
    lines = path.read_text().split("\n")
    line = _behind_head("\n".join(lines))
    lines.insert(line, "import websocket")
    path.write_text("\n".join(lines) + "\n\ndef _connect():\n    return websocket.create_connection\n")
    return Fault(frozenset({"M107"}), frozenset({(_shown(project, path), line + 1)}), repairable=False)


def undefined_name(project: Project, choose: random.Random) -> Fault | None:
    for path in _shuffled([path for path in project.test_files() if not _is_ours(path)], choose):
        text = path.read_text()
        changed = re.sub(r"^import pytest\n", "", text, count=1, flags=re.M)
        uses = _read_at_import(changed, "pytest")
        if changed != text and uses and "importorskip" not in text:
            path.write_text(changed)
            return Fault(frozenset({"M302"}), frozenset({(_shown(project, path), min(uses))}))
    return None


def failing_conftest(project: Project, choose: random.Random) -> Fault | None:
    path = project.tests / "conftest.py"
    text = path.read_text() if path.exists() else ""
    line = _behind_head(text)
    lines = text.split("\n")
    lines.insert(line, f"from {project.dotted} import vanished_beyond_recall")
    path.write_text("\n".join(lines))
    return Fault(frozenset({"M202", "M203", "M204", "M304"}), frozenset({(_shown(project, path), line + 1)}))


def duplicate_basename(project: Project, choose: random.Random) -> Fault | None:
    path = project.tests / "xxx/test_other_name.py"
    path.rename(path.with_name("test_same_name.py"))
    places = {(f"{project.tests.name}/{folder}/test_same_name.py", 0) for folder in ("xxx", "yyy")}
    return Fault(frozenset({"M305"}), frozenset(places))


def class_with_init(project: Project, choose: random.Random) -> Fault | None:
    for path in _shuffled(project.test_files(), choose):
        for node in ast.parse(path.read_text()).body:
            if (
                isinstance(node, ast.ClassDef)
                and node.name.startswith("Test")
                and not node.bases
                and not node.decorator_list
            ):
                methods = [
                    each for each in node.body if isinstance(each, ast.FunctionDef) and each.name.startswith("test")
                ]
                if (
                    not methods
                    or methods[0].decorator_list
                    or any(isinstance(each, ast.FunctionDef) and each.name.startswith("setup") for each in node.body)
                ):
                    continue
                lines = path.read_text().split("\n")
                at = methods[0].lineno - 1
                lines[at:at] = ["    def __init__(self):", "        self.prepared = True", ""]
                path.write_text("\n".join(lines))
                return Fault(
                    frozenset({"M401", "M303"}),
                    frozenset({(_shown(project, path), at + 1), (_shown(project, path), node.lineno)}),
                )
    return None


def duplicate_test(project: Project, choose: random.Random) -> Fault | None:
    for path in _shuffled(project.test_files(), choose):
        tests = [
            node
            for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not node.decorator_list
        ]
        if len(tests) < 2:
            continue
        first, second = choose.sample(tests, 2)
        first, second = sorted((first, second), key=lambda node: node.lineno)
        lines = path.read_text().split("\n")
        lines[second.lineno - 1] = lines[second.lineno - 1].replace(f"def {second.name}(", f"def {first.name}(")
        path.write_text("\n".join(lines))
        return Fault(frozenset({"M402"}), frozenset({(_shown(project, path), first.lineno)}))
    return None


def unmatched_file(project: Project, choose: random.Random) -> Fault | None:
    path = choose.choice([path for path in project.test_files() if not _is_ours(path)])
    new = path.with_name(path.stem.removeprefix("test_") + "_tests.py")
    path.rename(new)
    return Fault(frozenset({"M403"}), frozenset({(_shown(project, new), 0)}))


def unknown_marker(project: Project, choose: random.Random) -> Fault | None:
    if "--strict-markers" not in (project.root / "pytest.ini").read_text():
        return None
    for path in _shuffled(project.test_files(), choose):
        text = path.read_text()
        tests = [
            node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        ]
        if tests and re.search(r"^import pytest\n", text, re.M):
            line = min([tests[0].lineno, *(each.lineno for each in tests[0].decorator_list)])
            lines = text.split("\n")
            lines.insert(line - 1, "@pytest.mark.nightly_only")
            path.write_text("\n".join(lines))
            return Fault(frozenset({"M307"}), frozenset({(_shown(project, path), line)}))
    return None


KINDS: dict[str, Inject] = {
    "moved-module": moved_module,
    "renamed-class": renamed_class,
    "removed-module": removed_module,
    "dropped-re-export": dropped_re_export,
    "shadowing-package": shadowing_package,
    "polluted-path": polluted_path,
    "cycle": cycle,
    "syntax-error": syntax_error,
    "missing-distribution": missing_distribution,
    "undefined-name": undefined_name,
    "failing-conftest": failing_conftest,
    "duplicate-basename": duplicate_basename,
    "class-with-init": class_with_init,
    "duplicate-test": duplicate_test,
    "unmatched-file": unmatched_file,
    "unknown-marker": unknown_marker,
}


# what the faults ask of a project


def _is_ours(path: Path) -> bool:
    return any(part in ("aaa", "xxx", "yyy", "zzz") for part in path.parts)


def _shown(project: Project, path: Path) -> str:
    return str(path.relative_to(project.root))


def _shuffled(values: list[Any], choose: random.Random) -> list[Any]:
    return choose.sample(values, len(values))


def _imports(project: Project) -> Iterator[tuple[Path, int, str, tuple[str, ...]]]:
    """What test files and conftests import at module level: file, line, module, names."""
    for path in sorted(project.tests.rglob("*.py")):
        try:
            tree = ast.parse(path.read_text())
        except (SyntaxError, UnicodeDecodeError):
            continue
        for node in tree.body:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield path, node.lineno, alias.name, ()
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield path, node.lineno, node.module, tuple(alias.name for alias in node.names)


def _importers(project: Project, module: str, *, below: bool = False) -> frozenset[tuple[str, int]]:
    parent, _, tail = module.rpartition(".")
    return frozenset(
        (_shown(project, path), line)
        for path, line, name, names in _imports(project)
        if name == module or (below and name.startswith(module + ".")) or (name == parent and tail in names)
    )


def _lines_of_tests(project: Project, pattern: str) -> frozenset[tuple[str, int]]:
    """The lines of test files that hold the pattern: a name that an imported module is asked for."""
    return frozenset(
        (_shown(project, path), number)
        for path in project.tests.rglob("*.py")
        for number, line in enumerate(path.read_text(errors="replace").split("\n"), 1)
        if re.search(pattern, line)
    )


def _mentions(project: Project, tail: str) -> frozenset[tuple[str, int]]:
    """The lines of the package itself that import something from a module of that name, be it in a function."""
    return frozenset(
        (_shown(project, path), number)
        for path in (project.root / project.package).rglob("*.py")
        for number, line in enumerate(path.read_text().split("\n"), 1)
        if re.match(rf"\s*(from \S*\b{tail} import|from \.+ import .*\b{tail}\b|import .*\.{tail}\b)", line)
    )


def _imported_modules(project: Project) -> list[Path]:
    return [path for path in project.modules() if _importers(project, project.dotted_of(path))]


def _imported_names(project: Project, module: str = "") -> dict[str, set[tuple[str, int]]]:
    found: dict[str, set[tuple[str, int]]] = {}
    for path, line, name, names in _imports(project):
        if name == module or (not module and name.partition(".")[0] == project.dotted):
            for each in names:
                found.setdefault(each, set()).add((_shown(project, path), line))
    return dict(sorted(found.items()))


def _behind_head(text: str) -> int:
    """How many lines the docstring and the `__future__` imports take."""
    last = 0
    for node in ast.parse(text).body:
        is_doc = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.lineno <= 1 + last
        if not is_doc and not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            break
        last = node.end_lineno or node.lineno
    return last


def _read_at_import(text: str, name: str) -> list[int]:
    """Lines at module level, in decorators and in class bodies that read `name`."""
    lines: list[int] = []

    def visit(node: ast.AST) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for part in [*node.decorator_list, *node.args.defaults]:
                visit(part)
            return
        if isinstance(node, ast.Lambda):
            return
        if isinstance(node, ast.Name) and node.id == name:
            lines.append(node.lineno)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(text))
    return lines


def _imports_well(project: Project, module: str) -> bool:
    folder = project.root / Path(project.package).parent
    done = subprocess.run(
        [project.python, "-B", "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); import {module}"],
        cwd="/", capture_output=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    return done.returncode == 0


def _restore(project: Project) -> None:
    _git(project.root, "checkout", "-q", ".")
    _git(project.root, "clean", "-fdq")


# one case


def prepare(source: Path, python: str, package: str, folder: Path) -> Project:
    """A copy of `source` with the extra files, that puts its own package first on the path, committed."""
    root = folder / source.name
    shutil.copytree(source, root, ignore=LEFT_OUT, symlinks=True)
    project = Project(source.name, root, python, package)
    tests = project.tests.name
    for name, text in EXTRA.items():
        path = root / name.replace("TESTS", tests)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    entries = list(dict.fromkeys([str(Path(package).parent), "."]))
    _configure(root, entries, tests)
    (root / ".gitignore").write_text("__pycache__/\n.muster/\n.pytest_cache/\n")
    _git(root, "init", "-q")
    _git(root, "add", "-A")
    _git(root, "commit", "-qm", "As it was kept")
    return project


def _configure(root: Path, entries: list[str], tests: str) -> None:
    """The project's own configuration with its sources first on the path, as a `pytest.ini` that says the rest again."""
    import tomllib

    settings: dict[str, object] = {}
    pyproject = root / "pyproject.toml"
    if pyproject.exists():
        tool = tomllib.loads(pyproject.read_text()).get("tool", {}).get("pytest", {})
        settings = dict(tool.get("ini_options", tool))
    settings["pythonpath"] = entries
    settings["testpaths"] = [tests]
    lines = ["[pytest]"]
    for name, value in settings.items():
        if isinstance(value, list):
            lines += [f"{name} =", *(f"    {each}" for each in value)]
        else:
            lines.append(f"{name} = {str(value).lower() if isinstance(value, bool) else value}")
    if "addopts" not in settings:
        lines.append("addopts = --strict-markers")
    (root / "pytest.ini").write_text("\n".join(lines) + "\n")


def run_case(project: Project, kind: str, baseline: tuple[int, int], choose: random.Random) -> Case:
    """Inject, look, mend, and ask real pytest each time."""
    case, started = Case(project.name, kind), time.monotonic()
    fault = KINDS[kind](project, choose)
    if fault is None:
        case.state = "no place for it"
        return case
    _git(project.root, "add", "-A")
    _git(project.root, "commit", "-qm", f"Fault: {kind}")
    broken = collected(project)
    if broken == baseline:
        case.state = "not felt"
        return case
    case.state = "felt"
    try:
        with open_workspace(Choices(root=str(project.root), python=project.python)) as workspace:
            plan = plan_fixes(workspace.ports, workspace.clock, workspace.plan, FixRequest(until_green=True))
            causes = plan.rounds[0].checked.causes
            _judge(case, fault, causes, project)
            chosen = _choice(fault, plan.rounds[0])
            if chosen is not None:
                plan = plan_fixes(workspace.ports, workspace.clock, workspace.plan, chosen)
            if plan.changes:
                project_writer(str(project.root)).apply(plan.changes)
    except MusterError as error:
        case.note = str(error)
    if fault.repairable:
        after = collected(project)
        case.repaired = after[0] >= baseline[0] and after[1] == baseline[1]
        if not case.repaired:
            case.note = f"{case.note} {baseline} -> {broken} -> {after}".strip()
    case.seconds = time.monotonic() - started
    return case


def _choice(fault: Fault, looked: Round) -> FixRequest | None:
    """What a person would ask for, where the fault needs one: the first fix of its cause that is proved."""
    if not fault.choice:
        return None
    for number, (cause, fixes) in enumerate(zip(looked.checked.causes, looked.fixes, strict=True), 1):
        proved = [each.letter for each in fixes if each.verdict.state == "proved"]
        if cause.code in fault.codes and proved:
            return FixRequest(cause=number, fix=proved[0])
    return None


def _judge(case: Case, fault: Fault, causes: tuple[Cause, ...], project: Project) -> None:
    ours = [cause for cause in causes if cause.code in fault.codes]
    case.named = bool(ours)
    for cause in ours:
        place = cause.culprit
        if place is not None:
            shown = place.path.removeprefix(f"{project.root}/")
            case.placed = case.placed or (shown, place.line) in fault.places or (shown, 0) in fault.places
    if not case.placed:
        told = [f"{cause.code} {cause.subject} at {cause.culprit}" for cause in (ours or causes)[:2]]
        case.note = f"told {told}, expected {sorted(fault.codes)} at {sorted(fault.places)[:2]}".replace(
            f"{project.root}/", ""
        )


def collected(project: Project) -> tuple[int, int]:
    """How many tests real pytest collects, and its exit code."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHONPATH"))}
    done = subprocess.run(
        [project.python, "-B", "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"],
        cwd=project.root, env=environ, capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    return sum(
        "::" in line and not line.startswith(("ERROR", " ")) for line in done.stdout.splitlines()
    ), done.returncode


def _git(root: Path, *arguments: str) -> None:
    command = [
        "git",
        "-c",
        "user.name=Ada",
        "-c",
        "user.email=ada@example.invalid",
        "-c",
        "commit.gpgSign=false",
        *arguments,
    ]
    subprocess.run(command, cwd=root, check=True, capture_output=True, timeout=TIMEOUT_S)


# the table


def render(tally: Tally) -> str:
    """One row for each kind, the sums, and every miss."""
    lines = ["| fault | cases | named | placed | repaired |", "|---|--:|--:|--:|--:|"]
    for kind in KINDS:
        cases = [case for case in tally.cases if case.kind == kind]
        felt = sum(case.state == "felt" for case in cases)
        if cases:
            lines.append(f"| {kind} | {felt} | " + " | ".join(tally.share(cases, what) for what in WHAT) + " |")
    total = sum(case.state == "felt" for case in tally.cases)
    lines.append(f"| all | {total} | " + " | ".join(tally.share(tally.cases, what) for what in WHAT) + " |")
    misses = [
        case
        for case in tally.cases
        if case.state == "felt" and (not case.named or not case.placed or case.repaired is False)
    ]
    lines += ["", "Misses:", ""] if misses else []
    lines += [f"- {case.project} {case.kind}: {case.note}" for case in misses]
    states = Counter(case.state for case in tally.cases if case.state != "felt")
    lines += ["", *(f"{state}: {number}" for state, number in sorted(states.items()))] if states else []
    return "\n".join(lines) + "\n"


WHAT = ("named", "placed", "repaired")


def main() -> None:
    """Run every case and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", action="append", required=True, metavar="SOURCE,PYTHON,PACKAGE")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    tally = Tally()
    for text in options.project:
        source, python, package = text.split(",")
        with tempfile.TemporaryDirectory(prefix="muster-faults-") as folder:
            kept = prepare(Path(source).resolve(), python, package, Path(folder) / "kept")
            baseline = collected(kept)
            print(f"{kept.name}: {baseline[0]} tests, exit code {baseline[1]}", file=sys.stderr)
            for seed in range(options.seeds):
                for kind in options.kinds.split(","):
                    place = Path(folder) / "case" / kept.name
                    shutil.copytree(kept.root, place, symlinks=True)
                    project = Project(kept.name, place, python, package)
                    case = run_case(project, kind, baseline, random.Random(f"{kept.name} {kind} {seed}"))
                    tally.cases.append(case)
                    print(f"{case} ", file=sys.stderr, flush=True)
                    shutil.rmtree(place.parent)
                    if options.output:
                        options.output.write_text(render(tally))
    print(render(tally))


if __name__ == "__main__":
    main()
