"""What there is to say of a session that the plugin saw: told in a process of its own, JSON in and JSON out.

It keeps what was collected, holds its seconds against the budget, and where files failed simulates the same command
and diagnoses what really happened.
"""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import replace
from typing import Any

import msgspec

from muster.errors import MusterError
from muster.model.collection import Collection, Outcome, SessionState
from muster.model.report import CauseReport, Report
from muster.render.escape import escape_text
from muster.render.layout import Canvas, wrap_words
from muster.render.text import render_cause, render_heading
from muster.usecases.budget import over_budget
from muster.usecases.check import check
from muster.usecases.observe import observation_of, selection_of
from muster.usecases.plan import Plan
from muster.usecases.remember import remember_observed, remember_report
from muster.usecases.report_paths import relative_path
from muster.usecases.selection import Selection, budget_of, plan_session
from muster.usecases.simulate import prepare
from muster.wiring import Choices, Workspace, open_workspace, recorded_collection, recorded_pytest
from muster.wiring.recording import Recorder, recorder_of

_MOST_CAUSES = 20
_MOST_CATEGORIES = 30
_BLOCKING = ("M0", "M1", "M2", "M3")
"""Codes of what keeps a file from being collected, whatever severity the project gives them."""


class Seen(msgspec.Struct, frozen=True):
    """What the plugin saw: the command and where it ran, the events as the observer writes them, and the terminal."""

    cwd: str
    words: list[str]
    python: str
    events: list[dict[str, Any]]
    exit: int
    seconds: float | None
    workers: int
    is_distributed: bool
    width: int
    colour: bool


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`sections` are texts by the node id of a failed collector, `summary` lines for the end of the session."""

    sections: dict[str, str] = {}
    summary: list[str] = []
    over_budget: str = ""
    trouble: str = ""


def main() -> None:
    """Answer the one question on standard input."""
    # Not msgspec's own reader and writer: names of files may hold what is no Unicode.
    seen = msgspec.convert(json.load(sys.stdin), Seen)
    try:
        answer = look_into(seen)
    except MusterError as error:
        answer = Answer(trouble=str(error))
    json.dump(msgspec.to_builtins(answer), sys.stdout)


def look_into(seen: Seen) -> Answer:
    """What there is to say of the session. Raises a `MusterError` for settings that cannot be used."""
    real = recorded_collection(seen.events, seen.exit, seen.seconds)
    choices = Choices(invocation=shlex.join(seen.words), python=seen.python)
    with open_workspace(choices) as workspace:
        plan = replace(workspace.plan, cwd=seen.cwd)
        late = _keep(workspace, plan, real, seen.workers)
        recorder = _recorder(workspace, choices, plan, is_complete=real.session.state is SessionState.COMPLETE)
        failed = {report.nodeid: report.path for report in real.reports if report.outcome is Outcome.FAILED}
        if not failed:
            if recorder is not None:
                recorder.keep(lambda it: remember_observed(it, "plugin", real, plan, seen.exit, alone=not seen.workers))
            return Answer(over_budget=late)
        # A controller of pytest-xdist has texts of exceptions only, which tell less than the simulation.
        confirmation = None if seen.is_distributed else recorded_pytest(real)
        report = check(workspace.ports, workspace.clock, plan, confirmation)
        if recorder is not None:
            recorder.keep(lambda it: remember_report(it, "plugin", report, seen.exit, real.items))
    causes = _causes_of(report, failed)
    return Answer(
        sections=_sections(report, causes, Canvas(seen.width)),
        summary=_summary(causes, len(failed), Canvas(seen.width, seen.colour)),
        over_budget=late,
    )


def _recorder(workspace: Workspace, choices: Choices, plan: Plan, *, is_complete: bool) -> Recorder | None:
    """What records this session: under the category that it collected, as a part of everything where it is none."""
    recorder = recorder_of(workspace, choices, whole=False)
    if recorder is None or not is_complete:
        return recorder
    ours = selection_of(prepare(workspace.ports, plan.request).invocation)
    for categories in [(), *((name,) for name in list(workspace.settings.categories)[:_MOST_CATEGORIES])]:
        selection = Selection(categories=categories)
        other = plan_session(workspace.settings, selection, root=plan.root, cwd=plan.cwd, typed_in=plan.cwd)
        if selection_of(prepare(workspace.ports, other.request).invocation) == ours:
            return replace(recorder, categories=categories, whole=True)
    return recorder


def _keep(workspace: Workspace, plan: Plan, real: Collection, workers: int) -> str:
    """Keep what was collected for the next check; returns by how much it is over its budget, "" where it is not."""
    prepared = prepare(workspace.ports, plan.request)
    now = workspace.clock.now()
    kept = observation_of(real, prepared.invocation, prepared.environment, now, workers)
    if kept is not None:
        workspace.observations.save(kept)
    budget_s = budget_of(workspace.settings, prepared.invocation, plan.root)
    return "".join(cause.message for cause in over_budget(real.seconds, budget_s, "all", {}))


def _causes_of(report: Report, failed: dict[str, str]) -> dict[str, list[CauseReport]]:
    """The causes of each failed collector, by its node id; nothing for one that has none."""
    by_path: dict[str, list[CauseReport]] = {}
    for cause in report.causes:
        if cause.code.startswith(_BLOCKING):
            for path in cause.victims:
                by_path.setdefault(path, []).append(cause)
    found = {nodeid: by_path.get(relative_path(path, report.root), []) for nodeid, path in failed.items()}
    return {nodeid: causes for nodeid, causes in found.items() if causes}


def _sections(report: Report, causes: dict[str, list[CauseReport]], canvas: Canvas) -> dict[str, str]:
    """A text for each failed collector; a cause is told in full where it comes first."""
    told: dict[int, str] = {}
    sections: dict[str, str] = {}
    for nodeid, own in causes.items():
        parts: list[str] = []
        for cause in own:
            if cause.id in told:
                parts.append(escape_text(f"{cause.code} {cause.title}, as told at {told[cause.id]}"))
            else:
                told[cause.id] = nodeid
                parts += [line.rstrip() for line in render_cause(cause, canvas)]
                parts += _acceptance(cause)
        sections[nodeid] = "\n".join(parts)
    return sections


def _acceptance(cause: CauseReport) -> list[str]:
    if cause.accepted is None:
        return []
    return [
        escape_text(f"accepted until {cause.accepted.expires}" if cause.accepted.expires else "accepted in the code")
    ]


def _summary(causes: dict[str, list[CauseReport]], errors: int, canvas: Canvas) -> list[str]:
    """Each cause once, with what would put it right."""
    unique = {cause.id: cause for own in causes.values() for cause in own}
    lines: list[str] = []
    for cause in list(unique.values())[:_MOST_CAUSES]:
        lines += render_heading(cause, canvas)
        texts = [cause.message.partition("\n")[0], *(f"fix: {fix.title}" for fix in cause.fixes[:1])]
        for text in texts:
            lines += [f"       {line}" for line in wrap_words(escape_text(text), canvas.measure - 7)]
    rest = len(unique) - _MOST_CAUSES
    lines += [f"     and {rest} more root causes"] if rest > 0 else []
    unexplained = errors - len(causes)
    if unexplained:
        lines.append(f"{unexplained} of {errors} errors without a known root cause: muster check --confirm tells more")
    return [*lines, "muster explain CODE tells more of a cause, muster fix proves fixes"] if lines else []
