"""No static command executes anything of the examined project."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from tests.adapters.environments import make_environment
from tests.hostile.booby_traps import SOURCE, TrapProject, build_trap_project

from muster.adapters.disk_tree import DiskTree
from muster.adapters.environment import InterpreterQuery
from muster.adapters.fact_cache import NullFactCache
from muster.adapters.interpreters import choose_interpreter
from muster.ports import EntryKind

STATIC_COMMANDS = (
    ("check",),
    ("check", "tests", "-c", "all"),
    ("check", "--static"),
    ("check", "--python", "python3"),
    ("check", "--format", "json"),
    ("check", "--invocation", "python -m pytest -p invocation_plugin tests"),
    ("check", "--", "-p", "trap_plugin"),
    ("collect",),
    ("collect", "--format", "json", "tests/test_0.py"),
    ("explain", "tests/test_1.py"),
    ("explain", "trap_plugin"),
    ("explain", "M105"),
    ("init",),
    ("schema",),
    ("cache", "dir"),
)
"""Every command that promises to run nothing, in the ways that reach most of it."""


BEFORE_MUSTER = (
    "abc codecs collections contextlib functools importlib io itertools keyword locale operator os posixpath re signal site "
    "stat types enum warnings typing heapq tokenize token linecache copy string weakref threading traceback"
).split()
"""Modules that Python, or the first lines of a console script, may import from PYTHONPATH or for `-m` before Muster runs."""


@pytest.fixture
def project(tmp_path: Path) -> TrapProject:
    """A fresh trap project."""
    return build_trap_project(tmp_path)


def hostile_environ(project: TrapProject, **more: str) -> dict[str, str]:
    """The variables of a user who works on that project; `PYTHONPATH` finds Muster first and the project then."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST_", "VIRTUAL_"))}
    return {
        **kept,
        "PYTHONPATH": SOURCE,
        "PYTEST_ADDOPTS": "-p env_plugin",
        "PYTEST_PLUGINS": "env_plugin",
        "MUSTER_CACHE_DIR": str(project.sprung_folder.parent / "cache"),
        "NO_COLOR": "1",
        **more,
    }


def run_muster(
    project: TrapProject, *arguments: str, environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command as its console script does, with the project as working directory."""
    script = project.sprung_folder.parent / "muster-script"
    script.write_text("import sys\nfrom muster.cli.main import main\nsys.exit(main())\n")
    return subprocess.run(
        [sys.executable, str(script), *arguments],
        cwd=project.root,
        env=environ or hostile_environ(project),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_traps_work(project: TrapProject) -> None:
    """Real pytest springs them, so a silent run means something."""
    environ = hostile_environ(project, PYTHONPATH="")
    subprocess.run(
        [sys.executable, "-m", "pytest", "--co"], cwd=project.root, env=environ, capture_output=True, check=False
    )
    assert project.sprung()
    before = len(project.sprung())
    subprocess.run(["git", "status"], cwd=project.root, env=environ, capture_output=True, check=False)
    subprocess.run([str(project.root / ".venv/bin/python")], check=True)
    assert len(project.sprung()) > before
    assert len(list(project.root.rglob("*"))) > 150


@pytest.mark.parametrize("command", STATIC_COMMANDS, ids=" ".join)
def test_a_static_command_springs_no_trap(project: TrapProject, command: tuple[str, ...]) -> None:
    """Whatever it says, it says it in its own words and with an exit code of its own."""
    done = run_muster(project, *command)
    assert project.sprung() == []
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1, 4, 5), done.stderr


def test_no_trap_is_sprung_from_the_cache_either(project: TrapProject) -> None:
    """The second run takes other ways than the first."""
    for _ in range(2):
        run_muster(project, "check")
    assert project.sprung() == []


@pytest.mark.parametrize(
    "setting", ["", 'python = "./evil.sh"', 'python = "evil.sh"', 'python = "python3"', 'python = "fake-home/python3"']
)
def test_no_setting_names_what_is_run(project: TrapProject, setting: str) -> None:
    """Neither `python` nor a variable in the invocation; without a setting `.venv` is found, and read."""
    path = project.root / "pyproject.toml"
    path.write_text(path.read_text().replace('python = ".venv/bin/python"', setting))
    done = run_muster(project, "check")
    assert project.sprung() == []
    assert done.returncode in (0, 1, 4, 5), done.stderr
    shutil.rmtree(project.root / ".venv")
    run_muster(project, "check")
    assert project.sprung() == []


def test_a_project_on_pythonpath_is_not_imported_as_ours(project: TrapProject) -> None:
    """But for what Python itself imports before Muster runs."""
    for name in ("sitecustomize", "usercustomize", *BEFORE_MUSTER):
        shutil.rmtree(project.root / name, ignore_errors=True)
        (project.root / f"{name}.py").unlink(missing_ok=True)
    for entries in (".", str(project.root), f".{os.pathsep}src"):
        run_muster(project, "check", environ=hostile_environ(project, PYTHONPATH=f"{SOURCE}{os.pathsep}{entries}"))
        assert project.sprung() == []


def test_an_activated_environment_does_not_open_the_tree(project: TrapProject, tmp_path: Path) -> None:
    """The user's own interpreter is asked, with the project's plugin installed in it as editable."""
    made = make_environment(tmp_path / "env")
    made.install("own", {}, "[pytest11]\nown = own_plugin\n")
    (made.site / "own.pth").write_text(f"{project.root}\n{project.root}/src\nimport own_plugin\n")
    environ = hostile_environ(project, VIRTUAL_ENV=str(made.prefix))
    environ["PYTHONPATH"] += os.pathsep + str(project.root / "src")
    run_muster(project, "check", "--python", made.python, environ=environ)
    run_muster(project, "collect", "--python", made.python, environ=environ)
    assert project.sprung() == []


def test_python_dash_m_is_as_safe(tmp_path: Path) -> None:
    """But for what Python itself imports before Muster runs, which `python -m` of anything takes from the folder."""
    project = build_trap_project(tmp_path, with_muster_folder=False)
    for name in BEFORE_MUSTER:
        shutil.rmtree(project.root / name, ignore_errors=True)
        (project.root / f"{name}.py").unlink(missing_ok=True)
    for options in ((), ("-P",)):
        environ = hostile_environ(project)
        command = [sys.executable, *options, "-m", "muster", "check"]
        done = subprocess.run(
            command, cwd=project.root, env=environ, capture_output=True, text=True, timeout=120, check=False
        )
        assert project.sprung() == []
        assert done.returncode in (0, 1, 4, 5), done.stderr


AUDITED = """
    import json, os, sys
    root, log = sys.argv[1:3]
    sys.argv = ["muster", *sys.argv[3:]]
    seen, git = [], []

    def watch(event, args):
        if event == "exec":
            name = str(getattr(args[0], "co_filename", ""))
            if name.startswith(root):
                seen.append(f"exec {name}")
        elif event == "import" and args[1] and str(args[1]).startswith(root):
            seen.append(f"import {args[1]}")
        elif event == "open" and isinstance(args[0], str) and isinstance(args[1], str) and set(args[1]) & set("wax+"):
            if os.path.abspath(args[0]).startswith(root):
                seen.append(f"write {args[0]}")
        elif event.startswith("socket.") and event not in ("socket.__new__", "socket.gethostname"):
            seen.append(f"{event} {args!r}")
        elif event in ("os.system", "os.exec", "os.posix_spawn", "os.startfile", "pickle.find_class"):
            seen.append(f"{event} {args!r}")
        elif event == "subprocess.Popen":
            executable = os.path.abspath(str(args[0]))
            if executable.startswith(root) or "/" not in str(args[0]) or str(args[2] or os.getcwd()).startswith(root):
                if str(args[0]) == "git":
                    git.append([str(word) for word in args[1]])
                else:
                    seen.append(f"{event} {args[0]} {args[1]} {args[2]}")
        elif event in ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "os.chmod", "os.truncate"):
            paths = [arg for arg in args if isinstance(arg, str)]
            descriptors = [arg for arg in args if isinstance(arg, int) and arg >= 0]
            if not descriptors and any(os.path.abspath(path).startswith(root) for path in paths):
                seen.append(f"{event} {args!r}")

    import muster.cli.main
    sys.addaudithook(watch)
    try:
        code = muster.cli.main.run(sys.argv[1:])
    finally:
        with open(log, "w") as file:
            json.dump({"seen": seen, "git": git}, file)
    sys.exit(code)
"""


@pytest.mark.parametrize("command", [c for c in STATIC_COMMANDS if c[0] != "init"], ids=" ".join)
def test_the_audit_hook_sees_no_forbidden_act(project: TrapProject, command: tuple[str, ...]) -> None:
    """No code of the project, no socket, no program of or in the project, no write inside it; git only reads objects."""
    script = project.sprung_folder.parent / "audited.py"
    script.write_text(textwrap.dedent(AUDITED))
    log = project.sprung_folder.parent / "audit.json"
    environ = hostile_environ(project)
    arguments = [sys.executable, str(script), str(project.root), str(log), *command]
    done = subprocess.run(
        arguments, cwd=project.root, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert log.exists(), done.stderr
    told = json.loads(log.read_text())
    assert told["seen"] == []
    assert [words for words in told["git"] if not only_reads_objects(words)] == []
    assert project.sprung() == []


def only_reads_objects(words: list[str]) -> bool:
    """Whether a git command is one of those that compare no work tree, with what keeps it from running anything."""
    verb = next(
        word for place, word in enumerate(words) if place and not word.startswith("-") and words[place - 1] != "-c"
    )
    switches = {"core.fsmonitor=false", "core.hooksPath=/dev/null", "protocol.allow=never", "--no-pager"}
    if verb == "log":
        switches |= {"--no-show-signature", "--no-ext-diff", "--no-textconv"}
    return verb in {"rev-parse", "ls-tree", "log", "cat-file", "merge-base"} and switches <= set(words)


def test_the_adapters_alone_spring_no_trap(project: TrapProject) -> None:
    """Reading everything, and asking Muster's own interpreter with the project everywhere on its path."""
    tree = DiskTree()

    def read_all(folder: str) -> int:
        count = 0
        for name, kind in tree.listing(folder).items():
            path = f"{folder}/{name}"
            if kind is EntryKind.FILE:
                tree.read(path)
                count += 1
            elif kind is EntryKind.FOLDER and not tree.is_symlink(path):
                count += read_all(path)
        return count

    assert read_all(str(project.root)) > 150
    environ = hostile_environ(project, PYTHONPATH=f"{project.root}{os.pathsep}{project.root}/src")
    for named in (sys.executable, None):
        chosen = choose_interpreter(str(project.root), named=named, environ=environ, own=sys.executable)
        asked = InterpreterQuery(chosen, str(project.root), NullFactCache(), environ=environ)
        environment = asked.describe()
        assert "len" in environment.builtins
        for name in (
            "json",
            "pytest",
            "trap_plugin",
            "own_plugin",
            "requests",
            "sitecustomize",
            "muster",
            "tests.test_0",
        ):
            asked.probe(name)
        asked.close()
    assert project.sprung() == []
