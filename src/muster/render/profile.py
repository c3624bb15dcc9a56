"""Where the seconds of a collection go, for a person at a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator

from muster.model.profile_report import Deferral, HeavyReport, Measured, ModuleCost, ProfileReport, StatementUse
from muster.render.escape import escape_text
from muster.render.fixes import render_patch
from muster.render.layout import Canvas, Tone, labelled, wrap_words
from muster.render.quantity import render_quantity, render_seconds

_PARTS = {
    "interpreter": "start and end of the interpreter",
    "pytest": "pytest's own work",
    "plugins": "plugins, with all that they import",
    "conftests": "conftests themselves",
    "first-party": "imports of the project's own modules",
    "third-party": "imports of everybody else's modules",
    "rewriting": "rewriting of asserts",
    "parameters": "generated parameters",
}
_SHOWN = 8
_SHOWN_STATEMENTS = 6
_LEAST_S = 0.001
_LIBRARY = re.compile(r"^/.*/(?:site-packages|dist-packages|lib/python\d\.\d+)/")
_USES = {
    "functions": "only in functions",
    "annotations": "only in annotations",
    "both": "only in functions and annotations",
    "none": "nowhere: for its side effects?",
}
_ABOUT_TIME = ("M501", "M503")


def render_profile(report: ProfileReport, canvas: Canvas, *, verbose: bool = False) -> str:
    """The whole report; `verbose` shows all rows of its lists."""
    lines = [
        _headline(report, canvas),
        *_parts(report),
        *_modules(report, canvas, verbose),
        *_files(report, verbose),
        *_heavy(report, canvas, verbose),
        *_causes(report, canvas),
        *_deferrals(report, canvas),
    ]
    for note in report.notes:
        lines += ["", *wrap_words(escape_text(note), canvas.measure)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _headline(report: ProfileReport, canvas: Canvas) -> str:
    parts = [
        escape_text(report.command),
        render_quantity(len(report.files), "file"),
        render_quantity(report.tests, "test"),
        *([f"{render_quantity(report.failed, 'file')} failed"] if report.failed else []),
        f"collected in {report.seconds:.2f} s",
        *([f"budget {render_seconds(report.budget)}"] if report.budget is not None else []),
    ]
    return canvas.paint("   ".join(parts), Tone.STRONG)


def _parts(report: ProfileReport) -> Iterator[str]:
    yield ""
    yield "where the seconds go"
    for part in sorted(report.parts, key=lambda part: -part.seconds):
        share = part.seconds / report.seconds if report.seconds else 0.0
        yield f"  {part.seconds:8.3f}  {share:4.0%}  {_PARTS[part.part]}"


def _modules(report: ProfileReport, canvas: Canvas, verbose: bool) -> Iterator[str]:
    told = [module for module in report.modules if verbose or module.alone_seconds >= _LEAST_S]
    by_own = sorted(told, key=lambda module: -module.own_seconds)
    by_alone = sorted(told, key=lambda module: -module.alone_seconds)
    if not told:
        return
    yield ""
    yield "heaviest modules: their own seconds, and who asked first"
    for module in by_own if verbose else by_own[:_SHOWN]:
        yield f"  {module.own_seconds:8.3f}  {escape_text(module.name)}  {_asker(module)}"
    yield ""
    yield "heaviest modules: with all that they alone pull in"
    for module in by_alone if verbose else by_alone[:_SHOWN]:
        count = render_quantity(module.alone_modules, "module")
        yield f"  {module.alone_seconds:8.3f}  {escape_text(module.name)}  {count}  {_asker(module)}"


def _asker(module: ModuleCost) -> str:
    return escape_text(f"{_LIBRARY.sub('', module.asked_by)}:{module.line}") if module.asked_by else ""


def _files(report: ProfileReport, verbose: bool) -> Iterator[str]:
    shown = report.files if verbose else [file for file in report.files[:_SHOWN] if file.seconds >= _LEAST_S]
    if not shown:
        return
    yield ""
    yield "test files by cost"
    for file in shown:
        parameters = f"  {file.parameter_seconds:.3f} for parameters" if file.parameter_seconds >= _LEAST_S else ""
        yield f"  {file.seconds:8.3f}  {escape_text(file.path)}  {render_quantity(file.tests, 'test')}{parameters}"


def _heavy(report: ProfileReport, canvas: Canvas, verbose: bool) -> Iterator[str]:
    for title, some in (
        ("what could wait until a test needs it", [each for each in report.heavy if each.deferrable]),
        ("what is heavy and needed at import time", [each for each in report.heavy if not each.deferrable]),
    ):
        if some:
            yield ""
            yield title
        for heavy in some:
            yield from _heavy_import(heavy, canvas, verbose)


def _heavy_import(heavy: HeavyReport, canvas: Canvas, verbose: bool) -> Iterator[str]:
    count = render_quantity(heavy.modules, "module")
    code = "M502  " if heavy.deferrable else ""
    head = f"  {heavy.seconds:8.3f}  {code}{escape_text(heavy.module)}  {count if heavy.modules else ''}"
    yield canvas.paint(head.rstrip(), Tone.STRONG)
    ordered = sorted(heavy.statements, key=lambda each: each.use in ("functions", "annotations", "both"))
    shown = ordered if verbose else ordered[:_SHOWN_STATEMENTS]
    for statement in shown:
        place = escape_text(f"{statement.path}:{statement.line}")
        yield from labelled(canvas, place, _use_words(statement), indent=12, label_width=len(place) + 1)
    if len(shown) < len(heavy.statements):
        yield f"            and {render_quantity(len(heavy.statements) - len(shown), 'statement')} more: -v lists them"
    if heavy.blocked_by:
        yield from labelled(canvas, "but", escape_text(_blocker(heavy)), indent=12, label_width=4)


def _blocker(heavy: HeavyReport) -> str:
    if heavy.blocked_by in ("files", "functions"):
        return f"too many {heavy.blocked_by} use it: it is what they are about"
    return f"{heavy.blocked_by} imports it too"


def _use_words(statement: StatementUse) -> str:
    text = f"{statement.text}   " if statement.text else ""
    if statement.use in _USES:
        return escape_text(f"{text}used {_USES[statement.use]}")
    line = f", line {statement.use_line}" if statement.use_line not in (0, statement.line) else ""
    return escape_text(f"{text}needed at import time: {statement.why}{line}")


def _causes(report: ProfileReport, canvas: Canvas) -> Iterator[str]:
    for cause in report.causes:
        if cause.code in _ABOUT_TIME and cause.accepted is None:
            yield ""
            yield canvas.paint(escape_text(f"{cause.code}  {cause.title}"), Tone.STRONG)
            yield from labelled(canvas, "", escape_text(cause.message), indent=2, label_width=5)
            if cause.culprit is not None:
                yield from labelled(canvas, "at", escape_text(str(cause.culprit)), indent=2, label_width=5)
            for each in cause.evidence:
                place = f"{each.path}:{each.line}  " if each.path and each.line else ""
                yield from labelled(canvas, "from", escape_text(f"{place}{each.text}"), indent=2, label_width=5)


def _deferrals(report: ProfileReport, canvas: Canvas) -> Iterator[str]:
    for deferral in report.deferrals:
        yield ""
        yield canvas.paint(escape_text(f"{'kept' if deferral.kept else 'not kept'}  {deferral.title}"), Tone.STRONG)
        for label, text in _deferral_rows(deferral):
            yield from labelled(canvas, label, escape_text(text), indent=2, label_width=9)
    kept = [each for each in report.deferrals if each.kept]
    if len(kept) > 1 and report.together is not None:
        yield ""
        yield f"together  {_measured_words(report.together)}"
    if report.patch:
        yield ""
        yield from render_patch(report.patch)
    if report.applied:
        yield f"wrote {render_quantity(len(report.applied), 'file')}; muster fix --undo takes it back"
    elif kept:
        yield "muster profile --apply writes it"


def _deferral_rows(deferral: Deferral) -> Iterator[tuple[str, str]]:
    if deferral.verdict.by:
        same = ": the same tests, no new failure" if deferral.verdict.state == "proved" else ""
        yield deferral.verdict.state, f"by {deferral.verdict.by}{same}"
    if deferral.measured is not None:
        yield "measured", _measured_words(deferral.measured)
    if deferral.reason:
        yield "because", deferral.reason


def _measured_words(measured: Measured) -> str:
    rounds = len(measured.before)
    return (
        f"{min(measured.before):.2f} s before, {min(measured.after):.2f} s after, the fastest of {rounds} alternating runs; "
        f"{min(measured.before_cpu):.2f} and {min(measured.after_cpu):.2f} s of processor: saves {measured.saved:.2f} s and "
        f"{measured.saved_cpu:.2f} s of processor"
    )
