"""M106: the tree has the module, and no entry of the search path reaches it."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import dirname

from muster.diagnosis.case import Case
from muster.diagnosis.contest import describe
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.ownership import is_known_distribution, is_own
from muster.diagnosis.roots import Root
from muster.model.cause import Evidence
from muster.model.collection import Confidence, ModuleMissing
from muster.ports import EntryKind
from muster.resolver.finder import place_of, resolve_dotted

SOURCE_FOLDERS = frozenset(("src", "lib", "python", "source", "backend", "app", "server"))


def explain(root: Root, case: Case) -> Finding | None:
    """The folder that would have to be on the path, and the ways to get it there."""
    detail = root.detail
    if not isinstance(detail, ModuleMissing) or detail.parent_is_module:
        return None
    top = detail.name.partition(".")[0]
    if is_known_distribution(top, case) and not is_own(top, case):
        return None
    current = frozenset(case.search_path(detail, root.first.report.path))
    for asked in (*case.answers.missing_module(detail.name).asked, detail.name):
        folders = sorted(_folders_with(asked, current, case), key=lambda folder: _rank(folder, detail, case))
        if folders:
            return _finding(root, case, asked, folders)
    return None


def _folders_with(asked: str, current: frozenset[str], case: Case) -> Iterator[str]:
    """Folders, no packages themselves, below which `asked` would resolve."""
    parts = asked.split(".")
    for sighting in case.index.locate_module(asked):
        if sighting.shared < len(parts):
            return
        folder = sighting.path.removesuffix("/__init__.py").removesuffix(".py")
        for _ in parts:
            folder = dirname(folder)
        is_package = case.tree.kind(folder + "/__init__.py") is EntryKind.FILE
        if folder not in current and not is_package and resolve_dotted(case.tree, asked, (folder,)):
            yield folder


def _rank(folder: str, detail: ModuleMissing, case: Case) -> tuple[int, int, int, str]:
    """The root and source folders first, then those next to the importer, then shallow ones."""
    is_usual = folder == case.invocation.rootdir or folder.rpartition("/")[2] in SOURCE_FOLDERS
    is_above = (dirname(detail.importer) + "/").startswith(folder + "/")
    return (not is_usual, not is_above, folder.count("/"), folder)


def _finding(root: Root, case: Case, asked: str, folders: list[str]) -> Finding:
    folder = folders[0]
    found = resolve_dotted(case.tree, asked, (folder,))
    place = place_of(found) if found else folder
    kind = f" ({describe(found)})" if found else ""
    return Finding(
        "M106",
        asked,
        f"'{asked}' is {case.show(place)}, but {case.name_folder(folder)} is not on the search path",
        ("unreachable", folder),
        case.place_of(root.first),
        Confidence.CERTAIN if len(set(folders)) == 1 else Confidence.LIKELY,
        (
            Evidence("module", f"{case.show(place)}{kind}", place),
            Evidence("entry", f"{case.name_folder(folder)} on sys.path would reach it", folder),
            *(Evidence("other", f"so would {case.name_folder(each)}", each) for each in dict.fromkeys(folders[1:4])),
            *case.places_of(root, "import"),
        ),
        remedies(*_ways_out(folder, root, case)),
    )


def _ways_out(folder: str, root: Root, case: Case) -> Iterator[str]:
    invocation = case.invocation
    if folder == invocation.cwd and not invocation.cwd_on_path:
        yield "run 'python -m pytest', which puts the working directory on sys.path ('pytest' does not)"
    shown = "." if folder == invocation.rootdir else case.show(folder).rstrip("/")
    if case.is_ours(folder) or folder == invocation.rootdir:
        yield f'add pythonpath = ["{shown}"] to pytest\'s configuration'
    is_source = folder != invocation.rootdir and folder.rpartition("/")[2] in SOURCE_FOLDERS
    if is_source and case.tree.kind(dirname(folder) + "/pyproject.toml") is EntryKind.FILE:
        yield "install the project: pip install -e ."
    missing = _missing_init(folder, root, case)
    if missing:
        mode = invocation.import_mode
        yield f"add {case.show(missing)}: pytest's {mode} mode then puts {case.name_folder(folder)} on sys.path"


def _missing_init(folder: str, root: Root, case: Case) -> str:
    """The one `__init__.py` that would make pytest itself insert `folder` (python_path of the package's root), or
    ""."""
    if case.invocation.import_mode == "importlib":
        return ""
    package = dirname(root.first.report.path)
    if dirname(package) != folder or case.tree.kind(package + "/__init__.py") is not None:
        return ""
    return package + "/__init__.py"
