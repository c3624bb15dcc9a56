"""The order that higher-scoped parameters force upon items (`reorder_items` in `_pytest/fixtures.py`)."""

from __future__ import annotations

import posixpath
from collections import OrderedDict, defaultdict, deque
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from muster.collection.nodes import ItemNode
from muster.collection.scopes import HIGH_SCOPES, Scope
from muster.execution.values import DictValue, ListValue, SetValue, Value

Key = tuple[Hashable, ...]
Ordered = dict[ItemNode, None]


@dataclass(slots=True)
class _Index:
    """The parameters that items use, by scope."""

    keys_of: dict[Scope, dict[ItemNode, dict[Key, None]]]
    items_with: dict[Scope, dict[Key, OrderedDict[ItemNode, None]]]


def reordered(items: Sequence[ItemNode], version: tuple[int, int, int]) -> list[ItemNode]:
    """The items so that tests with the same parameter of a high scope stand together."""
    if not any(item.callspec is not None and any(item.callspec.scopes.values()) for item in items):
        return list(dict.fromkeys(items))
    index = _Index({}, {})
    for scope in HIGH_SCOPES:
        keys_of: dict[ItemNode, dict[Key, None]] = {}
        items_with: dict[Key, OrderedDict[ItemNode, None]] = defaultdict(OrderedDict)
        index.keys_of[scope], index.items_with[scope] = keys_of, items_with
        for item in items:
            keys = dict.fromkeys(_keys(item, scope, version))
            if keys:
                keys_of[item] = keys
                for key in keys:
                    items_with[key][item] = None
    return list(_reordered_at(dict.fromkeys(items), index, Scope.SESSION))


def _keys(item: ItemNode, scope: Scope, version: tuple[int, int, int]) -> Iterator[Key]:
    """What identifies the parameters of `scope` that the item uses (`get_param_argkeys`)."""
    call = item.callspec
    if call is None:
        return
    where = _scope_path(item, scope, version)
    # pytest 8.0 to 8.2 sort the names, later ones take them in the order of parametrization.
    for name in sorted(call.indices) if version < (8, 3) else call.indices:
        if call.scopes[name] == scope:
            value: Hashable = call.indices[name]
            if version >= (9, 2):
                value = _value_key(call.params[name], call.indices[name])
            yield (name, value, where, id(item.cls) if scope is Scope.CLASS else None)


def _scope_path(item: ItemNode, scope: Scope, version: tuple[int, int, int]) -> str | None:
    if scope is Scope.SESSION:
        return None
    if scope is Scope.PACKAGE and version >= (8, 3):
        return posixpath.dirname(item.path)
    return item.path


def _value_key(value: Value, index: int) -> Hashable:
    """`ParamValueKey` of pytest 9.2: hashable values by value and type, others by index."""
    if isinstance(value, (ListValue, DictValue, SetValue)):
        return ("index", index)
    try:
        hash(value)
    except TypeError:
        return ("index", index)
    return ("value", type(value), value)


def _reordered_at(items: Ordered, index: _Index, scope: Scope) -> Ordered:
    if scope is Scope.FUNCTION or len(items) < 3:
        return items
    ignored: set[Key] = set()
    waiting = deque(items)
    done: Ordered = {}
    while waiting:
        without, slicing = _next_slice(waiting, done, items, index, scope, ignored)
        if without:
            done.update(_reordered_at(without, index, scope.next_lower))
        if slicing is not None:
            ignored.add(slicing)
    return done


def _next_slice(
    waiting: deque[ItemNode], done: Ordered, items: Ordered, index: _Index, scope: Scope, ignored: set[Key]
) -> tuple[Ordered, Key | None]:
    """The items up to the next one with a parameter of this scope, and that parameter; its users move to the front."""
    without: Ordered = {}
    while waiting:
        item = waiting.popleft()
        if item in done or item in without:
            continue
        keys = [key for key in index.keys_of[scope].get(item, ()) if key not in ignored]
        if not keys:
            without[item] = None
            continue
        slicing = keys[-1]
        matching = [other for other in index.items_with[scope][slicing] if other in items]
        for other in reversed(matching):
            waiting.appendleft(other)
            _move_to_front(other, index)
        return without, slicing
    return without, None


def _move_to_front(item: ItemNode, index: _Index) -> None:
    for scope in HIGH_SCOPES:
        for key in index.keys_of[scope].get(item, ()):
            users = index.items_with[scope][key]
            users[item] = None
            users.move_to_end(item, last=False)
