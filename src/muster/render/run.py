"""A run in words: what was simulated before it, what differs after it, and the categories there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from muster.model.report import Report
from muster.model.run_report import RunReport
from muster.render.escape import escape_lines, escape_text
from muster.render.layout import Canvas, Tone, labelled, wrap_words
from muster.render.quantity import render_quantity, render_seconds
from muster.render.text import render_cause, render_summary
from muster.settings import Category

_LISTED = 20
NO_CLOSING_LINE = (None, 3, 4)
"""pytest's exit codes with which it prints no closing line: it never came to its end, an internal error, a usage error."""


def render_simulated(report: Report, canvas: Canvas) -> str:
    """The counts of the simulated collection, and each cause that blocks files, with a final newline."""
    lines = render_summary(report, canvas)
    for cause in report.causes:
        if cause.severity == "error" and cause.accepted is None:
            lines += ["", *render_cause(cause, canvas)]
    return "\n".join([*lines, ""]) + "\n"


def render_outcome(report: RunReport, canvas: Canvas) -> str:
    """What a run came to besides what pytest itself says of it; "" where there is nothing to add."""
    lines: list[str] = []
    for outcome, label in (("crashed", "crashed"), ("timed out", "timed out"), ("flaky", "flaky")):
        found = [f"{test.nodeid}  {test.message}" for test in report.tests if test.outcome == outcome]
        lines += _listed(canvas, f"{render_quantity(len(found), 'test')} {label}", found)
    missing = [f"{test.nodeid}  {test.message}" for test in report.tests if test.outcome == "not run"]
    lines += _listed(canvas, f"{render_quantity(len(missing), 'test')} not run", missing)
    lines += _listed(
        canvas,
        f"{render_quantity(len(report.ran_unforeseen), 'test')} ran that the simulation did not foresee",
        report.ran_unforeseen,
    )
    without = [
        f"{test.nodeid}  {test.message}" for test in report.tests if test.outcome == "skipped" and not test.worker
    ]
    lines += _listed(canvas, f"{render_quantity(len(without), 'test')} skipped without a service", without)
    for problem in report.problems:
        first, *rest = escape_lines(problem)
        lines += [canvas.paint(first, Tone.ERROR), *("  " + line for line in rest)]
    return "\n".join(["", *(line.rstrip() for line in lines)]) + "\n" if lines else ""


def render_nothing_ran(report: RunReport) -> str:
    """Why nothing, or nothing more, was run, and the closing line in pytest's form, which pytest itself has not printed."""
    if report.stopped:
        why = f"nothing more was run: {escape_text(report.stopped)}\n"
    else:
        why = "no test matches: nothing was run\n" if report.exit_code == 5 else ""
    return why + _closing_line(report)


def render_collected(seconds: float, budget_s: float | None, tests: int) -> str:
    """What the real collection took, against the budget."""
    budget = f"budget {render_seconds(budget_s)}" if budget_s is not None else "no budget set"
    over = ": over budget" if budget_s is not None and seconds > budget_s else ""
    return f"{render_quantity(tests, 'test')} collected by pytest in {render_seconds(seconds)}, {budget}{over}"


def _closing_line(report: RunReport) -> str:
    totals = report.totals
    counts = (
        (totals.failed + totals.crashed + totals.timed_out, "failed"),
        (totals.passed, "passed"),
        (totals.skipped, "skipped"),
        (totals.deselected, "deselected"),
        (totals.xfailed, "xfailed"),
        (totals.xpassed, "xpassed"),
        (totals.error + totals.errors, "error" if totals.error + totals.errors == 1 else "errors"),
        (totals.flaky, "flaky"),
        (totals.not_run, "not run"),
    )
    words = ", ".join(f"{number} {word}" for number, word in counts if number) or "no tests ran"
    return f"=== {words} in {report.seconds.total:.2f}s ===\n"


def render_categories(categories: Mapping[str, Category], reports: Mapping[str, Report], canvas: Canvas) -> str:
    """Each category with its files, tests, budget and services."""
    if not categories:
        return "no categories: [tool.muster.categories] is empty; 'muster init' proposes some\n"
    width = max(map(len, categories))
    lines: list[str] = []
    for name, category in categories.items():
        totals = reports[name].totals
        words = [render_quantity(totals.files, "file"), render_quantity(totals.tests, "test")]
        if totals.files_blocked:
            words.append(f"{render_quantity(totals.files_blocked, 'file')} blocked")
        words.append(f"budget {render_seconds(category.budget_s)}" if category.budget_s is not None else "no budget")
        words.append(f"needs {', '.join(category.requires)}" if category.requires else "needs no service")
        text = escape_text("   ".join(words))
        lines += labelled(canvas, escape_text(name), text, indent=0, label_width=width + 1)
    return "\n".join(lines) + "\n"


def _listed(canvas: Canvas, heading: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    lines = [canvas.paint(heading, Tone.WARNING)]
    for name in names[: None if canvas.verbose else _LISTED]:
        lines += ["  " + line for line in wrap_words(escape_text(name), canvas.measure - 2)]
    if len(names) > _LISTED and not canvas.verbose:
        lines.append(f"  and {len(names) - _LISTED} more (--report json=FILE names all)")
    return lines
