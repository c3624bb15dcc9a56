"""Where a module or name is, was, and how it is imported, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from muster.model.located import Located, Move
from muster.model.report import CandidateReport
from muster.render.escape import escape_text
from muster.render.layout import Canvas, Tone, labelled
from muster.render.quantity import render_quantity

_LABEL_WIDTH = 10


def render_located(located: Located, canvas: Canvas) -> str:
    """All that is known, one fact a row."""
    subject = f"{located.module}:{located.name}" if located.name else located.module
    lines = [canvas.paint(escape_text(subject), Tone.STRONG)]
    for label, text in _rows(located):
        lines += labelled(canvas, escape_text(label), escape_text(text), indent=0, label_width=_LABEL_WIDTH)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _rows(located: Located) -> Iterator[tuple[str, str]]:
    for place in located.places:
        yield "is", f"{place.path}:{place.line}, a {place.kind}" if place.line else f"{place.path}, a {place.kind}"
    if not located.found:
        yield "is not", f"{located.message}  ({located.code})" if located.code else "nothing of that name is found"
    for move in located.moves:
        yield move.what, _way(move)
    for item in located.evidence:
        place_text = f"{item.path}:{item.line}" if item.line else item.path
        yield item.kind, f"{item.text}  ({place_text})" if place_text and place_text not in item.text else item.text
    for number, candidate in enumerate(located.candidates):
        yield "or" if number else "today", _candidate(candidate)
    for number, way in enumerate(located.importers):
        files = render_quantity(way.files, "file")
        yield "" if number else "imported", f"in {files}: {way.statement}  ({way.path}:{way.line})"
    if not located.importers:
        yield "imported", "by no file of the tree"
    for note in located.notes:
        yield "history", note


def _way(move: Move) -> str:
    where = f"{move.before} to {move.after}" if move.after else move.before
    who = f"{move.commit[:10]} {move.date[:10]} {move.author}: " if move.commit else ""
    return f"{where} by {who}{move.subject}"


def _candidate(candidate: CandidateReport) -> str:
    target = f"{candidate.module}:{candidate.name}" if candidate.name else candidate.module
    place = f" ({candidate.path})" if candidate.path else ""
    tie = "; the next one is as good" if candidate.tied else ""
    return f"{target}{place}: {', '.join(candidate.why)}{tie}"
