"""A project that is all traps: whatever of it is executed leaves a file with the trap's name behind."""

from __future__ import annotations

import json
import os
import py_compile
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SOURCE = str(Path(__file__).parents[2] / "src")

STANDARD_NAMES = (
    "abc ast base64 bisect codecs collections configparser contextlib copy csv ctypes dataclasses datetime email enum errno "
    "fnmatch functools getpass glob gzip hashlib heapq html http importlib inspect io itertools json keyword linecache "
    "locale logging math multiprocessing numbers operator os pathlib pickle platform posixpath queue random re select "
    "shlex shutil signal site socket sqlite3 ssl stat string struct subprocess sysconfig tempfile textwrap threading time "
    "token tokenize tomllib traceback types typing unittest urllib uuid warnings weakref xml zipfile zlib"
).split()
DISTRIBUTION_NAMES = (
    "pytest _pytest pluggy iniconfig packaging msgspec rich typer click libcst tomlkit ruff pathspec attr attrs numpy "
    "setuptools pkg_resources shellingham markdown_it pygments yaml hatchling exceptiongroup"
).split()
SCRIPTS = "python python3 python3.11 git ruff gpg sh pytest muster pip uv node make".split()


@dataclass(frozen=True)
class TrapProject:
    """The project's root, and the folder where sprung traps leave their names."""

    root: Path
    sprung_folder: Path

    def sprung(self) -> list[str]:
        """The traps that something has sprung, by name."""
        return sorted(path.name for path in self.sprung_folder.iterdir())

    def python_trap(self, name: str) -> str:
        """Python source that springs the trap `name` without importing anything."""
        return f"open({str(self.sprung_folder / name)!r}, 'w').close()\n"

    def shell_trap(self, name: str) -> str:
        """A shell command that springs the trap `name`."""
        return f"touch {self.sprung_folder / name}"

    def write(self, path: str, text: str, mode: int = 0o644) -> Path:
        """Write a file of the project."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(mode)
        return target

    def script(self, path: str, name: str) -> Path:
        """An executable that springs the trap `name`."""
        return self.write(path, f"#!/bin/sh\n{self.shell_trap(name)}\nexit 0\n", 0o755)


def build_trap_project(folder: Path, *, with_muster_folder: bool = True) -> TrapProject:
    """The project below `folder`, with a git repository where git is to be had."""
    project = TrapProject(folder / "project", folder / "sprung")
    project.root.mkdir()
    project.sprung_folder.mkdir()
    _write_modules(project, with_muster_folder)
    _write_configuration(project)
    _write_environment(project)
    if shutil.which("git"):
        _write_repository(project)
    return project


def _write_modules(project: TrapProject, with_muster_folder: bool) -> None:
    """Sources that pytest, a build or an import by name would execute."""
    for name in (*STANDARD_NAMES, *DISTRIBUTION_NAMES):
        path = f"{name}/__init__.py" if len(name) % 2 else f"{name}.py"
        project.write(path, project.python_trap(f"named-{name}"))
    names = ("setup", "noxfile", "tasks", "manage", "fabfile", "dodo", "hatch_build", "sitecustomize", "usercustomize")
    for name in (*names, "docs/conf", "conftest", "tests/conftest", "src/app", "backend", "trap_plugin", "env_plugin"):
        project.write(f"{name}.py", project.python_trap(name.replace("/", "-")))
    for plugin in ("ini_plugin", "conftest_plugin", "own_plugin", "warning_module", "invocation_plugin", "required"):
        project.write(f"{plugin}.py", project.python_trap(plugin))
    with (project.root / "conftest.py").open("a") as conftest:
        conftest.write("pytest_plugins = ['conftest_plugin']\ncollect_ignore = []\n")
    for number in range(5):
        body = project.python_trap(f"test-body-{number}")
        body += "import json, requests, numpy, app, trap_plugin\nimport sqlalchemy.ext.asyncio\nfrom src import app\n"
        body += project.python_trap(f"test-body-{number}-late")
        body += f"@__import__('trap_plugin').deco({number})\nclass TestIt:\n    def test_it(self): pass\n"
        project.write(f"tests/test_{number}.py", body)
    project.write("tests/test_doc.txt", ">>> import trap_plugin\n")
    project.write("tests/package/__init__.py", project.python_trap("package-init"))
    project.write("tests/package/test_in_package.py", project.python_trap("package-test") + "def test_x(): pass\n")
    project.write("evil.pth", "import trap_plugin\n")
    _write_bytecode(project)
    for name in SCRIPTS:
        project.script(f"bin/{name}" if name in (*DISTRIBUTION_NAMES, "muster") else name, f"script-{name}")
    if with_muster_folder:
        for path in ("muster/__init__.py", "muster/__main__.py", "muster/cli/__init__.py", "muster/cli/main.py"):
            project.write(path, project.python_trap("muster-" + path.replace("/", "-")))


def _write_bytecode(project: TrapProject) -> None:
    """A cached bytecode file that says more than its source, and one without a source."""
    source = project.write("tests/compiled.py", project.python_trap("bytecode"))
    py_compile.compile(str(source), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    source.write_text("value = 1\n")
    py_compile.compile(str(project.root / "trap_plugin.py"), cfile=str(project.root / "sourceless.pyc"), doraise=True)


def _write_configuration(project: TrapProject) -> None:
    """Settings that name things to run or import."""
    evil = project.script("evil.sh", "evil-command")
    python = f"{project.root}/.venv/bin/python"
    variables = f"VIRTUAL_ENV={project.root}/.venv PATH={project.root} LD_PRELOAD=./evil.so"
    project.write(
        "pyproject.toml",
        f"""
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "traps"
version = "1"
[project.entry-points.pytest11]
own = "own_plugin"

[tool.muster]
invocation = "{variables} {python} -m pytest -p invocation_plugin"
python = ".venv/bin/python"

[tool.muster.categories.all]
paths = ["tests"]

[tool.muster.services.postgres]
url = "postgres://localhost:1/x"
start = "{evil}"
""",
    )
    project.write(
        "pytest.ini",
        "[pytest]\naddopts = -p ini_plugin --strict-markers\npythonpath = . src\npython_files = test_*.py\n"
        "filterwarnings =\n    error::warning_module.TrapWarning\n",
    )
    project.write("tox.ini", f"[testenv]\ncommands = {evil}\n")
    project.write("Makefile", f"X := $(shell {evil})\ntest:\n\t{evil}\n")
    project.write(
        ".pre-commit-config.yaml",
        f"repos: [{{repo: local, hooks: [{{id: x, name: x, entry: {evil}, language: system}}]}}]",
    )
    project.write("ruff.toml", "line-length = 1\n")


def _write_environment(project: TrapProject) -> None:
    """A `.venv` whose interpreter, start-up files and plugins are traps."""
    site = f".venv/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    project.script("fake-home/python3", "venv-home")
    project.script(f"fake-home/python{sys.version_info[0]}.{sys.version_info[1]}", "venv-home-versioned")
    version = ".".join(map(str, sys.version_info[:3]))
    project.write(".venv/pyvenv.cfg", f"home = {project.root}/fake-home\nversion = {version}\n")
    for name in ("python", "python3", "pytest", "ruff"):
        project.script(f".venv/bin/{name}", f"venv-{name}")
    project.write(f"{site}/evil.pth", "import venv_pth\n")
    for name in ("venv_pth", "sitecustomize", "usercustomize", "venv_plugin", "requests", "__editable___own_finder"):
        project.write(f"{site}/{name}.py", project.python_trap(f"venv-site-{name}"))
    project.write(f"{site}/__editable__.own.pth", "import __editable___own_finder; __editable___own_finder.install()")
    project.write(f"{site}/path.pth", f"{project.root}\n{project.root}/src\n")
    for name, module in (("plugged", "venv_plugin"), ("own", "own_plugin"), ("pytest", "pytest")):
        metadata = f"{site}/{name}-8.0.0.dist-info"
        project.write(f"{metadata}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 8.0.0\n")
        project.write(f"{metadata}/entry_points.txt", f"[pytest11]\n{name} = {module}\n")
        editable = {"url": project.root.as_uri(), "dir_info": {"editable": True}}
        project.write(f"{metadata}/direct_url.json", json.dumps(editable))
    project.write(f"{site}/pytest/__init__.py", project.python_trap("venv-pytest"))
    project.write(f"{site}/pytest/__main__.py", project.python_trap("venv-pytest-main"))


def _write_repository(project: TrapProject) -> None:
    """A git repository that runs something at every chance it gets."""

    def git(*arguments: str) -> None:
        environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *arguments], cwd=project.root, env=environ, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    git("add", "-A", "-f", "tests", "src", "pyproject.toml")
    git("commit", "-q", "-m", "traps")
    run = {name: str(project.script(f".git/traps/{name}", f"git-{name}")) for name in _GIT_TRAPS}
    for hook in (
        "post-index-change",
        "pre-commit",
        "post-checkout",
        "reference-transaction",
        "fsmonitor-watchman",
        "pre-auto-gc",
    ):
        project.script(f".git/hooks/{hook}", f"git-hook-{hook}")
    project.write(".gitattributes", "* filter=evil diff=evil merge=evil\n")
    with (project.root / ".git" / "config").open("a") as config:
        config.write(
            f"""
[core]
    fsmonitor = {run["fsmonitor"]}
    hooksPath = .git/hooks
    pager = {run["pager"]}
    editor = {run["editor"]}
    sshCommand = {run["ssh"]}
    askPass = {run["askpass"]}
    gitProxy = {run["proxy"]}
[filter "evil"]
    clean = {run["clean"]}
    smudge = {run["smudge"]}
    process = {run["process"]}
    required = true
[diff]
    external = {run["external-diff"]}
[diff "evil"]
    textconv = {run["textconv"]}
    command = {run["diff-command"]}
[merge "evil"]
    driver = {run["merge"]}
[gpg]
    program = {run["gpg"]}
[log]
    showSignature = true
[credential]
    helper = {run["credential"]}
[uploadpack]
    packObjectsHook = {run["upload"]}
[alias]
    log = !{run["alias"]}
[remote "origin"]
    url = ext::{run["remote-helper"]}
    fetch = +refs/heads/*:refs/remotes/origin/*
    promisor = true
    partialclonefilter = blob:none
[extensions]
    partialClone = origin
[protocol "ext"]
    allow = always
"""
        )
    objects = sorted((project.root / ".git" / "objects").glob("??/*"))
    for path in objects[::3]:  # a partial clone that lacks a third of its objects
        path.chmod(0o644)
        path.unlink()


_GIT_TRAPS = (
    "fsmonitor pager editor ssh askpass proxy clean smudge process external-diff textconv diff-command merge gpg credential "
    "upload alias remote-helper"
).split()
