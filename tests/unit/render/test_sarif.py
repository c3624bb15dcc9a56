"""SARIF: a rule a code, a result a root cause."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from tests.unit.render.sample_reports import lost_tests, polluted_path, report

from muster import __documentation__
from muster.diagnosis.catalogue import CATALOGUE
from muster.model.report import Acceptance, Report
from muster.render.sarif import message_text, render_sarif
from muster.wiring import read_cause_page, read_page_or_nothing

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((Path(__file__).parent / "schemas/sarif-schema-2.1.0.json").read_text(encoding="utf-8"))


def run_of(of: Report, prefix: str = "", pages: dict[str, str] | None = None) -> Any:
    log = json.loads(render_sarif(of, prefix, pages or {}))
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    (run,) = log["runs"]
    return run


def test_a_rule_holds_the_page_of_its_cause() -> None:
    run = run_of(report(problems=()), pages={"M105": read_cause_page("M105")})
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["M105", "M402"]
    assert rules[0]["helpUri"] == f"{__documentation__}/causes/M105/"
    assert rules[0]["help"]["markdown"].startswith("# M105: search path polluted\n")
    assert f"]({__documentation__}/how-to/fix/)" in rules[0]["help"]["markdown"]
    assert [rule["defaultConfiguration"]["level"] for rule in rules] == ["error", "warning"]
    assert [result["ruleIndex"] for result in run["results"]] == [0, 1]


@pytest.mark.parametrize("code", [entry.code for entry in CATALOGUE])
def test_no_page_leads_to_a_place_that_only_the_repository_has(code: str) -> None:
    cause = msgspec.structs.replace(polluted_path(), code=code)
    run = run_of(report(causes=(cause,), problems=()), pages={code: read_page_or_nothing(code)})
    (rule,) = run["tool"]["driver"]["rules"]
    assert ".md)" not in rule["help"]["markdown"]
    assert ".md#" not in rule["help"]["markdown"]


def test_the_published_documentation_is_the_projects() -> None:
    assert f'Documentation = "{__documentation__}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_a_result_is_at_its_culprit_and_names_its_victims() -> None:
    result = run_of(report(), "chat/")["results"][0]
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "chat/tests/golden/test_agent.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 43, "startColumn": 1, "snippet": {"text": "sys.path.insert(0, str(PROJECT_ROOT))"}},
    }
    (victim,) = result["relatedLocations"]
    assert victim["physicalLocation"]["artifactLocation"]["uri"] == "chat/tests/test_vpc.py"
    assert result["partialFingerprints"] == {"muster/v1": "0123456789abcdef"}


def test_a_thousand_victims_are_a_hundred_locations() -> None:
    many = msgspec.structs.replace(polluted_path(), victims=tuple(f"tests/test_{number}.py" for number in range(1_000)))
    assert len(run_of(report(causes=(many,)))["results"][0]["relatedLocations"]) == 100


@pytest.mark.parametrize(("expires", "kind"), [("2027-01-01", "external"), ("", "inSource")])
def test_what_is_accepted_is_suppressed(expires: str, kind: str) -> None:
    accepted = msgspec.structs.replace(lost_tests(), accepted=Acceptance(reason="known", expires=expires))
    (result,) = run_of(report(causes=(accepted,), problems=()))["results"]
    assert result["suppressions"] == [{"kind": kind, "justification": "known"}]


def test_categories_keep_their_alerts_apart() -> None:
    assert run_of(report())["automationDetails"]["id"] == "muster/mission_critical/"
    assert run_of(report(categories=("a/b", "c")))["automationDetails"]["id"] == "muster/a_b/c/"


def test_a_message_is_text() -> None:
    assert message_text("{0} [link](1) \x1b[0m\ntwo") == "{{0}} [link] (1) \\x1b[0m\ntwo"
