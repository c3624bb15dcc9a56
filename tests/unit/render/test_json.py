"""The JSON report, and the schema that describes it."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from tests.unit.render.sample_reports import report

from muster.model.report import BaselineReport, NodeIds, Renaming
from muster.render.json import render_json
from muster.render.schema import node_ids_schema, report_schema

KEYS = (
    "schema muster root started_at commit invocation categories session seconds totals causes files problems services "
    "baseline"
).split()
CAUSE_KEYS = (
    "id fingerprint code severity confidence seen scope title subject message culprit since evidence victims "
    "blocked_tests lost hides accepted fixes"
).split()


def test_a_report_satisfies_its_own_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(report_schema())
    jsonschema.validate(json.loads(render_json(report())), report_schema())


def test_keys_come_in_the_published_order() -> None:
    printed = json.loads(render_json(report()))
    assert list(printed)[: len(KEYS)] == KEYS
    assert list(printed["causes"][0])[: len(CAUSE_KEYS)] == CAUSE_KEYS


@pytest.mark.parametrize("key", KEYS)
def test_the_schema_requires_every_published_key(key: str) -> None:
    printed = json.loads(render_json(report()))
    del printed[key]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(printed, report_schema())


def test_the_schema_refuses_an_unknown_severity() -> None:
    printed: dict[str, Any] = json.loads(render_json(report()))
    printed["causes"][0]["severity"] = "fatal"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(printed, report_schema())


def test_a_renaming_is_spelled_from_and_to() -> None:
    baseline = BaselineReport(base="0" * 40, lost=(), deleted=(), renamed=(Renaming(before="a", after="b"),), gained=())
    printed = json.loads(render_json(report(baseline=baseline)))
    assert printed["baseline"]["renamed"] == [{"from": "a", "to": "b"}]
    jsonschema.validate(printed, report_schema())


def test_undecodable_names_are_valid_json_for_strict_readers() -> None:
    ids = NodeIds(schema="muster.nodeids/1", nodeids=("tests/\udcff.py::test_a",), unexpanded=())
    printed = json.loads(render_json(ids))
    assert printed["nodeids"] == ["tests/\\xff.py::test_a"]
    jsonschema.validate(printed, node_ids_schema())
