"""What holds the house together, beyond what the import contracts can see."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "muster"
CORE = (
    "collection diagnosis execution facts fixes index invocation model render resolver settings trees usecases "
    "errors.py ports.py"
).split()
EXECUTING = {"__import__", "breakpoint", "compile", "eval", "exec", "input", "open", "print"}

# Only these may run the parser; parsing executes nothing.
PARSES = {"facts"}


def source_files(*parts: str) -> Iterator[Path]:
    for part in parts:
        path = SOURCE / part
        yield from [path] if path.suffix else sorted(path.rglob("*.py"))


def core_files() -> list[Path]:
    return list(source_files(*CORE))


def test_there_is_a_core() -> None:
    assert len(core_files()) > 50


def test_the_core_calls_no_builtin_that_touches_the_world() -> None:
    assert [call for path in core_files() for call in _executing_calls(path)] == []


def _executing_calls(path: Path) -> Iterator[str]:
    allowed = {"compile"} if path.relative_to(SOURCE).parts[0] in PARSES else set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in EXECUTING - allowed:
            yield f"{path.relative_to(SOURCE)}:{node.lineno} {node.func.id}"


def test_the_core_knows_only_pure_paths() -> None:
    assert [name for path in core_files() for name in _impure_paths(path)] == []


def _impure_paths(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "pathlib":
            impure = [alias.name for alias in node.names if not alias.name.startswith("Pure")]
        elif isinstance(node, ast.Import):
            impure = [alias.name for alias in node.names if alias.name == "pathlib"]
        else:
            continue
        yield from (f"{path.relative_to(SOURCE)}:{node.lineno} {name}" for name in impure)


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_modules_can_be_imported_in_any_order() -> None:
    """No import at module level leads back to its module: what one module needs never depends on who came first."""
    files = {name_of(path): path for path in sorted(SOURCE.rglob("*.py")) if "guest" not in path.parts}
    graph = {name: set(imported_at_once(path, frozenset(files))) - {name} for name, path in files.items()}
    TopologicalSorter(graph).prepare()


def test_every_module_imports_without_a_warning() -> None:
    modules = [name_of(path) for path in sorted(SOURCE.rglob("*.py")) if "guest" not in path.parts]
    code = "import sys\nfor name in sys.argv[1:]: __import__(name)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *(name for name in modules if not name.endswith(".__main__"))],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def name_of(path: Path) -> str:
    """The module's dotted name."""
    return ".".join(("muster", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")


def imported_at_once(path: Path, modules: frozenset[str]) -> Iterator[str]:
    """Those of `modules` that executing the file imports, but for what only a type checker reads."""
    for statement in statements_at_once(ast.parse(path.read_bytes()).body):
        match statement:
            case ast.Import(names=aliases):
                yield from (alias.name for alias in aliases if alias.name in modules)
            case ast.ImportFrom(module=str(module), names=aliases, level=0):
                below = [f"{module}.{alias.name}" for alias in aliases]
                yield from (name for name in below if name in modules)
                if module in modules and any(name not in modules for name in below):
                    yield module


def statements_at_once(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when the module does, in all branches."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING":
            yield from statements_at_once(statement.orelse)
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.Match):
            for field in ("body", "orelse", "finalbody"):
                yield from statements_at_once(getattr(statement, field, []))
            for handler in getattr(statement, "handlers", []):
                yield from statements_at_once(handler.body)


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys, muster; print(sorted(name for name in sys.modules if name.startswith('muster')))"
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['muster']"


def test_the_version_is_answered_without_anything_heavy() -> None:
    code = (
        "import sys, muster.cli.main as m; code = m.run(['--version']); "
        "print(code, sorted(set(sys.modules) & {'typer', 'rich', 'msgspec', 'libcst', 'sqlite3', 'muster.wiring'}))"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1] == "0 []"


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "base", "core"}
    assert [path for path in SOURCE.rglob("*.py") if path.stem in empty] == []


def test_every_module_and_public_function_has_a_docstring() -> None:
    """A function of one statement may speak for itself."""
    missing = []
    for path in sorted(SOURCE.rglob("*.py")):
        if "guest" in path.parts:  # written for the project's interpreter, and sent there as text
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if ast.get_docstring(tree) is None and tree.body:
            missing.append(str(path.relative_to(SOURCE)))
        for node in tree.body:
            public = isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
            if public and len(node.body) > 1 and ast.get_docstring(node) is None:
                missing.append(f"{path.relative_to(SOURCE)}:{node.lineno} {node.name}")
    assert missing == []
