"""M101, M201, M202 and their kin: what is missing lives elsewhere. Rewrite its importers, or leave it where it was sought too."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from posixpath import dirname

from muster.fixes.imports import Move, rewrite_imports
from muster.fixes.site import Site
from muster.fixes.source import parse_tree, read_source
from muster.fixes.statements import bound_names
from muster.index.bindings import bindings
from muster.model.cause import Candidate, Cause
from muster.model.collection import NameMissing
from muster.model.fix import FileChange, Fix
from muster.ports import EntryKind

_QUOTED = re.compile(r"'([\w.]+)'")
_MOST_CANDIDATES = 3
_MOVED = frozenset(("M101", "M201", "M202"))
"""Where the diagnosis says that it moved; for what was removed or never there, a likeness is for a person to judge."""


def fix_moved(cause: Cause, site: Site) -> Iterator[Fix]:
    """For each place that it may have moved to: importers rewritten; for the first, a re-export where it was."""
    module, _, name = cause.subject.partition(":")
    candidates = find_candidates(cause, site)
    for position, candidate in enumerate(candidates):
        # That an import works says little of a place that the evidence speaks less for: it may be another thing.
        is_choice = candidate.is_tied or position > 0 or cause.code not in _MOVED
        yield from _rewritten(module, name, candidate, site, is_choice=is_choice, is_first=position == 0)
    if candidates and not candidates[0].is_tied and cause.code in _MOVED:
        yield from _left_behind(cause, module, name, candidates[0], site)


def find_candidates(cause: Cause, site: Site) -> tuple[Candidate, ...]:
    """Where it lives today: as the diagnosis says, else as its evidence does."""
    if cause.candidates:
        return cause.candidates[:_MOST_CANDIDATES]
    module, _, name = cause.subject.partition(":")
    found: list[Candidate] = []
    for each in cause.evidence:
        if cause.code == "M101" and each.kind == "home" and each.path and (dotted := site.spell(each.path)):
            found.append(Candidate(dotted, path=each.path))
        elif cause.code == "M201" and each.kind == "definition" and each.path and (dotted := site.spell(each.path)):
            found.append(Candidate(dotted, name, path=each.path))
        elif cause.code == "M202" and each.kind == "nearest" and (match := _QUOTED.match(each.text)):
            found.append(Candidate(module, match[1], change="renamed", path=each.path))
    return tuple(found[:_MOST_CANDIDATES])


def _rewritten(
    module: str, name: str, candidate: Candidate, site: Site, *, is_choice: bool, is_first: bool
) -> Iterator[Fix]:  # fmt: skip
    """The importers rewritten; of the first candidate also with every string that spells the old name."""
    new_name = candidate.name or name
    move = Move(module, candidate.module, name, new_name if name else "")
    along = _renamed_along(module, name, candidate, site)
    if move.old == move.new:
        return
    changes = rewrite_everywhere([*along, move], site)
    if changes:
        yield Fix("rewrite", f"{_spelling(move, along)} in {_where(changes, site)}", changes, choice=is_choice)
    if not is_first or not any(
        _is_quoted(move.old, site.read(path) or b"") for path in site.mentioning(*move.old.split("."))
    ):
        return
    spelled = rewrite_everywhere([replace(each, in_strings=True) for each in (*along, move)], site)
    if spelled != changes:
        title = f"{_spelling(move, along)} in {_where(spelled, site)}, and in every string that spells it"
        yield Fix("rewrite", title, spelled, choice=is_choice)


def _where(changes: Sequence[FileChange], site: Site) -> str:
    return site.show(changes[0].path) if len(changes) == 1 else f"{len(changes)} files"


def _is_quoted(dotted: str, content: bytes) -> bool:
    return any(quote + dotted.encode() in content for quote in (b"'", b'"'))


def _spelling(move: Move, along: Sequence[Move]) -> str:
    """What is imported from where, in place of what."""
    if move.name and move.new_module == move.module:
        return f"import '{move.new_name}' instead of '{move.name}' from '{move.module}'"
    if move.name:
        return f"import '{move.new_name}' from '{move.new_module}' instead of '{move.module}'"
    if along:
        new, old = (
            ", ".join(f"'{name}'" for name in names)
            for names in zip(*((m.new_name, m.name) for m in along), strict=True)
        )
        return f"import {new} from '{move.new_module}' instead of {old} from '{move.module}'"
    return f"import '{move.new_module}' instead of '{move.module}'"


def _renamed_along(module: str, name: str, candidate: Candidate, site: Site) -> list[Move]:
    """The names that are wanted of a missing module and were renamed when the module moved."""
    found = {} if name else _new_names(module, candidate, site)
    return [Move(module, candidate.module, old, new) for old, new in found.items()]


def _new_names(module: str, candidate: Candidate, site: Site) -> dict[str, str]:
    """What importers ask of the missing `module`, to what the candidate calls it; nothing where the names stayed."""
    if candidate.renamed:
        return dict(candidate.renamed)
    wanted = imported_from(module, site) if candidate.name else set()
    return {wanted.pop(): candidate.name} if len(wanted) == 1 and candidate.name not in wanted else {}


def rewrite_everywhere(moves: Sequence[Move], site: Site) -> tuple[FileChange, ...]:
    """Every file of the project that spells the old names, spelled anew; files that cannot be changed are left out."""
    changes: dict[str, FileChange | None] = {}
    last = moves[-1]
    words = (last.module.rpartition(".")[2], *([last.name] if last.name else []))
    for path in site.mentioning(*words):
        if _has_its_own_way(site, path, last):
            continue
        changes[path] = site.edit(path, _rewriter(moves, site.package_of(path), rename=_is_test(path)))
    return site.present(changes)


def _rewriter(moves: Sequence[Move], package: str, *, rename: bool) -> Callable[[str], str | None]:
    def rewrite(text: str) -> str | None:
        written: str | None = text
        for move in moves:
            written = rewrite_imports(written, move, package, rename=rename) if written is not None else None
        return written

    return rewrite


def _has_its_own_way(site: Site, path: str, move: Move) -> bool:
    """Whether the file already tries the new place where the old one fails, or the other way round."""
    content = site.read(path) or b""
    if b"except" not in content:
        return False
    source = read_source(content)
    tree = parse_tree(source.text) if source is not None else None
    tries = [node for node in ast.walk(tree) if isinstance(node, ast.Try)] if tree is not None else []
    return any({move.old, move.new} <= set(_imported(each)) for each in tries)


def _imported(node: ast.AST) -> Iterator[str]:
    """The dotted names that are imported anywhere in `node`, modules and what is taken from them."""
    for each in ast.walk(node):
        if isinstance(each, ast.Import):
            yield from (alias.name for alias in each.names)
        elif isinstance(each, ast.ImportFrom) and each.module and not each.level:
            yield each.module
            yield from (f"{each.module}.{alias.name}" for alias in each.names)


def _is_test(path: str) -> bool:
    stem = path.rpartition("/")[2]
    return stem.startswith("test_") or stem.endswith("_test.py")


def _left_behind(cause: Cause, module: str, name: str, candidate: Candidate, site: Site) -> Iterator[Fix]:
    change = (
        _name_left_behind(cause, module, name, candidate, site)
        if name
        else _module_left_behind(module, candidate, site)
    )
    if change is not None:
        title = f"leave a re-export of '{candidate}' in {site.show(change.path)}, with a DeprecationWarning"
        yield Fix("re-export", title, (change,))


def _module_left_behind(module: str, candidate: Candidate, site: Site) -> FileChange | None:
    """A module at the old place that passes everything on."""
    home = candidate.path
    if not home.endswith(".py") or home.endswith("/__init__.py"):
        return None
    root = home.removesuffix(".py").removesuffix(candidate.module.replace(".", "/")).rstrip("/")
    path = f"{root}/{module.replace('.', '/')}.py"
    if site.tree.kind(path.removesuffix(".py")) is EntryKind.FOLDER or not _is_reached(dirname(path), root, site):
        return None
    names = _own_names(home, site)
    if not names:
        return None
    old_names = {new: old for old, new in _new_names(module, candidate, site).items()}
    names = [f"{each} as {old_names[each]}" if each in old_names else each for each in names]
    text = (
        f'"""Moved to `{candidate.module}`; this is left for those who still import it from here."""\n\n'
        "import warnings\n\n"
        f"from {candidate.module} import (  # noqa: F401\n" + "".join(f"    {each},\n" for each in names) + ")\n\n"
        f"warnings.warn(\n    \"'{module}' is now '{candidate.module}'\", DeprecationWarning, stacklevel=2\n)\n"
    )
    return site.create(path, text.encode())


def imported_from(module: str, site: Site) -> set[str]:
    """The names that files of the project import from `module`."""
    found: set[str] = set()
    for path in site.mentioning(module.rpartition(".")[2]):
        found.update(
            each.original for each in bindings(site.facts(path)) if each.kind == "import" and each.module == module
        )
    return {name for name in found if name.isidentifier()}


def _is_reached(folder: str, root: str, site: Site) -> bool:
    """Whether `folder` is there, or is the root itself."""
    return folder == root or site.tree.kind(folder) is EntryKind.FOLDER


def _own_names(path: str, site: Site) -> list[str]:
    """What the module itself defines whatever happens; underscored names too, for tests import those."""
    defined = {each.name for each in bindings(site.facts(path)) if each.kind != "import"}
    source = site.read(path)
    text = read_source(source) if source is not None else None
    tree = parse_tree(text.text) if text is not None else None
    # What stands below an `if` may not be there when the program runs (`TYPE_CHECKING`).
    sure = {
        name
        for each in (tree.body if tree is not None else ())
        if not isinstance(each, ast.If)
        for name in bound_names(each)
    }
    return sorted(name for name in defined & sure if name.isidentifier() and not name.startswith("__"))


def _name_left_behind(
    cause: Cause, module: str, name: str, candidate: Candidate, site: Site
) -> FileChange | None:  # fmt: skip
    detail = cause.exception.detail if cause.exception else None
    path = detail.module_file if isinstance(detail, NameMissing) else None
    if path is None or not path.endswith(".py"):
        return None
    new = candidate.name or name

    def add(text: str) -> str | None:
        tree = parse_tree(text)
        if tree is None or "__getattr__" in text:
            return None
        newline = "\r\n" if "\r\n" in text else "\n"
        gap = "" if text.endswith(("\n", "\r")) or not text else newline
        return text + gap + _forwarding(module, name, candidate.module, new).replace("\n", newline)

    return site.edit(path, add)


def _forwarding(module: str, name: str, new_module: str, new: str) -> str:
    """A module `__getattr__` (PEP 562), so that only those who ask for the old name hear of it."""
    told = f"'{module}.{name}' is now '{new_module}.{new}'"
    statement = f"        from {new_module} import {new}\n\n" if new_module != module else ""
    return (
        "\n\ndef __getattr__(wanted):\n"
        f'    if wanted == "{name}":\n'
        "        import warnings\n\n"
        f"{statement}"
        "        warnings.warn(\n"
        f'            "{told}",\n'
        "            DeprecationWarning,\n            stacklevel=2,\n        )\n"
        f"        return {new}\n"
        "    raise AttributeError(f\"module '{__name__}' has no attribute '{wanted}'\")\n"
    )
