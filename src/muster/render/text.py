"""The Report for a person at a terminal: counts first, then root causes, ranked, each with what would put it right."""

from __future__ import annotations

from collections import Counter

from muster.model.report import CauseReport, EvidenceItem, FileReport, Fix, Report
from muster.render.baseline import render_baseline
from muster.render.escape import cell_width, escape_lines, escape_text
from muster.render.gate import render_gate
from muster.render.layout import Canvas, Tone, labelled, pack_segments, with_remark, wrap_words
from muster.render.quantity import count_words, render_age, render_count, render_quantity, render_seconds

_SEVERITY_TONES = {"error": Tone.ERROR, "warning": Tone.WARNING, "note": Tone.NOTE}
_VERDICT_TONES = {"proved": Tone.GOOD, "partial": Tone.WARNING, "refuted": Tone.ERROR, "unproved": Tone.FAINT}
_FIX_INDENT = 7
_LABEL_WIDTH = 10
_VICTIMS_SHOWN = 3
_EVIDENCE_SHOWN = 3
_LISTED = 10


def render_text(report: Report, canvas: Canvas) -> str:
    """The whole report as lines that fit `canvas`, with a final newline."""
    lines = [*render_summary(report, canvas), *_notes(report, canvas), *_confirmation(report, canvas)]
    lines += _budget(report, canvas)
    for cause in report.causes:
        lines += ["", *render_cause(cause, canvas)] if cause.accepted is None else []
    for section in (
        _undecided(report, canvas),
        _skipped(report, canvas),
        _problems(report, canvas),
        _differences(report, canvas),
        render_baseline(report.baseline, canvas) if report.baseline is not None else [],
        _accepted(report, canvas),
    ):
        lines += ["", *section] if section else []
    lines += ["", *_conclusion(report, canvas)]
    if report.gate is not None:
        lines += render_gate(report.gate, canvas)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def render_summary(report: Report, canvas: Canvas) -> list[str]:
    """The counts, as the first lines of a report."""
    counts = count_words(report.totals)
    counts.append(f"checked in {render_seconds(report.seconds.simulated)}")
    subject = escape_text(", ".join(report.categories) or report.invocation.command)
    head, *rest = wrap_words(subject, canvas.measure)
    lines = pack_segments([head, *rest, *counts], "   ", canvas.measure)
    return [canvas.paint(head, Tone.STRONG) + lines[0].removeprefix(head), *lines[1:]]


def _notes(report: Report, canvas: Canvas) -> list[str]:
    invocation = report.invocation
    lines: list[str] = []
    for note in report.notes:
        lines += [canvas.paint(line, Tone.WARNING) for line in wrap_words(escape_text(note), canvas.measure)]
    if canvas.verbose:
        pytest = f"pytest {invocation.pytest}" if invocation.pytest else "no pytest"
        rows = (
            ("command", f"{invocation.command}  (from {invocation.why})"),
            ("in", invocation.cwd),
            ("python", f"{invocation.python}, {pytest}, {invocation.import_mode} mode: {invocation.environment}"),
            ("settings", invocation.inifile or "none found: pytest's defaults"),
        )
        for label, text in rows:
            lines += labelled(canvas, label, escape_text(text), indent=0, label_width=_LABEL_WIDTH)
    return lines


def _confirmation(report: Report, canvas: Canvas) -> list[str]:
    """What of the session was really collected, where only a part was."""
    confirmation = report.confirmation
    if confirmation is None or confirmation.extent == "whole":
        return []
    if not confirmation.files:
        return ["nothing is in doubt: no file was really collected"]
    of_all = f"{render_count(confirmation.files)} of {render_quantity(len(report.files), 'file')}"
    return wrap_words(
        f"really collected: {of_all}, those in doubt and what they depend on; all others are simulated", canvas.measure
    )


def _budget(report: Report, canvas: Canvas) -> list[str]:
    seconds = report.seconds
    if seconds.observed is None and seconds.budget is None:
        return []
    budget = f"budget {render_seconds(seconds.budget)}" if seconds.budget is not None else "no budget set"
    if seconds.observed is None:
        why = "(--confirm runs the real collection and measures it)"
        if report.confirmation is not None:
            why = "(the real collection did not come to its end)"
        return wrap_words(f"{budget}: not measured {why}", canvas.measure)
    over = seconds.budget is not None and seconds.observed > seconds.budget
    when = render_age(seconds.observed_at, report.started_at) if seconds.observed_at else "now"
    text = f"pytest needs {render_seconds(seconds.observed)} to collect it (observed {when}), {budget}"
    return [canvas.paint(line, Tone.ERROR if over else Tone.PLAIN) for line in wrap_words(text, canvas.measure)]


def render_cause(cause: CauseReport, canvas: Canvas) -> list[str]:
    """One cause: heading, message, culprit, evidence, victims and fixes, as lines."""
    lines = render_heading(cause, canvas)
    for part in escape_lines(cause.message)[: None if canvas.verbose else _LISTED]:
        lines += [" " * _FIX_INDENT + line for line in wrap_words(part, canvas.measure - _FIX_INDENT)]
    lines += _culprit(cause, canvas)
    lines += _since(cause, canvas)
    lines += _evidence(cause, canvas)
    lines += _victims(cause, canvas)
    lines += _lost(cause, canvas)
    if cause.hides:
        lines += _row(canvas, "hides", "cause " + ", ".join(str(hidden) for hidden in cause.hides))
    for position, fix in enumerate(cause.fixes):
        lines += _fix(fix, position, canvas)
    return lines


def _evidence(cause: CauseReport, canvas: Canvas) -> list[str]:
    """The facts by kind; of many of one kind only the first few, unless all are asked for."""
    lines: list[str] = []
    shown: Counter[str] = Counter()
    for item in cause.evidence:
        if item.kind == "lost" and cause.lost and not canvas.verbose:
            continue  # the tests themselves are listed below
        shown[item.kind] += 1
        if canvas.verbose or shown[item.kind] <= _EVIDENCE_SHOWN:
            lines += _row(canvas, item.kind, _evidence_text(item, cause))
    left_out = sum(max(number - _EVIDENCE_SHOWN, 0) for number in shown.values())
    return lines + (_row(canvas, "", "and more (-v lists it)", Tone.FAINT) if left_out and not canvas.verbose else [])


def _evidence_text(item: EvidenceItem, cause: CauseReport) -> str:
    """The fact with its place, unless the place is told already."""
    place = f"{item.path}:{item.line}" if item.path and item.line else item.path
    if not place or place in item.text or (cause.culprit is not None and item.text and place == str(cause.culprit)):
        return item.text
    return f"{item.text}  ({place})" if item.text else place


def render_heading(cause: CauseReport, canvas: Canvas) -> list[str]:
    """The line that names a cause, with what it blocks."""
    tone = _SEVERITY_TONES[cause.severity]
    marks = [mark for mark in (_confidence(cause), cause.seen if cause.seen != "simulated" else "") if mark]
    remark = f"   {', '.join(marks)}" if marks else ""
    code, title = escape_text(cause.code), escape_text(cause.title)
    number = f"{cause.id:>3}  "
    line = (
        number + canvas.paint(code, tone) + "  " + canvas.paint(title, Tone.STRONG) + canvas.paint(remark, Tone.FAINT)
    )
    width = cell_width(f"{number}{code}  {title}{remark}")
    return with_remark(canvas, [line], [width], render_toll(cause), Tone.PLAIN, _FIX_INDENT)


def _confidence(cause: CauseReport) -> str:
    return "" if cause.confidence == "certain" else cause.confidence


def render_toll(cause: CauseReport) -> str:
    """`blocks 2 files, 12 tests`, `loses 1 test`, or "" where nothing is blocked or lost."""
    if cause.lost_count and not cause.blocked_tests:
        return f"loses {render_quantity(cause.lost_count, 'test')}"
    if not cause.victims:
        return f"blocks {render_quantity(cause.blocked_tests, 'test')}" if cause.blocked_tests else ""
    about = "about " if cause.estimated else ""
    verb = "ends the session:" if cause.scope == "session" else "blocks"
    return (
        f"{verb} {render_quantity(len(cause.victims), 'file')}, {about}{render_quantity(cause.blocked_tests, 'test')}"
    )


def _culprit(cause: CauseReport, canvas: Canvas) -> list[str]:
    if cause.culprit is None:
        return []
    lines = _row(canvas, "culprit", str(cause.culprit))
    return lines + (_row(canvas, "", cause.culprit.text, Tone.NOTE) if cause.culprit.text else [])


def _since(cause: CauseReport, canvas: Canvas) -> list[str]:
    since = cause.since
    if since is None:
        return []
    return _row(canvas, "since", f"{since.commit[:10]} {since.date[:10]} {since.author}: {since.subject}")


def _victims(cause: CauseReport, canvas: Canvas) -> list[str]:
    culprit = cause.culprit.path if cause.culprit else None
    if cause.victims == (culprit,) or (cause.lost and not canvas.verbose):
        return []
    if canvas.verbose:
        return [line for i, path in enumerate(cause.victims) for line in _row(canvas, "" if i else "victims", path)]
    shown, rest = cause.victims[:_VICTIMS_SHOWN], len(cause.victims) - _VICTIMS_SHOWN
    lines = [line for i, path in enumerate(shown) for line in _row(canvas, "" if i else "victims", path)]
    return lines + (_row(canvas, "", f"and {render_count(rest)} more (-v lists them)", Tone.FAINT) if rest > 0 else [])


def _lost(cause: CauseReport, canvas: Canvas) -> list[str]:
    shown = cause.lost if canvas.verbose else cause.lost[:_VICTIMS_SHOWN]
    lines = [line for i, nodeid in enumerate(shown) for line in _row(canvas, "" if i else "lost", nodeid)]
    rest = max(cause.lost_count, len(cause.lost)) - len(shown)
    return lines + (_row(canvas, "", f"and {render_count(rest)} more", Tone.FAINT) if rest > 0 and shown else [])


def _fix(fix: Fix, position: int, canvas: Canvas) -> list[str]:
    label = "not" if fix.verdict.state == "refuted" else "or" if position else "fix"
    remark = _verdict(fix)
    lines = _row(canvas, label, fix.title)
    width = cell_width(wrap_words(escape_text(fix.title), canvas.measure - _FIX_INDENT - _LABEL_WIDTH - 1)[0])
    indent = _FIX_INDENT + _LABEL_WIDTH + 1
    return with_remark(canvas, lines, [indent + width], escape_text(remark), _VERDICT_TONES[fix.verdict.state], indent)


def _verdict(fix: Fix) -> str:
    verdict = fix.verdict
    match verdict.state:
        case "proved" | "partial":
            lost = f"{render_count(verdict.lost)} lost" if verdict.lost else "none lost"
            return f"{verdict.state}: {render_quantity(verdict.back, 'test')} back, {lost}"
        case "refuted":
            return f"refuted: {verdict.reason}" if verdict.reason else ""
        case "unproved":
            return f"unproved: {verdict.reason}" if verdict.reason else ""


def _row(canvas: Canvas, label: str, text: str, tone: Tone = Tone.PLAIN) -> list[str]:
    """`text`, each of its lines wrapped, beside `label`."""
    first, *rest = (line.strip() for line in escape_lines(text))
    rows = [(escape_text(label), first), *(("", line) for line in rest if line)]
    return [
        line
        for shown, part in rows
        for line in labelled(canvas, shown, part, indent=_FIX_INDENT, label_width=_LABEL_WIDTH, tone=tone)
    ]


def _undecided(report: Report, canvas: Canvas) -> list[str]:
    files = [file for file in report.files if file.outcome == "undecided"]
    if not files:
        return []
    text = f"{render_quantity(len(files), 'file')} undecided: what they collect depends on code that was not run"
    hint = " (--confirm decides)" if canvas.verbose else " (-v lists them, --confirm decides)"
    return [*wrap_words(text + hint, canvas.measure), *(_listed(files, canvas) if canvas.verbose else [])]


def _skipped(report: Report, canvas: Canvas) -> list[str]:
    files = [file for file in report.files if file.outcome == "skipped"]
    if not files or not canvas.verbose:
        return []
    return [f"{render_quantity(len(files), 'file')} skipped as a whole", *_listed(files, canvas)]


def _listed(files: list[FileReport], canvas: Canvas) -> list[str]:
    lines: list[str] = []
    for file in files:
        reason = file.reason or (str(file.exception) if file.exception else "")
        text = escape_text(f"{file.path}  {reason}" if reason else file.path)
        first, *rest = wrap_words(text, canvas.measure - 4)
        lines += ["  " + first, *("    " + line for line in rest)]
    return lines


def _problems(report: Report, canvas: Canvas) -> list[str]:
    problems = report.problems if canvas.verbose else report.problems[:_LISTED]
    lines: list[str] = []
    for problem in problems:
        place = f"{problem.path}:{problem.line}" if problem.line else problem.path
        code, text = escape_text(problem.code), escape_text(f"{place}: {problem.message}")
        lines += labelled(canvas, code, text, indent=2, label_width=4)
    rest = len(report.problems) - len(problems)
    return lines + ([f"  and {render_count(rest)} more problems (-v lists them)"] if rest > 0 else [])


def _differences(report: Report, canvas: Canvas) -> list[str]:
    if not report.differences:
        return []
    count = render_quantity(len(report.differences), "point")
    if not canvas.verbose:
        return wrap_words(f"the real run differs from the simulation in {count} (-v lists them)", canvas.measure)
    lines = [f"the real run differs from the simulation in {count}"]
    for difference in report.differences:
        kind, subject = escape_text(difference.kind), escape_text(difference.subject)
        lines += labelled(canvas, kind, subject, indent=2, label_width=7)
        for label, text in (("simulated", difference.simulated), ("observed", difference.observed)):
            lines += labelled(canvas, label, escape_text(text or "-"), indent=4, label_width=_LABEL_WIDTH)
    return lines


def _accepted(report: Report, canvas: Canvas) -> list[str]:
    """What is accepted until a day; what a comment in the code silences only where everything is to be told."""
    lines: list[str] = []
    for cause in report.causes:
        if cause.accepted is None or not (cause.accepted.expires or canvas.verbose):
            continue
        until = f"accepted until {cause.accepted.expires}" if cause.accepted.expires else "accepted in the code"
        lines.append(f"{cause.id:>3}  {escape_text(f'{cause.code}  {cause.title}, {until}')}")
        lines += _row(canvas, "subject", cause.subject)
        lines += _row(canvas, "reason", cause.accepted.reason)
    return lines


def _conclusion(report: Report, canvas: Canvas) -> list[str]:
    text, tone = _last_words(report)
    return [canvas.paint(line, tone) for line in wrap_words(text, canvas.measure)]


def _last_words(report: Report) -> tuple[str, Tone]:
    """The one sentence that a hurried reader looks for at the bottom."""
    open_causes = [cause for cause in report.causes if cause.accepted is None]
    errors = sum(cause.severity == "error" for cause in open_causes)
    session = report.session
    if session.state == "aborted":
        return f"pytest ends with exit code {session.pytest_exit} before it has collected every file", Tone.ERROR
    if errors:
        return f"{render_quantity(errors, 'root cause')} to put right: muster explain CODE tells more", Tone.ERROR
    if not report.totals.tests and not report.totals.files_undecided:
        return "pytest would collect no tests", Tone.WARNING
    if open_causes:
        return f"nothing is blocked; {render_quantity(len(open_causes), 'remark')} above", Tone.WARNING
    if report.totals.files_undecided:
        return "every file that could be decided collects", Tone.GOOD
    if report.totals.files_blocked:
        return "every other file collects", Tone.GOOD
    return "every file collects", Tone.GOOD
