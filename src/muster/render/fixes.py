"""`muster fix` for a terminal, and for `git apply`: one unified diff, with what is known of it in lines that begin with `#`."""

from __future__ import annotations

from muster.model.fix_report import FixReport, FixRound
from muster.model.report import CauseReport, Fix, Verdict
from muster.render.escape import escape_text
from muster.render.layout import Canvas, Tone
from muster.render.quantity import render_quantity

_TONES = {"proved": Tone.GOOD, "partial": Tone.WARNING, "refuted": Tone.ERROR, "unproved": Tone.FAINT}


def render_fixes(report: FixReport, canvas: Canvas) -> str:
    """The whole report with a final newline."""
    lines: list[str] = []
    for looked in report.rounds:
        lines += _round(looked, len(report.rounds), canvas)
    lines += [_paint_diff(line, canvas) for line in render_patch(report.patch)]
    lines += ["#", *_conclusion(report, canvas)]
    return "\n".join(lines) + "\n"


def render_patch(patch: str) -> list[str]:
    """The lines of a diff as they are, but for what a terminal could act upon; tabs and ends of lines stay."""
    return [_safe(line) for line in patch.removesuffix("\n").split("\n")] if patch else []


def render_verdict(verdict: Verdict) -> str:
    """`proved: 3 tests back, none lost`."""
    match verdict.state:
        case "proved" | "partial":
            lost = f"{verdict.lost} lost" if verdict.lost else "none lost"
            text = f"{verdict.state}: {render_quantity(verdict.back, 'test')} back, {lost}"
            return f"{text}; {verdict.reason}" if verdict.reason else text
        case _:
            return f"{verdict.state}: {verdict.reason}" if verdict.reason else verdict.state


def _round(looked: FixRound, rounds: int, canvas: Canvas) -> list[str]:
    chosen = {(each.cause, each.fix) for each in looked.chosen}
    lines = [f"# round {looked.number}"] if rounds > 1 else []
    if not looked.causes:
        return [*lines, "# nothing is wrong"]
    for cause in looked.causes:
        if cause.accepted is None:
            lines += _cause(cause, chosen, canvas)
    return lines


def _cause(cause: CauseReport, chosen: set[tuple[int, str]], canvas: Canvas) -> list[str]:
    heading = f"# {cause.id:>2}  {cause.code}  {cause.title}  {cause.subject}"
    lines = [canvas.paint(escape_text(heading), Tone.STRONG)]
    if cause.culprit is not None:
        lines.append(escape_text(f"#       {cause.culprit}"))
    lines += [line for fix in cause.fixes for line in _fix(fix, (cause.id, fix.id) in chosen, canvas)]
    return lines


def _fix(fix: Fix, is_chosen: bool, canvas: Canvas) -> list[str]:
    if not fix.patch and fix.verdict.state == "unproved":
        return [escape_text(f"#       by hand  {fix.title}")]
    label = "not" if fix.verdict.state == "refuted" else "fix" if is_chosen else "or "
    verdict = escape_text(render_verdict(fix.verdict))
    return [
        escape_text(f"#   {label} {fix.id}  {fix.title}"),
        "#          " + canvas.paint(verdict, _TONES[fix.verdict.state]),
    ]


def _conclusion(report: FixReport, canvas: Canvas) -> list[str]:
    lines: list[str] = []
    if report.verdict is not None:
        lines.append(f"# together  {escape_text(render_verdict(report.verdict))}")
    if report.confirmed is not None:
        lines.append(f"# confirmed by a real collection of a copy  {escape_text(render_verdict(report.confirmed))}")
    for commit in report.commits:
        lines.append(escape_text(f"# committed {commit}"))
    if report.applied:
        lines.append(f"# wrote {render_quantity(len(report.applied), 'file')}; muster fix --undo takes it back")
    elif report.files:
        lines.append(f"# muster fix --apply writes {render_quantity(len(report.files), 'file')}")
    else:
        lines.append("# no fix could be proved" if report.left else "# there is nothing to fix")
    if report.left:
        lines.append(f"# {render_quantity(report.left, 'root cause')} of severity error left after it")
    return [canvas.paint(line, Tone.PLAIN) for line in lines]


def _paint_diff(line: str, canvas: Canvas) -> str:
    if line.startswith(("+++", "---")):
        return canvas.paint(line, Tone.STRONG)
    tones = {"+": Tone.GOOD, "-": Tone.ERROR, "@": Tone.NOTE}
    return canvas.paint(line, tones.get(line[:1], Tone.PLAIN))


def _safe(line: str) -> str:
    end = "\r" if line.endswith("\r") else ""
    return "\t".join(escape_text(part) for part in line.removesuffix("\r").split("\t")) + end
