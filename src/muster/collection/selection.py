"""Which items are left after `-k`, `-m` and `--deselect` (`_pytest/mark/__init__.py`, `_pytest/main.py`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from muster.collection.nodes import FolderNode, ItemNode, SessionNode
from muster.collection.outcomes import usage_error
from muster.execution.values import Mark
from muster.invocation.expressions import Expression, ExpressionRefused, MarkFact, parse_expression
from muster.model.invocation import Invocation


@dataclass(slots=True)
class Selection:
    """The items that stay, those that are deselected, and those about which it is not known."""

    items: list[ItemNode]
    deselected: list[ItemNode] = field(default_factory=list)
    unknown: list[ItemNode] = field(default_factory=list)


def select(items: Sequence[ItemNode], invocation: Invocation) -> Selection:
    """What `-k`, `-m` and `--deselect` leave, in order. Raises `Raised` (UsageError) for a malformed expression."""
    selection = Selection(list(items))
    keyword, markexpr = (
        _parsed(invocation.keyword.lstrip(), "-k", invocation),
        _parsed(invocation.markexpr, "-m", invocation),
    )
    prefixes = tuple(invocation.deselect)
    if prefixes:
        _keep(selection, [not item.nodeid.startswith(prefixes) for item in selection.items])
    if keyword is not None:
        _keep(selection, [keyword.matches_names(_keywords(item, invocation)) for item in selection.items])
    if markexpr is not None:
        _keep(selection, [_matches_marks(markexpr, item) for item in selection.items])
    return selection


def _parsed(text: str, option: str, invocation: Invocation) -> Expression | None:
    if not text:
        return None
    try:
        return parse_expression(text, option, invocation.pytest_version)
    except ExpressionRefused as refused:
        raise usage_error(str(refused)) from None


def _keep(selection: Selection, truths: Sequence[bool | None]) -> None:
    kept = []
    for item, truth in zip(selection.items, truths, strict=True):
        if truth is False:
            selection.deselected.append(item)
        else:
            kept.append(item)
            if truth is None:
                selection.unknown.append(item)
    selection.items = kept


def _keywords(item: ItemNode, invocation: Invocation) -> Iterator[str]:
    """The names that `-k` sees (`KeywordMatcher.from_item`)."""
    for node in item.chain():
        is_top = isinstance(node, FolderNode) and isinstance(node.parent, SessionNode)
        if not isinstance(node, SessionNode) and not is_top:
            yield node.name
    if item.function is not None:
        for name in item.function.attributes:
            if invocation.pytest_version < (9, 2) or not (name.startswith("_") or name == "pytestmark"):
                yield name
    yield from (mark.name for mark in item.marks())


def _matches_marks(expression: Expression, item: ItemNode) -> bool | None:
    truth = expression.matches_marks(list(mark_facts(item.marks())))
    unsure = any(node.marks_unsure for node in item.lineage())
    return None if unsure and not truth else truth


def mark_facts(marks: Iterable[Mark]) -> Iterator[MarkFact]:
    """Marks as expressions see them: arguments that are no plain constants are not compared."""
    plain = (str, int, bool, float, type(None))
    for mark in marks:
        is_known = all(isinstance(value, plain) for value in mark.kwargs.values())
        yield MarkFact(mark.name, dict(mark.kwargs) if is_known else None)
