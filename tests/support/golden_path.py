"""examples/golden_path as tests use it: its commands, run in it or in a copy of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/golden_path"
LEFT_BEHIND = shutil.ignore_patterns(
    "__pycache__", ".pytest_cache", ".muster", ".ruff_cache", ".mypy_cache", "chat.db*"
)
TIMEOUT_S = 900
# The statement in a test file two folders deep that is one `.parent` away from taking a category down.
CULPRIT = "tests/mission_critical/golden/test_login_to_answer.py"
VICTIM = "tests/mission_critical/test_vpc_connectivity.py"
RIGHT, WRONG = "resolve().parents[3]", "resolve().parents[2]"


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    code: int
    output: str

    def count(self, word: str) -> int:
        """The number in front of `word` in pytest's last summary line, 0 where it is not there."""
        summary = [line for line in self.output.splitlines() if re.search(r" in \d+\.\d+s", line)][-1]
        found = re.search(rf"(\d+) {word}", summary)
        return int(found[1]) if found else 0

    @property
    def passed(self) -> set[str]:
        """The functions that passed with every parameter, where it ran with `-rA`."""
        outcomes = re.findall(r"^(PASSED|FAILED|ERROR|SKIPPED) \S+::(\w+)", self.output, re.MULTILINE)
        return {name for outcome, name in outcomes if outcome == "PASSED"} - {
            name for outcome, name in outcomes if outcome != "PASSED"
        }


def run_python(folder: Path, *arguments: str) -> Ran:
    """Runs this interpreter in `folder`, as if nothing were set for Muster's own tests."""
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "CHAT_", "MUSTER_"))
    }
    # The example needs Muster as an installed project has it; its tests import it from wherever these tests do.
    environ["PYTHONPATH"] = str(ROOT / "src")
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return Ran(done.returncode, done.stdout)


def copy_example(folder: Path) -> Path:
    """A copy of the example below `folder`, to break."""
    return Path(shutil.copytree(EXAMPLE, folder / "golden_path", ignore=LEFT_BEHIND))


def break_example(copy: Path) -> int:
    """One character of one file; returns the line."""
    return _replace(copy / CULPRIT, RIGHT, WRONG)


def heal_example(copy: Path) -> int:
    return _replace(copy / CULPRIT, WRONG, RIGHT)


def _replace(path: Path, old: str, new: str) -> int:
    before, found, after = path.read_text(encoding="utf-8").partition(old)
    assert found, f"{path} has no {old!r}"
    path.write_text(before + new + after, encoding="utf-8")
    return before.count("\n") + 1
