"""The active plugin: it notes what one real session collects, and hears from a child of Muster's what is to be said of it.

It changes nothing of the run but for the exit code where collection is over its budget. Whatever goes wrong in here is
caught, ends the plugin, and is told in one line. Everything that needs more than the standard library happens in the
child (`aftermath`), so that neither the project's patches nor its warning filters meet it, and nothing of it stays in
the process of the tests.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from muster.guest.observer import describe
from muster.plugin import in_one_line

CHILD_TIMEOUT_S = 120.0
"""A project that is new to Muster takes about 70 s where it has ten thousand files, and a few seconds from then on."""

_CHILD = "import sys; sys.path.append(sys.argv.pop()); from muster.plugin.aftermath import main; main()"
_HOME = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_ROOT_CAUSE = "muster: root cause"
# Coverage starts itself in children by these; what Muster does is none of the project's.
_NOT_PASSED_ON = ("COV_CORE_", "COVERAGE_PROCESS_", "PYTEST_CURRENT_TEST", "PYTEST_XDIST_")


class SessionWatch:
    """The hooks of one session; `loaded_at` is the monotonic time at which pytest imported the plugin."""

    def __init__(self, config: pytest.Config, loaded_at: float) -> None:
        self.config = config
        self.loaded_at = loaded_at
        self.environ = {name: text for name, text in os.environ.items() if not name.startswith(_NOT_PASSED_ON)}
        self.words = _words(config)
        self.paths: dict[str, str] = {}
        self.events: list[dict[str, object]] = [{"event": "config", "rootdir": str(config.rootpath)}]
        self.raised: dict[str, dict[str, Any]] = {}
        self.failed: list[pytest.CollectReport] = []
        self.seconds: float | None = None
        self.workers = 0
        self.is_over = False
        self.trouble = ""
        self.answer: dict[str, Any] = {}

    @contextlib.contextmanager
    def apart(self) -> Iterator[None]:
        """Keeps what goes wrong inside from the run."""
        try:
            yield
        except Exception as error:
            self.trouble = self.trouble or f"{type(error).__name__}: {error}"

    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        with self.apart():
            path = str(getattr(collector, "path", ""))
            self.paths[collector.nodeid] = path
            if isinstance(collector, pytest.File) and not isinstance(collector, pytest.Package):
                self.events.append({"event": "file", "nodeid": collector.nodeid, "path": path})

    def pytest_exception_interact(self, call: pytest.CallInfo[object], report: pytest.CollectReport) -> None:
        """The only hook that is given a collector's exception itself; for tests it is called as well."""
        with self.apart():
            if report.when == "collect" and call.excinfo is not None:
                told = describe(call.excinfo.value)  # type: ignore[no-untyped-call]  # because guests run on 3.9 too
                self.raised[report.nodeid] = told

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        with self.apart():
            if report.outcome == "passed":
                return
            if report.outcome == "failed":
                self.failed.append(report)
            self.events.append(
                {
                    "event": "report",
                    "nodeid": report.nodeid,
                    "path": self.paths.get(report.nodeid) or self._path_of(report.nodeid),
                    "outcome": report.outcome,
                    "exception": self.raised.get(report.nodeid),
                    "reason": "" if report.nodeid in self.raised else _last_words(report),
                }
            )

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        with self.apart():
            self.events.append({"event": "deselected", "nodeids": [item.nodeid for item in items]})

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        with self.apart():
            # pytest calls this in a `finally` (`Session.perform_collect`): what broke off is no whole collection.
            if sys.exc_info()[0] is not None:
                self.events.append({"event": "stopped"})
            self.seconds = self._age()
            self.events.append(
                {"event": "items", "items": [[item.nodeid, str(item.path), 0] for item in session.items]}
            )

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """The controller of pytest-xdist collects nothing; each of its workers collects everything."""
        with self.apart():
            self.workers += 1
            self.seconds = self._age()
            if self.workers == 1:
                items = [[nodeid, self._path_of(nodeid), 0] for nodeid in ids]
                self.events.append({"event": "items", "items": items})

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Whoever pressed Ctrl-C does not want to wait."""
        self.is_over = type(excinfo.value) is KeyboardInterrupt

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        with self.apart():
            if (
                self.trouble
                or self.is_over
                or exitstatus == pytest.ExitCode.INTERNAL_ERROR
                or not (self.seconds or self.failed)
            ):
                return
            self.events.append({"event": "finish"})
            self.answer = self._ask(int(exitstatus))
            self.trouble = self.trouble or str(self.answer.get("trouble", ""))
            for report in self.failed:
                if text := self.answer["sections"].get(report.nodeid):
                    report.sections.append((_ROOT_CAUSE, text))
            if self.answer["over_budget"] and session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
                self.answer["over_budget"] += ", so this session ends with code 1"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        with self.apart():
            if self.answer.get("summary"):
                terminalreporter.section("muster: root causes", cyan=True)
                for line in self.answer["summary"]:
                    terminalreporter.write_line(line)
            if over := self.answer.get("over_budget"):
                terminalreporter.write_line(f"muster: {over}", red=True)
        if self.trouble:
            text = in_one_line(self.trouble)
            terminalreporter.write_line(f"muster: the plugin gave up, this run is not affected: {text}", yellow=True)

    def _ask(self, exit_code: int) -> dict[str, Any]:
        """What the child has to say of the session. Raises an `Exception` where it cannot."""
        terminal = self.config.pluginmanager.getplugin("terminalreporter")
        writer = getattr(terminal, "_tw", None)
        folder = str(self.config.invocation_params.dir)
        request = {
            "cwd": folder,
            "words": self.words,
            "python": sys.executable,
            "events": self.events,
            "exit": exit_code,
            "seconds": self.seconds,
            "workers": self.workers,
            "is_distributed": self.config.pluginmanager.hasplugin("dsession"),
            "width": getattr(writer, "fullwidth", 80),
            "colour": bool(getattr(writer, "hasmarkup", False)),
        }
        done = subprocess.run(
            [sys.executable, "-P", "-c", _CHILD, _HOME],
            input=json.dumps(request).encode("ascii"),
            capture_output=True,
            cwd=folder,
            env=self.environ,
            timeout=CHILD_TIMEOUT_S,
            check=False,
        )
        if done.returncode != 0:
            last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no message"]
            raise RuntimeError(f"its child ended with code {done.returncode}: {last[0]}")
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def _path_of(self, nodeid: str) -> str:
        return os.path.join(str(self.config.rootpath), nodeid.partition("::")[0])

    def _age(self) -> float:
        """How long this process, or where it was there before pytest this session, has been going."""
        is_its_own = [str(word) for word in self.config.invocation_params.args] == sys.argv[1:]
        whole = _process_age() if is_its_own else None
        return time.monotonic() - self.loaded_at if whole is None else whole


def _last_words(report: pytest.CollectReport) -> str:
    """What a report says of its exception, where it came from a worker and the exception stayed there."""
    lines = (line for line in str(report.longrepr).splitlines() if line.startswith("E "))
    return next(lines, "")[1:].strip()


def _words(config: pytest.Config) -> list[str]:
    """The command of this session, without what asks for the plugin."""
    words = [str(word) for word in config.invocation_params.args if word != "--muster"]
    is_module = os.path.basename(sys.argv[0] if sys.argv else "") == "__main__.py"
    return [*(["python", "-m"] if is_module else []), "pytest", *words]


def _process_age() -> float | None:
    """The seconds since this process was started; None where the system does not tell (proc(5), field 22 of `stat`)."""
    try:
        with open("/proc/self/stat", "rb") as file:
            ticks = int(file.read().rpartition(b")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError, IndexError):
        return None
