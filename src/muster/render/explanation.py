"""Explanations of files and modules for a person at a terminal."""

from __future__ import annotations

from muster.render.escape import escape_text
from muster.render.layout import Canvas, Tone, labelled, wrap_words
from muster.render.quantity import render_quantity
from muster.render.text import render_cause
from muster.usecases.explain_file import NOT_COLLECTED, FileExplanation, FileStory, ShownFrame
from muster.usecases.explain_module import EntryStep, ModuleExplanation, PartStep

_LABEL_WIDTH = 10
_EFFECTS_SHOWN = 12
_OUTCOME_TONES = {"failed": Tone.ERROR, "collected": Tone.GOOD, "skipped": Tone.NOTE, "undecided": Tone.WARNING}


def render_file_explanation(explanation: FileExplanation, canvas: Canvas) -> str:
    """The file's story in the session, its causes, and what would change if it were collected alone."""
    heading = canvas.paint(escape_text(explanation.path), Tone.STRONG)
    lines = [heading, *_story("session", explanation.session, canvas)]
    if explanation.before and explanation.differs:
        lines += ["", "before it, earlier files changed what imports find:", *_effects(explanation.before, canvas)]
    for cause in explanation.causes:
        lines += ["", *render_cause(cause, canvas)]
    lines += [""]
    lines += _story("alone", explanation.alone, canvas) if explanation.differs else []
    lines += wrap_words(_last_words(explanation), canvas.measure)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def render_module_explanation(explanation: ModuleExplanation, canvas: Canvas) -> str:
    """Part by part, what each entry of the search path offers and which one wins."""
    moment = f"while {explanation.importer} is collected" if explanation.importer else "at the beginning of the session"
    lines = wrap_words(escape_text(f"import {explanation.module}, {moment}"), canvas.measure)
    for step in explanation.steps:
        lines += ["", *_part(step, canvas)]
    if explanation.alone is not None:
        lines += ["", *_order(explanation, explanation.alone, canvas)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _order(explanation: ModuleExplanation, alone: tuple[PartStep, ...], canvas: Canvas) -> list[str]:
    """What the session's order has to do with it: what the file would import alone, and who changed the path before it."""
    if not explanation.depends_on_order:
        return wrap_words("collected alone the same: the session's order has no part in it", canvas.measure)
    lines = wrap_words(escape_text(f"{explanation.importer} collected alone:"), canvas.measure)
    for step in alone:
        tone = Tone.GOOD if step.found else Tone.ERROR
        words = wrap_words(escape_text(f"{step.name}  {step.result}"), canvas.measure - 3)
        lines += ["   " + canvas.paint(line, tone) for line in words]
    if explanation.order:
        lines += ["in this session earlier files put entries on the path, at:"]
        lines += _places(explanation.order)
    return lines


def _places(places: tuple[str, ...]) -> list[str]:
    more = len(places) - _EFFECTS_SHOWN
    shown = ["   " + escape_text(place) for place in places[:_EFFECTS_SHOWN]]
    return shown + ([f"   and {more} more"] if more > 0 else [])


def _last_words(explanation: FileExplanation) -> str:
    if explanation.session.outcome == NOT_COLLECTED:
        return "this session does not collect the file: no argument names it, or a pattern or setting leaves it out"
    if explanation.differs:
        return "alone the file shows something else: what comes before it matters"
    return "alone the file shows the same: no other file has a part in it"


def _story(label: str, story: FileStory, canvas: Canvas) -> list[str]:
    tests = f", {render_quantity(story.tests, 'test')}" if story.tests else ""
    tone = _OUTCOME_TONES.get(story.outcome, Tone.PLAIN)
    lines = labelled(canvas, label, escape_text(story.outcome) + tests, indent=0, label_width=_LABEL_WIDTH, tone=tone)
    lines += _row(canvas, "command", story.command)
    lines += _row(canvas, "because", story.exception or story.reason) if story.exception or story.reason else []
    for position, frame in enumerate(story.frames):
        lines += _row(canvas, "" if position else "at", frame.place)
        lines += _row(canvas, "", "    " + frame.text if frame.text else "")[: 1 if frame.text else 0]
    return lines


def _effects(effects: tuple[ShownFrame, ...], canvas: Canvas) -> list[str]:
    lines: list[str] = []
    for effect in effects[:_EFFECTS_SHOWN]:
        first, *rest = wrap_words(escape_text(f"{effect.place}  {effect.text}"), canvas.measure - 4)
        lines += ["  " + first, *("    " + line for line in rest)]
    more = len(effects) - _EFFECTS_SHOWN
    return lines + ([f"  and {more} more"] if more > 0 else [])


def _part(step: PartStep, canvas: Canvas) -> list[str]:
    tone = Tone.GOOD if step.found else Tone.ERROR
    lines = [canvas.paint(escape_text(step.name), Tone.STRONG) + escape_text(f"  looked for on {step.searched}")]
    for number, entry in enumerate(step.entries):
        if _is_silent(entry):
            continue
        mark = "->" if entry.wins else "  "
        origin = f"  (put there by {entry.origin})" if entry.origin else ""
        text = escape_text(f"{entry.entry}  {entry.offers}{origin}" if entry.offers else entry.entry + origin)
        first, *rest = wrap_words(text, canvas.measure - 9)
        painted = canvas.paint(first, Tone.PLAIN if entry.offers else Tone.FAINT)
        lines += [f"{mark} {number:>3}  {painted}", *(" " * 10 + line for line in rest)]
    if any(_is_silent(entry) for entry in step.entries):
        lines.append(
            canvas.paint("          entries outside the project that have no such thing are left out", Tone.FAINT)
        )
    lines += ["   " + canvas.paint(line, tone) for line in wrap_words(escape_text(step.result), canvas.measure - 3)]
    rule = wrap_words(escape_text(f"rule: {step.rule}"), canvas.measure - 3) if step.rule else []
    return lines + ["   " + line for line in rule]


def _is_silent(entry: EntryStep) -> bool:
    """Whether the entry lies outside the project (it is shown absolute) and offers nothing."""
    return entry.entry.startswith("/") and not entry.offers


def _row(canvas: Canvas, label: str, text: str) -> list[str]:
    return labelled(canvas, label, escape_text(text), indent=0, label_width=_LABEL_WIDTH)
