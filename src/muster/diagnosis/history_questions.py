"""What the history is asked to explain a collection: paths and names that are missing, and the imports that want them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from posixpath import dirname

from muster.diagnosis.module_files import files_below
from muster.diagnosis.questions import Answers, MissingModule, is_probably_ours
from muster.diagnosis.roots import Failure, failures_of, is_ours
from muster.index.bindings import imports_at
from muster.index.index import FactsOf
from muster.model.collection import Collection, ModuleMissing, NameMissing
from muster.model.history import HistoryQuestions
from muster.ports import FileTree

MOST_ENTRIES = 12
"""So many entries of one search path are taken for folders of the project that modules may have been in."""

MOST_LOST = 20

MOST_PARTS = 8
"""So many names that are wanted of a module are taken for modules that may have been below it."""


def history_questions(
    collection: Collection, answers: Answers, tree: FileTree, rootdir: str, facts: FactsOf
) -> HistoryQuestions:
    """All that the failures of `collection` want to know, each once, in the order met."""
    paths: dict[str, None] = {}
    names: dict[tuple[str, str], None] = {}
    imports: dict[tuple[str, str, str], None] = {}
    seen: set[tuple[str, str]] = set()
    for failure in (*failures_of(collection), *failures_of(Collection(reports=collection.hidden))):
        detail = failure.exception.detail
        match detail:
            case ModuleMissing(name=name):
                key = (name, "")
                roots = _roots(detail, answers, rootdir)
                for asked in _modules_behind(answers.missing_module(name)):
                    paths.update(dict.fromkeys(files_below(asked, roots)))
            case NameMissing(module=module, name=name):
                key = (module, name)
                names.update(dict.fromkeys((file, name) for file in _files_of(detail, rootdir)))
                paths.update(dict.fromkeys(files_below(f"{module}.{name}", answers.index.roots)))
            case _:
                continue
        if key not in seen:
            imports.update(dict.fromkeys(_imports(failure, rootdir, facts)))
        seen.add(key)
    missing = (path for path in paths if tree.kind(path) is None)
    lost = tuple(_lost(answers, rootdir))[:MOST_LOST]
    return HistoryQuestions(tuple(missing), tuple(names), tuple(imports), lost=lost)


def _lost(answers: Answers, rootdir: str) -> Iterator[str]:
    """The names that are wanted of modules of the project, and that no file of the tree defines."""
    wanted = {each.name: None for each in answers.questions.names if is_ours(each.module_file or "", rootdir)}
    for missing in answers.questions.modules:
        if is_probably_ours(missing.name, answers.index):
            wanted.update(dict.fromkeys(missing.names))
    yield from (name for name in wanted if not answers.index.hits.definers.get(name))


def _modules_behind(missing: MissingModule) -> Iterator[str]:
    """The module, those that importers spell below it, and what they import from them: of a folder without `__init__.py`
    the history knows nothing but the modules in it."""
    yield missing.name
    yield from missing.asked
    if len(missing.asked) == 1:
        yield from (f"{missing.asked[0]}.{name}" for name in missing.names[:MOST_PARTS] if name.islower())


def _roots(detail: ModuleMissing, answers: Answers, rootdir: str) -> Iterable[str]:
    """The folders that spell modules, and those of the project that were on the search path."""
    own = [entry for entry in detail.sys_path if is_ours(entry, rootdir)]
    return dict.fromkeys((*answers.index.roots, *own[:MOST_ENTRIES]))


def _files_of(detail: NameMissing, rootdir: str) -> Iterator[str]:
    """The file of the module, and the one that it may have been before: a package was a module, or the other way round."""
    file = detail.module_file
    if file is None or not file.endswith(".py") or not is_ours(file, rootdir):
        return
    yield file
    is_package = file.endswith("/__init__.py")
    yield dirname(file) + ".py" if is_package else file.removesuffix(".py") + "/__init__.py"


def _imports(failure: Failure, rootdir: str, facts: FactsOf) -> Iterator[tuple[str, str, str]]:
    """The failing import statement of a file of the project, name by name."""
    frame = failure.frame
    if frame is None or not is_ours(frame.path, rootdir) or not frame.path.endswith(".py"):
        return
    detail = failure.exception.detail
    for binding in imports_at(facts(frame.path), frame.line):
        if not isinstance(detail, NameMissing) or binding.original in (detail.name, ""):
            yield frame.path, binding.module.lstrip("."), binding.original
