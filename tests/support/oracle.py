"""Real pytest on a scenario, on disk: one warm process for each interpreter, which forks for each run.

Importing pytest and its plugins is most of what a small session costs. The warm process has done that and nothing
else; each run is a fork of it that takes on the command's own `sys.path`, `sys.argv`, environment and working
directory. A scenario that must not share the warm import (`fresh = true`, or any `PYTHON*` variable) gets a process of
its own. Nothing is ever cached: every answer is pytest's.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.scenario import ROOT, SITE, STDLIB, Scenario

from muster.adapters.observed_pytest import OBSERVER, PytestProcess, collection_of, read_record
from muster.model.collection import Collection

TIMEOUT_S = 60.0

_SERVER = """
import sys
sys.dont_write_bytecode = True
base_path = sys.path[1:] if sys.path[:1] == [""] else sys.path[:]
sys.path[:] = base_path
import contextlib, json, os, tempfile, time
import pytest
# A whole session over nothing imports every plugin as a session does, so that the forks need not.
with tempfile.TemporaryDirectory() as nothing, open(os.devnull, "w") as null:
    os.chdir(nothing)
    with contextlib.redirect_stdout(null), contextlib.redirect_stderr(null):
        pytest.main(["--collect-only", "-p", "no:cacheprovider"])
    os.chdir("/")
space = {"__name__": "muster_observer", "__file__": "<muster observer>"}
exec(compile(OBSERVER_SOURCE, "<muster observer>", "exec"), space)


def child(order):
    os.setsid()
    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0); os.dup2(output, 1); os.dup2(output, 2)
    os.chdir(order["cwd"])
    os.environ.clear(); os.environ.update(order["environ"])
    sys.path[:] = [order["entry"], *base_path]
    sys.argv[:] = [order["script"], *order["args"]]
    try:
        if order["as_module"]:
            space["run_module"](order["record"])
        else:
            space["run_script"](order["record"], order["script"])
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
    except BaseException:
        import traceback
        traceback.print_exc()
        code = 1
    try:
        sys.stdout.flush(); sys.stderr.flush()
    finally:
        os._exit(code & 255)


def waited(pid, timeout):
    limit = time.monotonic() + timeout
    while time.monotonic() < limit:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
        time.sleep(0.004)
    os.killpg(pid, 9)
    os.waitpid(pid, 0)
    return None


for line in sys.stdin:
    order = json.loads(line)
    pid = os.fork()
    if pid == 0:
        child(order)
    sys.stdout.write(json.dumps({"code": waited(pid, order["timeout"])}) + "\\n")
    sys.stdout.flush()
"""


@dataclass(slots=True)
class Oracle:
    """Real pytest of one interpreter. Use as a context manager, or call `close`."""

    interpreter: str
    _server: subprocess.Popen[str] | None = field(default=None, init=False)
    _facts: tuple[str, str, str, str] | None = field(default=None, init=False)

    @property
    def versions(self) -> tuple[str, str]:
        """pytest's and Python's version there."""
        return self._asked()[:2]

    def places(self, root: str) -> dict[str, str]:
        """The folders that messages may name, with what stands for them in a scenario; innermost first."""
        return {root: ROOT, self._asked()[3]: SITE, self._asked()[2]: STDLIB}

    def _asked(self) -> tuple[str, str, str, str]:
        if self._facts is None:
            source = (
                "import sys, sysconfig, pytest\n"
                "version = '%d.%d.%d' % sys.version_info[:3]\n"
                "print(pytest.__version__, version, *map(sysconfig.get_path, ('stdlib', 'purelib')), sep='\\n')"
            )
            printed = subprocess.check_output([self.interpreter, "-c", source], text=True, cwd="/")
            pytest_version, python_version, stdlib, site = printed.splitlines()
            self._facts = pytest_version, python_version, stdlib, site
        return self._facts

    def collect(self, scenario: Scenario, mode: str) -> tuple[Collection, str]:
        """What pytest makes of `scenario` in `mode`, and the absolute project folder that it had."""
        with project_on_disk(scenario) as root:
            return self.collect_folder(root, scenario, mode), root

    def collect_folder(self, root: str, scenario: Scenario, mode: str) -> Collection:
        """What pytest makes of the project that lies at `root` already."""
        arguments = [argument.replace(ROOT, root) for argument in scenario.arguments(mode)]
        environ = scenario_environ(scenario, root)
        cwd = os.path.normpath(os.path.join(root, scenario.cwd))
        if scenario.fresh or any(name.startswith("PYTHON") for name in scenario.env):
            argv = [*scenario.command.split(), *arguments]
            process = PytestProcess(self.interpreter, TIMEOUT_S, {**environ, "PYTHONDONTWRITEBYTECODE": "1"})
            return process.collect(argv, cwd)
        return self._forked(arguments, scenario.command != "pytest", cwd, environ)

    def _forked(self, arguments: Sequence[str], as_module: bool, cwd: str, environ: Mapping[str, str]) -> Collection:
        script = os.path.join(os.path.dirname(self.interpreter), "pytest")
        with tempfile.TemporaryDirectory(prefix="muster-record-") as folder:
            order = {
                "args": list(arguments),
                "as_module": as_module,
                "cwd": cwd,
                "entry": os.path.realpath(cwd) if as_module else os.path.dirname(os.path.realpath(script)),
                "environ": dict(environ),
                "output": os.path.join(folder, "output"),
                "record": os.path.join(folder, "record.jsonl"),
                "script": script,
                "timeout": TIMEOUT_S,
            }
            code = self._ask(order)
            output = Path(str(order["output"]))
            printed = output.read_text(encoding="utf-8", errors="replace") if output.exists() else ""
            return collection_of(read_record(str(order["record"])), code, None, printed)

    def _ask(self, order: Mapping[str, object]) -> int | None:
        server = self._running()
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps(order) + "\n")
        server.stdin.flush()
        code: int | None = json.loads(server.stdout.readline())["code"]
        return code

    def _running(self) -> subprocess.Popen[str]:
        if self._server is None:
            source = f"OBSERVER_SOURCE = {OBSERVER.read_text(encoding='utf-8')!r}\n" + _SERVER
            self._server = subprocess.Popen(
                [self.interpreter, "-c", source],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd="/",
                env=base_environ(),
            )
        return self._server

    def close(self) -> None:
        """Ends the warm process."""
        if self._server is not None:
            server, self._server = self._server, None
            assert server.stdin is not None
            assert server.stdout is not None
            server.stdin.close()
            server.wait(10)
            server.stdout.close()

    def __enter__(self) -> Oracle:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def oracle_interpreters() -> tuple[str, ...]:
    """The interpreters to ask: this one, and those that `MUSTER_ORACLE_PYTHONS` names (`os.pathsep` between them)."""
    named = os.environ.get("MUSTER_ORACLE_PYTHONS", "").split(os.pathsep)
    return tuple(dict.fromkeys([sys.executable, *filter(None, named)]))


def base_environ() -> dict[str, str]:
    """An environment in which nothing of the caller's own test session shows."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"PYTHONHASHSEED": "0"}


def scenario_environ(scenario: Scenario, root: str) -> dict[str, str]:
    """The environment of the scenario's command."""
    return base_environ() | {name: value.replace(ROOT, root) for name, value in scenario.env.items()}


@contextlib.contextmanager
def project_on_disk(scenario: Scenario) -> Iterator[str]:
    """The scenario's files in a new folder, removed afterwards; yields the folder's real absolute path."""
    parent = os.path.realpath(tempfile.mkdtemp(prefix="muster-"))
    root = os.path.join(parent, "project")
    try:
        os.mkdir(root)
        for folder in scenario.folders:
            os.makedirs(os.path.join(root, folder), exist_ok=True)
        for name, content in scenario.files.items():
            path = Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.replace(ROOT.encode(), root.encode()))
        for name, target in scenario.symlinks.items():
            Path(root, name).parent.mkdir(parents=True, exist_ok=True)
            os.symlink(target, os.path.join(root, name))
        yield root
    finally:
        shutil.rmtree(parent, ignore_errors=True)


def without_addresses(text: str) -> str:
    """`text` with object addresses made equal."""
    return re.sub(r"\b0x[0-9a-f]{6,}\b", "0x...", text)
