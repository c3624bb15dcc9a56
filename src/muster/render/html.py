"""The Report as one page that loads nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from muster.model.report import BaselineReport, CauseReport, EvidenceItem, FileReport, Fix, GateReport, GateRule, Report
from muster.render.baseline import baseline_heading, blocked_words, change_words
from muster.render.finding import fix_words, open_errors
from muster.render.markup import Child, Markup, element
from muster.render.pages import page_address
from muster.render.quantity import count_words, render_quantity, render_seconds
from muster.render.standalone_page import standalone_page
from muster.render.text import render_toll

_SEVERITIES = ("error", "warning", "note")
_VERDICT_TONES = {"proved": "good", "partial": "warning", "refuted": "error", "unproved": "note"}


def render_html(report: Report, style: str, script: str) -> str:
    """`report` as a whole document; `style` and `script` are files of ours."""
    return standalone_page(f"Muster: {_subject(report)}", _body(report), style, script)


def _subject(report: Report) -> str:
    return ", ".join(report.categories) or report.invocation.command


def _body(report: Report) -> list[Child]:
    causes = [cause for cause in report.causes if cause.accepted is None]
    accepted = [cause for cause in report.causes if cause.accepted is not None]
    files = [file for file in report.files if file.outcome != "collected"]
    return [
        element("a", {"class": "skip", "href": "#causes"}, "Skip to the root causes"),
        element("header", {}, *_header(report), _filter()),
        *(_gate(report.gate) if report.gate else []),
        element("main", {"id": "causes"}, *_section("Root causes", [_cause(cause) for cause in causes])),
        *_section("Accepted", [_cause(cause) for cause in accepted]),
        *(_baseline(report.baseline) if report.baseline else []),
        *_section("Files that are not collected", [_files(files)] if files else []),
        *_section(
            "Problems",
            [_list(f"{problem.code} {problem.path}: {problem.message}" for problem in report.problems)]
            if report.problems
            else [],
        ),
        element("footer", {}, _footer(report)),
    ]


def _header(report: Report) -> list[Child]:
    errors = len(open_errors(report))
    verdict = f"{render_quantity(errors, 'root cause')} to put right" if errors else "Nothing is blocked"
    return [
        element("h1", {"class": "error" if errors else "good"}, verdict),
        element("p", {}, element("code", {}, _subject(report))),
        element("p", {"class": "counts"}, " · ".join(count_words(report.totals))),
        *(element("p", {"class": "warning"}, note) for note in report.notes),
    ]


def _filter() -> Markup:
    """The form, hidden until the script that serves it runs."""
    boxes = [
        element(
            "label",
            {},
            element("input", {"type": "checkbox", "value": severity, "checked": "checked"}),
            f" {severity}s",
        )
        for severity in _SEVERITIES
    ]
    search = {"type": "search", "placeholder": "Filter ( / )", "aria-label": "Filter causes and files"}
    shown = element("output", {"id": "shown", "aria-live": "polite"})
    return element("form", {"hidden": "hidden", "role": "search"}, element("input", search), *boxes, shown)


def _section(title: str, children: Sequence[Child]) -> list[Child]:
    return [element("h2", {}, title), *children] if children else []


def _gate(gate: GateReport) -> list[Child]:
    tones = {"passed": "good", "failed": "error", "unjudged": "warning"}
    rules = [
        row
        for rule in gate.rules
        for row in _row(
            rule.rule, [element("span", {"class": tones[rule.state]}, rule.state), f" {rule.message}", *_advice(rule)]
        )
    ]
    return _section(f"Gate: {'passed' if gate.passed else 'failed'}", [element("dl", {}, *rules)])


def _advice(rule: GateRule) -> list[Child]:
    return [element("div", {}, rule.advice)] if rule.advice else []


def _cause(cause: CauseReport) -> Markup:
    marks = [cause.severity] + [mark for mark in (cause.confidence, cause.seen) if mark not in ("certain", "simulated")]
    summary = element(
        "summary",
        {},
        element("strong", {"class": cause.severity}, cause.code),
        f" {cause.title} ",
        element("span", {"class": "note"}, f"({', '.join(marks)})"),
        element("span", {"class": "toll"}, render_toll(cause)),
    )
    rows = [row for label, children in _rows(cause) for row in _row(label, children)]
    opened = {"open": "open"} if cause.severity == "error" and cause.accepted is None else {}
    link = element("a", {"href": page_address(cause.code), "rel": "noreferrer"}, f"About {cause.code}")
    attributes = {"data-row": "", "data-severity": cause.severity, "id": f"cause-{cause.id}", **opened}
    return element("details", attributes, summary, element("pre", {}, cause.message), element("dl", {}, *rows), link)


def _rows(cause: CauseReport) -> list[tuple[str, list[Child]]]:
    """What is known of the cause, by label; rows without anything are left out by `_row`."""
    culprit, since = cause.culprit, cause.since
    facts = [_fact(item) for item in cause.evidence]
    return [
        ("culprit", [element("code", {}, str(culprit)), element("pre", {}, culprit.text)] if culprit else []),
        ("since", [f"{since.commit[:10]} {since.date[:10]} {since.author}: {since.subject}"] if since else []),
        ("accepted", [cause.accepted.reason] if cause.accepted else []),
        ("evidence", [_list(facts)] if facts else []),
        ("blocked", [_list(cause.victims)] if cause.victims else []),
        ("lost", [_list(cause.lost)] if cause.lost else []),
        (
            "what to do",
            [element("ul", {}, *(_fix(fix, i) for i, fix in enumerate(cause.fixes)))] if cause.fixes else [],
        ),
    ]


def _fact(item: EvidenceItem) -> str:
    place = f"{item.path}:{item.line}" if item.path and item.line else item.path
    return f"{item.kind}: {item.text}" + (f" ({place})" if place and place not in item.text else "")


def _row(label: str, children: Sequence[Child]) -> list[Markup]:
    return [element("dt", {}, label), element("dd", {}, *children)] if children else []


def _list(texts: Iterable[str]) -> Markup:
    return element("ul", {}, *(element("li", {}, element("code", {}, text)) for text in texts))


def _fix(fix: Fix, position: int) -> Markup:
    label, shown = fix_words(fix, position)
    verdict = [element("span", {"class": _VERDICT_TONES[fix.verdict.state]}, f" {shown}")] if shown else []
    patch = [element("pre", {}, fix.patch)] if fix.patch and fix.verdict.state != "refuted" else []
    return element("li", {}, f"{label}: {fix.title}", *verdict, *patch)


def _files(files: Sequence[FileReport]) -> Markup:
    head = element("tr", {}, *(element("th", {"scope": "col"}, name) for name in ("file", "outcome", "why", "causes")))
    return element("table", {}, element("thead", {}, head), element("tbody", {}, *(_file(file) for file in files)))


def _file(file: FileReport) -> Markup:
    links = [part for id_ in file.causes for part in (element("a", {"href": f"#cause-{id_}"}, str(id_)), Markup(" "))]
    why = str(file.exception) if file.exception else file.reason
    cells = ([file.path], [file.outcome], [why], links)
    return element("tr", {"data-row": ""}, *(element("td", {}, *cell) for cell in cells))


def _baseline(baseline: BaselineReport) -> list[Child]:
    listed = (
        ("lost by", [change_words(change) for change in baseline.changes]),
        ("lost", [loss.nodeid for loss in baseline.lost]),
        ("newly blocked", [blocked_words(blocked) for blocked in baseline.blocked]),
        ("deleted on purpose", baseline.deleted),
        ("renamed", [f"{renaming.before} is now {renaming.after}" for renaming in baseline.renamed]),
        ("gained", baseline.gained),
        ("compared by bare ids", [f"{bare.subject}: {bare.reason}" for bare in baseline.bare]),
    )
    rows = [row for label, texts in listed if texts for row in _row(label, [_list(texts)])]
    return [element("h2", {}, baseline_heading(baseline)), *([element("dl", {}, *rows)] if rows else [])]


def _footer(report: Report) -> str:
    invocation = report.invocation
    return (
        f"Muster {report.muster}, {report.started_at}, in {render_seconds(report.seconds.simulated)}: "
        f"{invocation.command} in {report.root} with Python {invocation.python} and pytest {invocation.pytest or '-'}, "
        f"{invocation.import_mode} mode"
    )
