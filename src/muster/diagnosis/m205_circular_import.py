"""M205: a module is asked for a name while it is still being imported, by a module that it imports itself."""

from __future__ import annotations

from collections.abc import Sequence

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.roots import Root
from muster.index.bindings import binding_of, imports_at, used_at_import
from muster.model.cause import Evidence
from muster.model.collection import Confidence, Frame, NameMissing


def explain(root: Root, case: Case) -> Finding | None:
    """The whole cycle, and the edge whose deferral breaks it; None where nothing says that the module was half done."""
    detail = root.detail
    if not isinstance(detail, NameMissing) or not (detail.initialising or detail.cycle):
        return None
    if not _will_define(detail, case):
        return None
    cycle = detail.cycle or _from_frames(root, detail)
    edge = _deferrable(cycle, case)
    files = list(dict.fromkeys(frame.path for frame in cycle))
    culprit = edge or (cycle[-1] if cycle else None)
    return Finding(
        "M205",
        f"{detail.module}:{detail.name}",
        f"'{detail.module}' is asked for '{detail.name}' before it has it: " + _drawn(files, case),
        ("cycle", *sorted(files)) if files else ("cycle", detail.module, detail.name),
        case.statement(culprit.path, culprit.line) if culprit else case.place_of(root.first),
        Confidence.CERTAIN if detail.cycle else Confidence.LIKELY,
        (
            *(Evidence("cycle", case.statement(each.path, each.line).text, each.path, each.line) for each in cycle),
            *(
                [Evidence("edge", "nothing that it imports is used at import time", edge.path, edge.line)]
                if edge
                else [Evidence("edge", "every import of the cycle is used at import time")]
            ),
        ),
        remedies(
            f"move the import at {case.show(edge.path)}:{edge.line} into the functions that use it" if edge else "",
            "" if edge else "move what both sides need into a third module",
        ),
    )


def _will_define(detail: NameMissing, case: Case) -> bool:
    """Whether the half-done module would have the name once complete: otherwise the cycle is not why it is missing.

    pytest's importlib mode leaves a broken module half done in `sys.modules`, and Python's message then suggests a
    cycle.
    """
    if detail.module_file is None or not detail.module_file.endswith(".py"):
        return True
    facts = case.facts(detail.module_file)
    if f"{detail.module}.{detail.name}" in facts.imports:
        # A submodule becomes an attribute only once its import is done.
        return True
    return binding_of(facts, detail.name) is not None or binding_of(facts, "*") is not None or facts.problem is not None


def _from_frames(root: Root, detail: NameMissing) -> tuple[Frame, ...]:
    """The part of the traceback from the half-done module inwards."""
    frames = root.first.exception.frames
    starts = [number for number, frame in enumerate(frames) if frame.path == detail.module_file]
    return frames[starts[0] :] if starts else ()


def _deferrable(cycle: Sequence[Frame], case: Case) -> Frame | None:
    """The last import of the cycle whose names nothing reads at import time."""
    for frame in reversed(cycle):
        facts = case.facts(frame.path)
        names = frozenset(binding.name for binding in imports_at(facts, frame.line))
        if names and "*" not in names and not used_at_import(facts, names):
            return frame
    return None


def _drawn(files: list[str], case: Case) -> str:
    shown = [case.show(path) for path in files]
    return " -> ".join([*shown, *shown[:1]]) if shown else "it is still being imported"
