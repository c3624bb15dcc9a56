"""A traced collection, for a person at a terminal: failures and who causes them, changes, and what took long."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from muster.model.probe_report import ChangeReport, ImportReport, ProbedFailure, ProbeReport
from muster.model.report import DifferenceReport
from muster.render.escape import escape_text
from muster.render.layout import Canvas, Tone, labelled
from muster.render.quantity import render_quantity

_SHOWN_FILES, _SHOWN_IMPORTS, _SHOWN_CHANGES = 5, 8, 20
_TITLES = {
    "path": "sys.path",
    "module": "sys.modules",
    "meta_path": "sys.meta_path",
    "environ": "environment",
    "cwd": "directory",
    "filters": "warnings",
    "thread": "thread",
    "socket": "socket",
    "process": "process",
    "sleep": "sleep",
}
_LABEL_WIDTH = 12
# Folders of an environment, of which only what lies in them says anything.
_LIBRARY = re.compile(r"^/.*/(?:site-packages|dist-packages|lib/python\d\.\d+)/")


def render_probe(report: ProbeReport, canvas: Canvas, *, verbose: bool = False) -> str:
    """The whole report; `verbose` adds what third-party code did and every row of the lists."""
    lines = [_headline(report, canvas), *_failures(report, canvas), *_changes(report, canvas, verbose)]
    lines += [*_slow_files(report, canvas, verbose), *_slow_imports(report, canvas, verbose)]
    lines += [*_differences(report.differences, canvas), *_notes(report, canvas)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _headline(report: ProbeReport, canvas: Canvas) -> str:
    failed = sum(file.outcome == "failed" for file in report.files)
    parts = [
        escape_text(report.command),
        render_quantity(len(report.files), "file"),
        render_quantity(report.tests, "test"),
        *([f"{render_quantity(failed, 'file')} failed"] if failed else []),
        f"collected in {report.seconds:.2f} s",
    ]
    return canvas.paint("   ".join(parts), Tone.STRONG)


def _failures(report: ProbeReport, canvas: Canvas) -> Iterator[str]:
    for failure in report.failures:
        yield ""
        yield canvas.paint(escape_text(failure.nodeid or failure.path), Tone.STRONG)
        for label, text in _failure_rows(failure):
            yield from labelled(canvas, label, escape_text(text), indent=2, label_width=_LABEL_WIDTH)


def _failure_rows(failure: ProbedFailure) -> Iterator[tuple[str, str]]:
    yield "fails", failure.exception
    if failure.frames:
        yield "at", failure.frames[-1]
    for origin in failure.origins:
        place = f"  ({origin.frames[-1]})" if origin.frames else ""
        yield ("caused by" if origin.relation == "cause" else "handling"), f"{origin.exception}{place}"
    if failure.alone:
        yield "alone", failure.alone
    if failure.polluter is not None:
        label = "spoilt by" if failure.alone == "collected" else "because of"
        yield label, f"{failure.polluter.path} (found by {failure.polluter.by}, confirmed by collecting the two)"
        if failure.polluter.change is not None:
            yield "which", _change_words(failure.polluter.change)
    if failure.note:
        yield "note", failure.note


def _change_words(change: ChangeReport) -> str:
    place = f"{change.path}:{change.line}" if change.line else change.path
    text = f"  {change.text}" if change.text else ""
    return f"{_TITLES.get(change.kind, change.kind)} {change.sign}{change.value}  ({place}){text}"


def _changes(report: ProbeReport, canvas: Canvas, verbose: bool) -> Iterator[str]:
    changes = [change for change in report.changes if change.project or verbose]
    if not changes:
        return
    yield ""
    yield "what importing changed"
    # A statement in a loop, or one that changes something for a while, does the same again and again.
    rows = list(dict.fromkeys(map(_change_row, changes)))
    shown = rows if verbose else rows[:_SHOWN_CHANGES]
    for title, text in shown:
        yield from labelled(canvas, escape_text(title), escape_text(text), indent=2, label_width=14)
    if len(rows) > len(shown):
        yield f"  and {len(rows) - len(shown)} more: -v lists them"


def _change_row(change: ChangeReport) -> tuple[str, str]:
    words = f"{change.sign}{change.value}" + (" s" if change.kind == "sleep" else "")
    place = f"{change.path}:{change.line}" if change.line else change.path
    return _TITLES.get(change.kind, change.kind), f"{words}  {place}"


def _slow_files(report: ProbeReport, canvas: Canvas, verbose: bool) -> Iterator[str]:
    files = sorted(report.files, key=lambda file: -file.seconds)
    shown = files if verbose else [file for file in files[:_SHOWN_FILES] if file.seconds >= 0.01]
    if shown:
        yield ""
        yield "seconds by file"
    for file in shown:
        yield f"  {file.seconds:8.3f}  {escape_text(file.path)}"


def _slow_imports(report: ProbeReport, canvas: Canvas, verbose: bool) -> Iterator[str]:
    imports = sorted(report.imports, key=lambda timing: -timing.own_seconds)
    shown: Sequence[ImportReport] = imports[:100] if verbose else imports[:_SHOWN_IMPORTS]
    if shown:
        yield ""
        yield "seconds by import: its own, with all below it, and who asked first"
    for timing in shown:
        asker = f"{_LIBRARY.sub('', timing.asked_by)}:{timing.line}" if timing.asked_by else ""
        row = f"  {timing.own_seconds:8.3f} {timing.seconds:8.3f}  {escape_text(timing.name)}  {escape_text(asker)}"
        yield row


def _differences(differences: Sequence[DifferenceReport] | None, canvas: Canvas) -> Iterator[str]:
    if differences is None:
        return
    yield ""
    if not differences:
        yield "the simulation says the same"
        return
    kinds = Counter(difference.kind for difference in differences)
    told = ", ".join(render_quantity(number, kind) for kind, number in kinds.items())
    yield f"{render_quantity(len(differences), 'difference')} to the simulation: {escape_text(told)}"
    for difference in differences:
        subject = escape_text(f"{difference.kind}  {difference.subject}".rstrip())
        yield f"  {subject}"
        yield from labelled(
            canvas, "simulated", escape_text(difference.simulated or "nothing"), indent=4, label_width=10
        )
        yield from labelled(canvas, "real", escape_text(difference.observed or "nothing"), indent=4, label_width=10)


def _notes(report: ProbeReport, canvas: Canvas) -> Iterator[str]:
    if report.running:
        yield ""
        yield "threads that still ran when everything was collected"
    for thread in report.running:
        place = f"  {thread.path}:{thread.line}  {thread.text}" if thread.path else ""
        yield escape_text(f"  {thread.name}{place}")
    for note in report.notes:
        yield ""
        yield escape_text(note)
