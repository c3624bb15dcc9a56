"""The reference is complete: what exists is documented, and what is documented exists."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from muster.cli.app import app
from muster.cli.reports import FORMATS
from muster.diagnosis.catalogue import CATALOGUE, DIRECTIVE_PROBLEM
from muster.fixes.registry import PROPOSERS
from muster.model.memory import HistoryRecord
from muster.render.schema import report_schema, run_schema
from muster.settings import Category, Service, Settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
COMMANDS = (DOCS / "reference/commands.md").read_text(encoding="utf-8")
SETTINGS = (DOCS / "reference/settings.md").read_text(encoding="utf-8")
REPORT = (DOCS / "reference/report.md").read_text(encoding="utf-8")


def commands(command: Any, path: str = "muster") -> Iterator[tuple[str, Any]]:
    """Every command with its full name."""
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, f"{path} {name}")


def all_options() -> list[tuple[str, str]]:
    return [
        (path, option)
        for path, command in commands(typer.main.get_command(app))
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("-") and option not in ("--help", "-h")
    ]


@pytest.mark.parametrize("path", [path for path, _ in commands(typer.main.get_command(app))])
def test_every_command_is_documented(path: str) -> None:
    assert path in COMMANDS


@pytest.mark.parametrize(("path", "option"), all_options())
def test_every_option_is_documented(path: str, option: str) -> None:
    assert re.search(rf"`{re.escape(option)}\b|muster {re.escape(option)}\b", COMMANDS), f"{path} {option}"


def test_every_documented_option_exists() -> None:
    known = {option for _, option in all_options()} | {"--import-mode", "--help"}
    documented = set(re.findall(r"`(--[a-z][a-z-]*)", COMMANDS))
    assert documented - known == set()


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_is_documented(format: str) -> None:
    assert f"`{format}`" in COMMANDS


@pytest.mark.parametrize("type_", [Settings, Category, Service])
def test_every_setting_is_documented(type_: type) -> None:
    keys = [field.name.removesuffix("_s") for field in dataclasses.fields(type_)]
    missing = [key for key in keys if key not in ("name", "location", "origin") and f"| `{key}` |" not in SETTINGS]
    assert missing == []


@pytest.mark.parametrize("name", ["Report", "CauseReport", "FileReport", "Totals", "Verdict"])
def test_every_key_of_the_report_is_documented(name: str) -> None:
    keys = report_schema()["$defs"][name]["properties"]
    assert [key for key in keys if f"`{key}`" not in REPORT] == []


@pytest.mark.parametrize("name", ["RunReport", "RunTotals", "RunSeconds", "TestReport", "FileErrorReport"])
def test_every_key_of_the_report_of_a_run_is_documented(name: str) -> None:
    keys = run_schema()["$defs"][name]["properties"]
    assert [key for key in keys if f"`{key}`" not in REPORT] == []


def test_every_key_of_a_record_of_the_history_is_documented() -> None:
    page = (DOCS / "reference/history.md").read_text(encoding="utf-8")
    assert [key for key in HistoryRecord.__struct_fields__ if f"`{key}`" not in page] == []


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.code)
def test_every_cause_has_its_page_and_its_row(entry: Any) -> None:
    page = (DOCS / "causes" / f"{entry.code}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {entry.code}")
    causes = (DOCS / "reference/causes.md").read_text(encoding="utf-8")
    row = next(line for line in causes.splitlines() if line.startswith(f"| [{entry.code}]"))
    assert row.endswith(f"| {entry.severity} |")


@pytest.mark.parametrize("code", PROPOSERS)
def test_every_cause_with_fixes_says_so(code: str) -> None:
    assert "`muster fix`" in (DOCS / "causes" / f"{code}.md").read_text(encoding="utf-8")


def test_there_is_no_page_of_a_cause_that_does_not_exist() -> None:
    pages = {path.stem for path in (DOCS / "causes").glob("*.md")}
    assert pages - {entry.code for entry in CATALOGUE} <= {DIRECTIVE_PROBLEM}


@pytest.mark.parametrize("code", range(6))
def test_every_exit_code_is_documented(code: int) -> None:
    text = (DOCS / "reference/exit-codes.md").read_text(encoding="utf-8")
    assert f"| {code} |" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if not link.startswith(("http://", "https://", "mailto:"))]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_every_page_is_reached_from_the_index() -> None:
    reached, waiting = set(), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page in reached or page.suffix != ".md" or not page.is_file():
            continue
        reached.add(page)
        links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        waiting += [page.parent / link for link in links if "://" not in link]
    pages = {path.resolve() for path in DOCS.rglob("*.md")}
    assert {path.name for path in pages - reached} - {f"{DIRECTIVE_PROBLEM}.md"} == set()
