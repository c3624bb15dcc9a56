"""Projects with a history that commands have left: each commit of the demo checked, the golden path before and after."""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path
from unittest import mock

from tests.support.golden_path import break_example

from muster.adapters.new_repository import GitRepository
from muster.cli.main import run
from muster.usecases.demo import write_demo
from muster.usecases.story import read_story
from muster.wiring import read_story_text


def leave_records(folder: Path, *commands: str) -> None:
    """Run `muster COMMAND` in `folder` for each of `commands`, recorded; what they print is not wanted."""
    environ = {"MUSTER_HISTORY": "on", "MUSTER_CONFIG": "", "MUSTER_HISTORY_URL": ""}
    with contextlib.chdir(folder), mock.patch.dict(os.environ, environ), contextlib.redirect_stdout(io.StringIO()):
        for command in commands:
            run(command.split())


class CheckedRepository(GitRepository):
    """A repository each of whose commits is checked once it is made."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self._checked = folder

    def commit(self, message: str, *, author: str, date: str) -> None:
        super().commit(message, author=author, date=date)
        leave_records(self._checked, "check")


def remember_demo(folder: Path) -> None:
    """The project of the demo, checked after each of its commits, and one category in the end."""
    write_demo(read_story(read_story_text()), CheckedRepository(folder))
    leave_records(folder, "check -c mission_critical")


def remember_golden_path(folder: Path) -> None:
    """The golden path in `folder`: measured and checked, then with one character changed."""
    leave_records(folder, "run --collect-only -c mission_critical", "check -c mission_critical")
    break_example(folder)
    leave_records(folder, "check -c mission_critical")
