"""`importlib.machinery.PathFinder` over a `FileTree`: what `import NAME` finds on a search path.

The rule of each step is that of `importlib._bootstrap_external` (`FileFinder.find_spec`, `PathFinder._get_spec`): within one
entry a folder with `__init__` beats a module file, which beats a bare folder; a bare folder is only a namespace portion, used
where no later entry has a regular package or module (PEP 420).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from posixpath import join
from typing import assert_never

from muster.ports import EntryKind, FileTree
from muster.trees.recorded import binaries_in


@dataclass(frozen=True, slots=True)
class SourceModule:
    """A plain module: one `.py` file."""

    path: str
    entry: str


@dataclass(frozen=True, slots=True)
class RegularPackage:
    """A folder with an `__init__.py`; `path` is that file."""

    path: str
    folder: str
    entry: str


@dataclass(frozen=True, slots=True)
class NamespacePackage:
    """Bare folders of one name, one portion for each entry that has it."""

    portions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BinaryModule:
    """An extension module or sourceless byte code: it exists, what it holds is not readable here."""

    path: str
    folder: str | None
    entry: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """An entry that only Python itself can search (a zip archive) might have it."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """No entry has it."""


Found = SourceModule | RegularPackage | NamespacePackage | BinaryModule
Resolution = Found | Undecided | NotFound


def resolve_on_path(tree: FileTree, name: str, search_path: Iterable[str], *, extension_tag: str = "") -> Resolution:
    """What the last part `name` of a dotted name resolves to on `search_path` (absolute folders, in order).

    `extension_tag` is the interpreter's (`cpython-311`): extension modules of other versions do not count; "" accepts any.
    """
    portions: list[str] = []
    undecided: Undecided | None = None
    for entry in search_path:
        match _search_entry(tree, name, entry, extension_tag):
            case NamespacePackage(portions=(portion,)):
                portions.append(portion)
            case Undecided() as reason:
                undecided = undecided or reason
            case NotFound() | None:
                continue
            case found:
                return undecided or found
    if undecided is not None:
        return undecided
    return NamespacePackage(tuple(portions)) if portions else NotFound()


def resolve_dotted(tree: FileTree, dotted: str, search_path: Sequence[str]) -> Found | None:
    """What a whole dotted name resolves to, each package's own folders in turn, or None."""
    path: Sequence[str] = search_path
    found: Found | None = None
    for part in dotted.split("."):
        resolution = resolve_on_path(tree, part, path) if part else None
        if not isinstance(resolution, Found):
            return None
        found, path = resolution, folder_of(resolution)
    return found


def place_of(found: Found) -> str:
    """The file of a module, or the first folder of a namespace package."""
    match found:
        case SourceModule(path=path) | RegularPackage(path=path) | BinaryModule(path=path):
            return path
        case NamespacePackage(portions=portions):
            return portions[0]


def search_each_entry(
    tree: FileTree, name: str, search_path: Sequence[str], *, extension_tag: str = ""
) -> tuple[tuple[str, Resolution], ...]:
    """What every single entry offers for `name`, in order: the step-by-step account of a resolution."""
    return tuple((entry, _search_entry(tree, name, entry, extension_tag) or NotFound()) for entry in search_path)


def folder_of(found: Found) -> tuple[str, ...]:
    """`__path__` of what was found; empty for a module that is no package."""
    match found:
        case RegularPackage(folder=folder):
            return (folder,)
        case NamespacePackage(portions=portions):
            return portions
        case BinaryModule(folder=folder):
            return (folder,) if folder else ()
        case SourceModule():
            return ()
        case _:
            assert_never(found)


def _search_entry(tree: FileTree, name: str, entry: str, extension_tag: str) -> Resolution | None:
    listing = tree.listing(entry)
    if not listing:
        if entry.endswith((".zip", ".egg", ".whl")) and tree.kind(entry) is EntryKind.FILE:
            return Undecided(f"{entry} is an archive on the search path")
        return None
    kind = listing.get(name)
    folder = join(entry, name)
    if kind is EntryKind.FOLDER:
        package = _package_in(tree, folder, entry, extension_tag)
        if package is not None:
            return package
    # Extension modules come before source files: `_get_supported_file_loaders` lists their suffixes first.
    binary = _binary_in(listing, name, extension_tag)
    if binary is not None:
        return BinaryModule(join(entry, binary), None, entry)
    if listing.get(name + ".py") is EntryKind.FILE:
        return SourceModule(join(entry, name + ".py"), entry)
    if listing.get(name + ".pyc") is EntryKind.FILE:
        return BinaryModule(join(entry, name + ".pyc"), None, entry)
    return NamespacePackage((folder,)) if kind is EntryKind.FOLDER else None


def _package_in(tree: FileTree, folder: str, entry: str, extension_tag: str) -> Found | None:
    inside = tree.listing(folder)
    binary = _binary_in(inside, "__init__", extension_tag)
    if binary is not None:
        return BinaryModule(join(folder, binary), folder, entry)
    if inside.get("__init__.py") is EntryKind.FILE:
        return RegularPackage(join(folder, "__init__.py"), folder, entry)
    if inside.get("__init__.pyc") is EntryKind.FILE:
        return BinaryModule(join(folder, "__init__.pyc"), folder, entry)
    return None


def _binary_in(listing: Mapping[str, EntryKind], name: str, extension_tag: str) -> str | None:
    for entry in binaries_in(listing):
        middle = entry[len(name) + 1 :].rpartition(".")[0]
        if not entry.startswith(name + ".") or "." in middle:
            continue
        if middle in ("", "abi3") or not extension_tag or middle.startswith(extension_tag):
            return entry
    return None
