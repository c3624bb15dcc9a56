"""Examples in the documentation are run, and must print what the page says.

    <!-- example: NAME -->
    ```console
    $ muster check
    ...
    ```

NAME is a project below `docs/examples`, or one of `PROJECTS`; the command runs in a copy of it. A line of three dots stands for
any lines. `MUSTER_UPDATE_EXAMPLES=1` writes what is printed into the pages, but for examples with such a line. Seconds and
times of the day are not compared.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.golden_path import EXAMPLE, LEFT_BEHIND, break_example
from tests.support.remembered import remember_demo, remember_golden_path

from muster.cli.main import run
from muster.usecases.demo import write_demo
from muster.usecases.story import read_story
from muster.wiring import new_repository, read_story_text

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"<!-- example: (?P<name>[\w-]+) -->\n(?P<fence>`{3,})console\n\$ muster(?P<arguments>[^\n]*)\n(?P<output>.*?)(?<=\n)(?P=fence)\n",
    re.DOTALL,
)
TIMES = re.compile(r"\d+(\.\d+)?(?= s\b)|(?<=time=\")[\d.]+|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
ANY_LINES = "...\n"


def write_broken_golden_path(folder: Path) -> None:
    """The golden path with one character changed, as its README tells."""
    shutil.copytree(EXAMPLE, folder, ignore=LEFT_BEHIND)
    break_example(folder)


def write_project_of_the_demo(folder: Path) -> None:
    if importlib.util.find_spec("websocket") is not None:
        pytest.skip("websocket-client is installed: one fault of the demo is none here")
    write_demo(read_story(read_story_text()), new_repository(str(folder)))


def write_remembered_golden_path(folder: Path) -> None:
    shutil.copytree(EXAMPLE, folder, ignore=LEFT_BEHIND)
    remember_golden_path(folder)


def write_remembered_demo(folder: Path) -> None:
    if importlib.util.find_spec("websocket") is not None:
        pytest.skip("websocket-client is installed: one fault of the demo is none here")
    remember_demo(folder)


PROJECTS: dict[str, Callable[[Path], object]] = {
    "golden_path": write_broken_golden_path,
    "demo": write_project_of_the_demo,
    "golden_path_remembered": write_remembered_golden_path,
    "demo_remembered": write_remembered_demo,
}


@dataclass(frozen=True)
class Example:
    """One command with what the page says that it prints."""

    page: Path
    name: str
    arguments: str
    output: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:muster{self.arguments}"


def examples() -> list[Example]:
    pages = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"])
    return [
        Example(page, match["name"], match["arguments"], match["output"])
        for page in pages
        for match in BLOCK.finditer(page.read_text(encoding="utf-8"))
    ]


def test_there_are_examples() -> None:
    assert len(examples()) >= 2


@pytest.mark.parametrize("example", examples(), ids=str)
def test_an_example_prints_what_the_page_says(
    example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project = tmp_path / example.name
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTEST_ADDOPTS", "PYTHONPATH", "FORCE_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("MUSTER_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "100")
    if example.name in PROJECTS:
        PROJECTS[example.name](project)
    else:
        shutil.copytree(ROOT / "docs/examples" / example.name, project, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(project)
    capfd.readouterr()
    # However slow the machine is, what is told by its age is from just now.
    monkeypatch.setattr("muster.wiring.server.current_time", lambda: "2000-01-01T00:00:00Z")
    run(shlex.split(example.arguments))
    printed = capfd.readouterr().out
    if os.environ.get("MUSTER_UPDATE_EXAMPLES") == "1" and ANY_LINES not in example.output:
        update(example, printed)
    else:
        assert missing_parts(TIMES.sub("?", example.output), TIMES.sub("?", printed)) == []


def missing_parts(expected: str, printed: str) -> list[str]:
    """The parts of `expected`, which are divided by dots, that `printed` does not have in this order; all of it without any."""
    whole = f"\n{expected}".split(f"\n{ANY_LINES}")
    if len(whole) == 1:
        return [] if printed == expected else [printed]
    left, missing = f"\n{printed}", []
    for position, part in enumerate(whole):
        text = part + ("" if position == len(whole) - 1 else "\n")
        found = left.find(text) if part else 0
        if found < 0 or (position == 0 and found > 0) or (position == len(whole) - 1 and not left.endswith(text)):
            missing.append(text)
        else:
            left = left[found + len(part) :]
    return missing


def test_dots_stand_for_lines() -> None:
    assert missing_parts("a\n...\nd\n", "a\nb\nc\nd\n") == []
    assert missing_parts("a\n...\nc\n...\n", "a\nb\nc\nd\n") == []
    assert missing_parts("...\nb\n...\n", "a\nb\nc\n") == []
    assert missing_parts("a\n...\nx\n...\n", "a\nb\nc\nd\n") == ["x\n"]
    assert missing_parts("b\n...\n", "a\nb\nc\n") != []
    assert missing_parts("a\n...\nc\n", "a\nb\nc\nd\n") != []
    assert missing_parts("a\n", "a\nb\n") != []


def update(example: Example, printed: str) -> None:
    def block(match: re.Match[str]) -> str:
        if (match["name"], match["arguments"]) != (example.name, example.arguments):
            return match[0]
        fence = match["fence"]
        return f"<!-- example: {example.name} -->\n{fence}console\n$ muster{example.arguments}\n{printed}{fence}\n"

    example.page.write_text(BLOCK.sub(block, example.page.read_text(encoding="utf-8")), encoding="utf-8")
