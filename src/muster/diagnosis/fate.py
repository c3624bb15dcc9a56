"""What became of what is missing, as far as the history tells: moved, renamed, removed, never there, or unknown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from posixpath import dirname

from muster.diagnosis.case import Case
from muster.diagnosis.module_files import files_below
from muster.diagnosis.roots import Failure, Root
from muster.diagnosis.since import gaps_to_tell, newest
from muster.index.bindings import binding_of, imports_at
from muster.model.cause import Candidate, Evidence
from muster.model.collection import NameMissing
from muster.model.commit import Commit
from muster.model.history import NameTrace, PathTrace, Step
from muster.ports import EntryKind

MOST_SHOWN = 3


class Fate(Enum):
    """`UNKNOWN` where nothing follows: no history, or one that is not whole and tells nothing."""

    MOVED = "moved"
    RENAMED = "renamed"
    REMOVED = "removed"
    NEVER = "never there"
    UNKNOWN = "unknown"


def traces_of(dotted: str, case: Case) -> tuple[PathTrace, ...]:
    """What the history tells of the files that the module `dotted` may have been, those that lead somewhere first."""
    paths = case.answers.history.paths
    if not paths:
        return ()
    ends = ("/" + dotted.replace(".", "/") + ".py", "/" + dotted.replace(".", "/") + "/__init__.py")
    likely = files_below(dotted, case.index.roots)
    known = [path for path in (*likely, *(path for path in paths if path.endswith(ends))) if path in paths]
    found = [paths[path] for path in dict.fromkeys(known)]
    return tuple(sorted(found, key=lambda trace: not _leads_somewhere(trace, case)))


def was_there(dotted: str, case: Case) -> bool:
    """Whether the history remembers the module, or one of those that are asked for below it."""
    wanted = case.answers.missing_module(dotted)
    parts = (f"{asked}.{name}" for asked in wanted.asked for name in wanted.names)
    return any(traces_of(asked, case) for asked in (dotted, *wanted.asked, *parts))


def home_in_history(dotted: str, case: Case) -> str:
    """The file of today that git followed the module to, or ""."""
    return next((trace.end for trace in traces_of(dotted, case) if _leads_somewhere(trace, case)), "")


def _leads_somewhere(trace: PathTrace, case: Case) -> bool:
    return bool(trace.end) and case.tree.kind(trace.end) is EntryKind.FILE


def never_was(dotted: str, case: Case) -> bool:
    """Whether a history that was looked at from its first commit on knows no such module."""
    return case.answers.history.is_whole and not was_there(dotted, case)


def name_traces(detail: NameMissing, case: Case) -> Iterator[NameTrace]:
    """The commits that took the name out of the module, whichever of two files the module was."""
    for (path, name), trace in case.answers.history.names.items():
        if name == detail.name and detail.module_file in (path, *_twins(path)):
            yield trace


def _twins(path: str) -> tuple[str, str]:
    return path.removesuffix(".py") + "/__init__.py", dirname(path) + ".py"


def fate_of_name(detail: NameMissing, candidates: Sequence[Candidate], case: Case) -> Fate:
    """What became of the name, given where it may live today."""
    history = case.answers.history
    trace = next(name_traces(detail, case), None)
    if trace is None:
        file = detail.module_file or ""
        is_known = file.endswith(".py") and case.is_ours(file) and file not in history.starred
        return (
            Fate.NEVER if history.is_whole and is_known and binding_of(case.facts(file), "*") is None else Fate.UNKNOWN
        )
    best = candidates[0] if candidates else None
    if best is None:
        return Fate.REMOVED
    if best.change == "renamed":
        return Fate.RENAMED
    return Fate.MOVED


def path_steps(traces: Sequence[PathTrace], case: Case) -> tuple[Evidence, ...]:
    """One piece of evidence for each commit on the way of the first trace."""
    return tuple(_step_evidence(step, case) for trace in traces[:1] for step in trace.steps)


def _step_evidence(step: Step, case: Case) -> Evidence:
    way = way_of(step, case) if step.to else case.show(step.path)
    return Evidence(step.kind, f"{way} by {str(step.commit).lstrip()}", step.to, 0, step.commit.sha)


def way_of(step: Step, case: Case) -> str:
    """From where to where a file went, and how much of it stayed the same."""
    alike = f", {step.likeness} % alike" if 0 < step.likeness < 100 else ""
    return f"{case.show(step.path)} to {case.show(step.to)}{alike}"


def removal(trace: NameTrace | None) -> tuple[Evidence, ...]:
    """The commit that took the name out, as evidence."""
    return (Evidence("removed", f"{trace.commit} took it out", "", 0, trace.commit.sha),) if trace else ()


def since_path(traces: Sequence[PathTrace]) -> Commit | None:
    """The commit since which the first trace's file is not there."""
    commit = traces[0].steps[0].commit if traces and traces[0].steps else None
    return commit if commit is not None and commit.sha else None


def written_by(root: Root, case: Case) -> Commit | None:
    """The commit that wrote the failing import of the first failure: at fault where it was wrong from birth."""
    return next(filter(None, (_writer(failure, case) for failure in root.failures)), None)


def _writer(failure: Failure, case: Case) -> Commit | None:
    if failure.frame is None:
        return None
    known = case.answers.history.imports
    statement = (
        imports_at(case.facts(failure.frame.path), failure.frame.line) if failure.frame.path.endswith(".py") else ()
    )
    keys = [(failure.frame.path, each.module.lstrip("."), each.original) for each in statement]
    found = [known[key] for key in keys if key in known]
    return newest(found)


def gaps(case: Case) -> tuple[Evidence, ...]:
    """What the history could not tell of what is missing, and why."""
    notes = (Evidence("history", note) for note in case.answers.history.notes)
    return (*gaps_to_tell(case.answers.history), *notes)


def once_defined(name: str, case: Case) -> Iterator[Evidence]:
    """Where the name was, that nothing of today defines, and the commit that took it away."""
    trace = case.answers.history.lost.get(name)
    if trace is not None:
        text = f"'{name}', a {trace.kind}, was in {case.show(trace.path)} until {trace.commit}"
        yield Evidence("was", text, "", 0, trace.commit.sha)


def shown(candidates: Sequence[Candidate], *, from_first: bool = True) -> tuple[Evidence, ...]:
    """The candidates as evidence, each with its reasons. Where the message already names the first (`from_first` false)
    only if the next one is as good."""
    if not from_first and not (candidates and candidates[0].is_tied):
        return ()
    return tuple(_candidate_evidence(*each) for each in enumerate(candidates[:MOST_SHOWN], 1))


def _candidate_evidence(number: int, candidate: Candidate) -> Evidence:
    tie = "; the next one is as good" if candidate.is_tied else ""
    pairs = "".join(f"; '{old}' is probably '{new}' there" for old, new in candidate.renamed)
    return Evidence("candidate", f"{number}. {candidate}{_because(candidate)}{pairs}{tie}", candidate.path)


def _because(candidate: Candidate) -> str:
    kinds = list(dict.fromkeys(each.kind for each in candidate.evidence))
    return f": {', '.join(kinds)}" if kinds else ""
