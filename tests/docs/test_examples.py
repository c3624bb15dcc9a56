"""Examples in the documentation are run, and must print what the page says.

    <!-- example: NAME -->
    ```console
    $ muster check
    ...
    ```

NAME is a project below `docs/examples`; the command runs in a copy of it. `MUSTER_UPDATE_EXAMPLES=1` writes what is
printed into the pages. Seconds are not compared.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from muster.cli.main import run

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"<!-- example: (?P<name>[\w-]+) -->\n```console\n\$ muster(?P<arguments>[^\n]*)\n(?P<output>.*?)```", re.DOTALL
)
SECONDS = re.compile(r"\d+(\.\d+)? s\b")


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
    shutil.copytree(ROOT / "docs/examples" / example.name, project, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(project)
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTEST_ADDOPTS", "PYTHONPATH", "FORCE_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("MUSTER_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "100")
    run(shlex.split(example.arguments))
    printed = capfd.readouterr().out
    if os.environ.get("MUSTER_UPDATE_EXAMPLES") == "1":
        update(example, printed)
    else:
        assert SECONDS.sub("? s", printed) == SECONDS.sub("? s", example.output)


def update(example: Example, printed: str) -> None:
    def block(match: re.Match[str]) -> str:
        if (match["name"], match["arguments"]) != (example.name, example.arguments):
            return match[0]
        return f"<!-- example: {example.name} -->\n```console\n$ muster{example.arguments}\n{printed}```"

    example.page.write_text(BLOCK.sub(block, example.page.read_text(encoding="utf-8")), encoding="utf-8")
