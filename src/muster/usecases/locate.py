"""`muster locate`: where a module or name is, where it was, who moved it when, and who imports it how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from muster import __version__
from muster.diagnosis import Answers, answer_from_tree, conclude, history_questions, questions
from muster.diagnosis.module_files import files_below
from muster.diagnosis.questions import MissingModule, spelling_roots
from muster.index.bindings import binding_of
from muster.index.index import Index, Wanted, survey
from muster.index.sightings import ImportLine
from muster.model.cause import Cause
from muster.model.collection import (
    Collection,
    CollectorReport,
    Frame,
    ModuleMissing,
    NameMissing,
    Outcome,
    RaisedException,
)
from muster.model.commit import Commit
from muster.model.environment import Environment
from muster.model.history import Chronicle, HistoryQuestions, PathTrace
from muster.model.invocation import Invocation
from muster.model.located import FoundAt, Importing, Located, Move
from muster.model.report import CandidateReport, EvidenceItem
from muster.ports import FileTree
from muster.resolver.finder import (
    BinaryModule,
    Found,
    NamespacePackage,
    RegularPackage,
    SourceModule,
    folder_of,
    place_of,
    resolve_dotted,
    resolve_on_path,
)
from muster.usecases.plan import Plan
from muster.usecases.report import candidate_report
from muster.usecases.report_paths import relative_path
from muster.usecases.simulate import Ports, Prepared, prepare

LONG_BUDGET_S = 30.0
"""Who asks for one thing waits longer for it than a check of everything."""

MOST_WAYS = 8
"""So many ways to spell an import are listed."""


@dataclass(frozen=True, slots=True)
class _Search:
    """What is looked for, and where."""

    ports: Ports
    root: str
    module: str
    name: str
    prepared: Prepared
    index: Index

    @property
    def tree(self) -> FileTree:
        return self.ports.tree

    @property
    def invocation(self) -> Invocation:
        return self.prepared.invocation

    @property
    def environment(self) -> Environment:
        return self.prepared.environment


def locate(ports: Ports, plan: Plan, module: str, name: str = "") -> Located:
    """What tree and history know of `module`, or of `name` in it."""
    prepared = prepare(ports, plan.request)
    store = prepared.store
    roots = spelling_roots(ports.tree, prepared.invocation)
    wanted = Wanted(frozenset([name] if name else []), frozenset([f"{module}.{name}" if name else module]))
    index = survey(ports.tree, prepared.invocation.rootdir, wanted, store.facts, roots, mentions=store.mentions)
    search = _Search(ports, plan.root, module, name, prepared, index)
    found, missing = _resolve(search)
    places = tuple(_places(found, search)) if found is not None else ()
    is_found = bool(places)
    cause, chronicle = _explain_absence(search, found, missing) if not is_found else (None, _past(search, found))
    ports.cache.flush()
    return Located(
        schema="muster.locate/1",
        muster=__version__,
        root=plan.root,
        module=module,
        name=name,
        found=is_found,
        places=places,
        moves=tuple(_moves(chronicle, search)),
        code=cause.code if cause else "",
        message=cause.message if cause else "",
        evidence=tuple(_evidence(cause, plan.root)) if cause else (),
        candidates=tuple(_candidates(cause, search)) if cause else (),
        importers=tuple(_importers(search)),
        notes=chronicle.gaps,
    )


def _resolve(search: _Search) -> tuple[Found | None, str]:
    """What the whole dotted name resolves to; else what it found of it last, and the first part that is missing."""
    working = (search.invocation.cwd,) if search.invocation.cwd_on_path else ()
    path: Sequence[str] = tuple(dict.fromkeys((*search.index.roots, *working, *search.environment.search_path)))
    found = resolve_dotted(search.tree, search.module, path)
    if found is not None:
        return found, ""
    parts = search.module.split(".")
    prefixes = (".".join(parts[:end]) for end in range(1, len(parts) + 1))
    return None, next(prefix for prefix in prefixes if resolve_dotted(search.tree, prefix, path) is None)


def _places(found: Found, search: _Search) -> Iterator[FoundAt]:
    if not search.name:
        yield FoundAt(path=relative_path(place_of(found), search.root), line=0, kind=_kind(found))
        return
    path = found.path if isinstance(found, SourceModule | RegularPackage) else ""
    binding = binding_of(search.prepared.store.facts(path), search.name) if path.endswith(".py") else None
    if binding is not None:
        yield FoundAt(path=relative_path(path, search.root), line=binding.line, kind=binding.kind)
        return
    below = resolve_on_path(search.tree, search.name, folder_of(found))
    if isinstance(below, Found):
        yield FoundAt(path=relative_path(place_of(below), search.root), line=0, kind=_kind(below))


def _kind(found: Found) -> str:
    match found:
        case SourceModule():
            return "module"
        case RegularPackage():
            return "package"
        case BinaryModule():
            return "extension module"
        case NamespacePackage():
            return "namespace package"


def _past(search: _Search, found: Found | None) -> Chronicle:
    """The history of what is there: where its file was before."""
    path = place_of(found) if found is not None else ""
    history = search.ports.history
    is_ours = path.startswith(search.invocation.rootdir.rstrip("/") + "/") and "/site-packages/" not in path
    if history is None or not is_ours or isinstance(found, NamespacePackage):
        return Chronicle()
    return history.ask(HistoryQuestions(origins=(path,)), LONG_BUDGET_S)


def _explain_absence(search: _Search, found: Found | None, missing: str) -> tuple[Cause | None, Chronicle]:
    """The cause that a check would give an import of it, written by the first file that does import it."""
    collection = Collection(reports=(_imagined(search, found, missing),))
    facts = search.prepared.store.facts
    asked = questions(collection, facts)
    if found is None:
        names = (search.name,) if search.name else ()
        asked = replace(asked, modules=(MissingModule(missing, (search.module,), names, ((search.module, names),)),))
    answers = answer_from_tree(asked, search.tree, search.invocation, facts, search.prepared.store.mentions)
    told = Chronicle()
    if search.ports.history is not None:
        wanted = history_questions(collection, answers, search.tree, search.invocation.rootdir, facts)
        paths = [*wanted.paths, *_files(search)]
        gone = tuple(path for path in dict.fromkeys(paths) if search.tree.kind(path) is None)
        told = search.ports.history.ask(replace(wanted, paths=gone), LONG_BUDGET_S)
    answers = Answers(answers.index, answers.questions, told)
    causes = conclude(collection, search.invocation, search.environment, search.tree, answers)
    return next(iter(causes), None), told


def _candidates(cause: Cause, search: _Search) -> Iterator[CandidateReport]:
    """The candidates, those for a module with the name that is looked for where they have it."""
    for each in cause.candidates:
        has_name = each.path.endswith(".py") and search.name in search.prepared.store.facts(each.path).all_names
        named = replace(each, name=search.name) if has_name and not each.name else each
        yield candidate_report(named, search.root)


def _files(search: _Search) -> tuple[str, ...]:
    return files_below(search.module, search.index.roots)


def _imagined(search: _Search, found: Found | None, missing: str) -> CollectorReport:
    """A file that fails over it: the first one that imports it, if any."""
    lines = _lines(search)
    path = lines[0].path if lines else f"{search.invocation.rootdir.rstrip('/')}/conftest.py"
    detail: ModuleMissing | NameMissing
    if found is None:
        detail = ModuleMissing(missing, path, tuple(search.index.roots), sys_path=tuple(search.index.roots))
    else:
        file = found.path if isinstance(found, SourceModule | RegularPackage) else None
        detail = NameMissing(search.module, search.name, path, file, sys_path=tuple(search.index.roots))
    frames = (Frame(path, lines[0].line),) if lines else ()
    return CollectorReport(path, path, Outcome.FAILED, RaisedException("ImportError", "", frames, detail))


def _lines(search: _Search) -> tuple[ImportLine, ...]:
    return search.index.importers_of(search.module, search.name)


def _importers(search: _Search) -> Iterator[Importing]:
    """The ways in which it is imported, those of most files first."""
    ways: dict[str, list[ImportLine]] = {}
    for line in _lines(search):
        ways.setdefault(str(line), []).append(line)
    for statement, lines in sorted(ways.items(), key=lambda way: (-len(way[1]), way[0]))[:MOST_WAYS]:
        files = {line.path for line in lines}
        first = lines[0]
        yield Importing(
            statement=statement, files=len(files), path=relative_path(first.path, search.root), line=first.line
        )


def _moves(chronicle: Chronicle, search: _Search) -> Iterator[Move]:
    """Every step that is known, oldest first."""
    traces: list[PathTrace] = [*chronicle.origins.values(), *chronicle.paths.values()]
    ends = tuple(path for path in _files(search))
    for trace in traces:
        if trace.path in chronicle.origins or trace.path in ends:
            for step in trace.steps:
                yield _move(step.kind, step.path, step.to, step.commit, search.root)
    for (path, name), taken in chronicle.names.items():
        if name == search.name:
            yield _move("removed", f"{path}:{name}", "", taken.commit, search.root)


def _move(what: str, before: str, after: str, commit: Commit, root: str) -> Move:
    return Move(
        what=what,
        before=relative_path(before, root),
        after=relative_path(after, root) if after else "",
        commit=commit.sha,
        author=commit.author,
        date=commit.date,
        subject=commit.subject,
    )


def _evidence(cause: Cause, root: str) -> Iterator[EvidenceItem]:
    for item in cause.evidence:
        path = relative_path(item.path, root) if item.path else ""
        if item.kind not in ("import", "candidate", "renamed", "moved", "deleted", "importers"):
            yield EvidenceItem(kind=item.kind, text=item.text, path=path, line=item.line, commit=item.commit)
