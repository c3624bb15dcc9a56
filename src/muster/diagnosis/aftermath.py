"""Failures that are only the aftermath of an earlier one: a module that broke halfway and is met again.

pytest's `importlib` mode leaves a module that failed in `sys.modules` (`_pytest/pathlib.py`,
`_import_module_using_spec`). Whoever imports it later meets it half done and cannot import what stands below the
statement that failed. That is the first failure's cause, however the message reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from muster.diagnosis.roots import Root
from muster.facts.module_facts import ModuleFacts
from muster.index.bindings import binding_of
from muster.model.collection import NameMissing


def fold_aftermath(roots: Iterable[Root], facts: Callable[[str], ModuleFacts]) -> tuple[Root, ...]:
    """`roots` with those that are an earlier root's aftermath folded into it."""
    kept: dict[tuple[str, ...], Root] = {}
    broken: dict[str, tuple[int, tuple[str, ...]]] = {}
    for root in roots:
        origin = _origin(root, broken, facts)
        if origin is None:
            kept[root.key] = root
            _remember(root, broken)
        else:
            kept[origin] = replace(kept[origin], failures=(*kept[origin].failures, *root.failures))
    return tuple(kept.values())


def _origin(
    root: Root, broken: dict[str, tuple[int, tuple[str, ...]]], facts: Callable[[str], ModuleFacts]
) -> tuple[str, ...] | None:
    """The key of the root that left the module half done, where the name stands below the statement that failed."""
    detail = root.detail
    if not isinstance(detail, NameMissing) or detail.cycle or detail.module_file not in broken:
        return None
    line, key = broken[detail.module_file]
    bound = binding_of(facts(detail.module_file), detail.name)
    return key if bound is not None and bound.line >= line else None


def _remember(root: Root, broken: dict[str, tuple[int, tuple[str, ...]]]) -> None:
    for failure in root.failures:
        for frame in failure.exception.frames:
            broken.setdefault(frame.path, (frame.line, root.key))
