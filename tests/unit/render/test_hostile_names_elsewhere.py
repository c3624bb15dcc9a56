"""Whatever a project calls its things: neither the terminal nor a reader of JSON meets more than text, whatever the command."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.render.building import built
from tests.unit.render.hostile import HOSTILE
from tests.unit.render.test_hostile_names import offenders

from muster.model.fix_report import FixReport
from muster.model.located import Located
from muster.model.probe_report import ProbeReport
from muster.model.report import NodeIds, Report
from muster.model.run_report import RunReport
from muster.model.service import ServicesReport
from muster.render.escape import has_unsafe
from muster.render.explanation import render_file_explanation, render_module_explanation
from muster.render.fixes import render_fixes
from muster.render.json import render_json
from muster.render.layout import Canvas
from muster.render.locate import render_located
from muster.render.probe import render_probe
from muster.render.run import render_nothing_ran, render_outcome, render_simulated
from muster.render.services import render_services
from muster.render.text import render_text
from muster.usecases.explain_file import FileExplanation
from muster.usecases.explain_module import ModuleExplanation

CANVAS = Canvas(100, False, True)
TERMINAL: dict[str, tuple[type, Callable[[Any], str]]] = {
    "check": (Report, lambda value: render_text(value, CANVAS)),
    "explain FILE": (FileExplanation, lambda value: render_file_explanation(value, CANVAS)),
    "explain MODULE": (ModuleExplanation, lambda value: render_module_explanation(value, CANVAS)),
    "fix": (FixReport, lambda value: render_fixes(value, CANVAS)),
    "locate": (Located, lambda value: render_located(value, CANVAS)),
    "probe": (ProbeReport, lambda value: render_probe(value, CANVAS, verbose=True)),
    "run, before": (Report, lambda value: render_simulated(value, CANVAS)),
    "run, after": (RunReport, lambda value: render_outcome(value, CANVAS)),
    "run, nothing": (RunReport, render_nothing_ran),
    "services": (ServicesReport, lambda value: render_services(value, CANVAS)),
}
# Those that can do something to a terminal or to a reader of lines; 10 kB in every field of a report is told of elsewhere.
SHORT = [text for text in HOSTILE if len(text) < 1_000]


@pytest.mark.parametrize("command", TERMINAL)
def test_a_terminal_is_shown_text_only(command: str) -> None:
    type_, render = TERMINAL[command]

    def check(text: str) -> None:
        # A diff keeps its tabs and the ends of its lines: it is for `git apply` too.
        allowed = {"\n", "\t", "\r"} if command == "fix" else {"\n"}
        printed = render(built(type_, text))
        printed.encode("utf-8")
        assert not has_unsafe("".join(set(printed) - allowed))

    assert offenders(check, [text for text in SHORT if has_unsafe(text)]) == {}


@pytest.mark.parametrize("type_", [FixReport, Located, NodeIds, ProbeReport, RunReport, ServicesReport])
def test_every_text_in_json_comes_back_as_unicode(type_: type) -> None:
    def check(text: str) -> None:
        printed = render_json(built(type_, text))
        assert printed.isascii()
        json.dumps(json.loads(printed), ensure_ascii=False).encode("utf-8")

    assert offenders(check, [text for text in SHORT if not text.isascii()]) == {}
