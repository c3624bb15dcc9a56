"""M403: what looks like a test and is not collected: widen the pattern, or rename the definitions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from muster.fixes.configuration import add_to_pytest
from muster.fixes.definitions import Definition, rename_definition
from muster.fixes.site import Site
from muster.fixes.source import Edit, Places, apply_edits, parse_tree, read_source
from muster.model.cause import Cause
from muster.model.collection import Confidence, Loss
from muster.model.fix import FileChange, Fix

_SETTING = re.compile(r"(python_(?:files|classes|functions)) = (.*?)(?: \(pytest's default\))?$")

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_TEST_WORDS = frozenset(("test", "tests", "testcase", "spec", "specs", "suite", "check", "checks"))


def fix_patterns(cause: Cause, site: Site) -> Iterator[Fix]:
    """The way of naming added to the setting; a lone class or function renamed to match it."""
    setting = next(
        (found for each in cause.evidence if each.kind == "setting" and (found := _SETTING.match(each.text))), None
    )
    if setting is None:
        return
    name, allowed = setting[1], tuple(setting[2].split())
    unsure = cause.confidence is not Confidence.CERTAIN
    pattern = _pattern(cause.subject)
    if pattern.strip("*") and pattern.strip("*") != ".py":
        configured = name in site.invocation.settings
        change = add_to_pytest(site, name, pattern, () if configured else allowed)
        if change is not None:
            yield Fix(
                "widen",
                f"add '{pattern}' to {name} in {site.show(change.path)}",
                (change,),
                choice=unsure or "*" not in pattern,
            )
    yield from _renamed(cause, name, allowed, site)


def _pattern(subject: str) -> str:
    """What to add: the pattern itself; for one definition its way of naming, else its own name."""
    name = subject.rpartition("::")[2].rpartition("/")[2]
    if "*" in name:
        return name
    stem, dot, suffix = name.partition(".")
    words = _WORD.findall(stem)
    separator = "_" if "_" in stem else ""
    if len(words) > 1 and words[-1].casefold() in _TEST_WORDS:
        return f"*{separator}{words[-1]}{dot}{suffix}"
    if len(words) > 1 and words[0].casefold() in _TEST_WORDS:
        return f"{words[0]}{separator}*{dot}{suffix}"
    return name


def _renamed(cause: Cause, setting: str, allowed: tuple[str, ...], site: Site) -> Iterator[Fix]:
    """Each definition of the cause under a name that the setting takes, wherever no other file knows the old one."""
    if setting == "python_files":
        return
    losses = [each for each in site.collection.losses if _is_of(each, cause)]
    changes: dict[str, FileChange] = {}
    for loss in losses:
        path, old = loss.culprit.path, loss.subject.rpartition("::")[2]
        new = matching_name(old, allowed)
        known = changes.get(path)
        before = site.read(path) if known is None else known.after
        source = read_source(before) if before is not None and site.may_change(path) else None
        if not new or source is None or set(site.mentioning(old)) != {path}:
            return
        text = rename_everywhere(source.text, loss.culprit.line, old, new)
        after = source.encode(text) if text is not None else None
        if after is None:
            return
        changes[path] = FileChange(path, site.read(path), after)
    if not changes:
        return
    old = losses[0].subject.rpartition("::")[2]
    first = f"'{old}' to '{matching_name(old, allowed)}'"
    more = f" and {len(losses) - 1} more alike" if len(losses) > 1 else ""
    where = site.show(losses[0].culprit.path) if len(changes) == 1 else f"{len(changes)} files"
    yield Fix("rename", f"rename {first}{more} in {where}", tuple(changes.values()), choice=True)


def _is_of(loss: Loss, cause: Cause) -> bool:
    if loss.kind != "M403":
        return False
    return cause.subject in (loss.subject, loss.root) or _pattern(loss.subject) == cause.subject


def matching_name(name: str, allowed: tuple[str, ...]) -> str:
    """`name` as the first prefix among the patterns `allowed` takes it, its own word for a test moved to the front; ""
    where no pattern is a prefix."""
    prefix = next((each.removesuffix("*") for each in allowed if each.removesuffix("*").isidentifier()), "")
    words = _WORD.findall(name)
    if not prefix:
        return ""
    stem = name
    if len(words) > 1 and words[-1].casefold() in ("test", "tests", "testcase"):
        stem = name.removesuffix(words[-1]).rstrip("_")
    separator = "_" if prefix.islower() and not prefix.endswith("_") else ""
    return f"{prefix}{separator}{stem}"


def rename_everywhere(text: str, line: int, old: str, new: str) -> str | None:
    """`text` with the definition `old` at `line` called `new`, and every use of it in the file; None where `new` is taken."""
    tree = parse_tree(text)
    if tree is None or re.search(rf"\b{re.escape(new)}\b", text):
        return None
    places = Places(text)
    uses = [
        Edit(places.start(node), places.end(node), new)
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == old
    ]
    changed = rename_definition(text, line, old, new)
    if changed is None or not uses:
        return changed
    definition = next(
        node for node in ast.walk(tree) if isinstance(node, Definition) and node.name == old and node.lineno >= line
    )
    at = text.index(old, places.start(definition))
    return apply_edits(text, [*uses, Edit(at, at + len(old), new)])
