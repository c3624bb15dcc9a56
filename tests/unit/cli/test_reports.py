"""Each format from the command line to the file, read back by what is to read it."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from tests.unit.cli.conftest import Muster

BROKEN = "tests/bad/test_gone.py"
SCHEMA = Path(__file__).parents[1] / "render/schemas/sarif-schema-2.1.0.json"


def test_one_check_writes_every_format(muster: Muster, project: Path) -> None:
    files = {
        "sarif": "a.sarif",
        "junit": "a.xml",
        "github": "a.txt",
        "markdown": "a.md",
        "gitlab": "a.json",
        "html": "a.html",
    }
    ended = muster("check", *(word for format_, file in files.items() for word in ("--report", f"{format_}={file}")))
    assert ended.code == 1
    assert "M204" in ended.out
    log = json.loads((project / "a.sarif").read_text())
    jsonschema.Draft4Validator(json.loads(SCHEMA.read_text())).validate(log)
    (rule,) = log["runs"][0]["tool"]["driver"]["rules"]
    assert rule["helpUri"].endswith("/causes/M204/")
    assert rule["help"]["markdown"].startswith("# M204")
    (case,) = ElementTree.parse(project / "a.xml").iter("testcase")
    assert case.get("file") == BROKEN
    assert (project / "a.txt").read_text().startswith(f"::error file={BROKEN},line=1,endLine=1,")
    assert "M204" in (project / "a.md").read_text()
    (entry,) = json.loads((project / "a.json").read_text())
    assert entry["location"] == {"path": BROKEN, "lines": {"begin": 1}}
    assert BROKEN in (project / "a.html").read_text()


def test_paths_are_those_of_the_repository_where_the_project_is_a_folder_of_it(muster: Muster, project: Path) -> None:
    inner = project / "services/chat"
    inner.mkdir(parents=True)
    for name in ("app", "tests", "pyproject.toml"):
        (project / name).rename(inner / name)
    (project / ".git").mkdir()
    annotations = muster("check", "--root", str(inner), "--format", "github").out
    assert annotations.startswith(f"::error file=services/chat/{BROKEN},line=1,")
    entries = json.loads(muster("check", "--root", str(inner), "--format", "gitlab").out)
    assert [entry["location"]["path"] for entry in entries] == [f"services/chat/{BROKEN}"]


def test_a_sound_category_has_nothing_to_show(muster: Muster) -> None:
    assert muster("check", "-c", "good", "--format", "github").out == ""
    assert json.loads(muster("check", "-c", "good", "--format", "gitlab").out) == []
    assert "Nothing is blocked" in muster("check", "-c", "good", "--format", "html").out


@pytest.mark.parametrize(
    ("report", "complaint"),
    [
        ("junit=a.xml", "--junit FILE"),
        ("text=a.txt", "unknown format"),
        ("sarif", "name a file"),
        ("html=no/a.html", "no folder"),
    ],
)
def test_a_run_refuses_reports_that_it_cannot_make(muster: Muster, report: str, complaint: str) -> None:
    ended = muster("run", "--report", report)
    assert ended.code == 4
    assert complaint in ended.err
