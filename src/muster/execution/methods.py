"""Methods of constants, containers, paths and the search path."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from muster.execution import operations, searchpath
from muster.execution.machine import Machine
from muster.execution.values import (
    MISSING,
    UNKNOWN,
    DictValue,
    IteratorValue,
    ListValue,
    Native,
    SetValue,
    TupleValue,
    Value,
)
from muster.ports import EntryKind, ReadFailure
from muster.trees.globbing import glob_below

Args = tuple[Value, ...]
Kwargs = dict[str, Value]


def method_of(machine: Machine, value: Value, name: str) -> Value:
    """The method (or data attribute) `name` of a constant, container or path; `MISSING` where it is not modelled."""
    if isinstance(value, ListValue):
        return _list_method(machine, value, name)
    if isinstance(value, DictValue):
        return _bound(_DICT, "dict", value, name)
    if isinstance(value, SetValue):
        return _bound(_SET, "set", value, name)
    if isinstance(value, PurePosixPath):
        return _path_member(machine, value, name)
    if isinstance(value, (str, bytes, int, float, complex, range, tuple)):
        return _constant_method(value, name)
    return MISSING


def _bound(table: dict[str, Any], kind: str, value: Value, name: str) -> Value:
    method = table.get(name)
    if method is None:
        return MISSING
    return Native(f"{kind}.{name}", lambda machine, args, kwargs: method(machine, value, args, kwargs))


# Constants.


def _constant_method(value: Any, name: str) -> Value:
    attribute = getattr(value, name, MISSING) if not name.startswith("__") else MISSING
    if attribute is MISSING:
        return MISSING
    if not callable(attribute):
        return operations.wrap(attribute)
    kind = "tuple" if isinstance(value, tuple) else type(value).__name__

    def run(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
        return _compute(machine, value, name, args, kwargs)

    return Native(f"{kind}.{name}", run)


def _compute(machine: Machine, value: Any, name: str, args: Args, kwargs: Kwargs) -> Value:
    args = tuple(_listed(machine, arg) for arg in args)
    if not all(operations.is_constant(arg) for arg in (*args, *kwargs.values())) or _is_large(value, name, args):
        return UNKNOWN
    try:
        return operations.wrap(getattr(value, name)(*args, **kwargs))
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError) as failure:
        if isinstance(value, str) and name in ("format", "format_map"):
            return UNKNOWN
        raise machine.error(type(failure).__name__, str(failure)) from None


def _listed(machine: Machine, arg: Value) -> Value:
    if isinstance(arg, IteratorValue):
        elements = machine.iterate(arg)
        return UNKNOWN if elements is None else ListValue(elements)
    return arg


def _is_large(value: Any, name: str, args: Args) -> bool:
    if name in ("ljust", "rjust", "center", "zfill", "expandtabs", "to_bytes"):
        return any(isinstance(arg, int) and arg > operations.SIZE_LIMIT for arg in args)
    if name in ("join", "replace", "format"):
        size = sum(len(arg) for arg in args if isinstance(arg, (str, bytes)))
        return len(value if isinstance(value, (str, bytes)) else ()) * max(size, 1) > 50 * operations.SIZE_LIMIT
    return False


# Lists, `sys.path` among them.


def _list_method(machine: Machine, value: ListValue, name: str) -> Value:
    if value is machine.sys_path and name in _SEARCH_PATH:
        change = _SEARCH_PATH[name]
        return Native(f"sys.path.{name}", lambda machine, args, kwargs: change(machine, args))
    return _bound(_LIST, "list", value, name)


def _search_path_pop(machine: Machine, args: Args) -> Value:
    key = args[0] if args else -1
    popped = (
        machine.sys_path[key]
        if isinstance(key, int) and -len(machine.sys_path) <= key < len(machine.sys_path)
        else UNKNOWN
    )
    searchpath.delete(machine, key)
    return popped


def _search_path_clear(machine: Machine, args: Args) -> Value:
    searchpath.assign(machine, ListValue())
    return None


_SEARCH_PATH: dict[str, Callable[[Machine, Args], Value]] = {
    "insert": lambda machine, args: searchpath.insert(machine, args[0], args[1]) if len(args) == 2 else None,
    "append": lambda machine, args: searchpath.append(machine, args[0]) if len(args) == 1 else None,
    "extend": lambda machine, args: searchpath.extend(machine, args[0]) if len(args) == 1 else None,
    "remove": lambda machine, args: searchpath.remove(machine, args[0]) if len(args) == 1 else None,
    "pop": _search_path_pop,
    "clear": _search_path_clear,
}


def _append(machine: Machine, value: ListValue, args: Args, kwargs: Kwargs) -> Value:
    value.append(args[0] if args else UNKNOWN)
    value.unsure |= bool(machine.unsure)
    return None


def _extend(machine: Machine, value: ListValue, args: Args, kwargs: Kwargs) -> Value:
    elements = machine.iterate(args[0]) if args else None
    if elements is None:
        value.unsure = True
    else:
        value.extend(elements)
        value.unsure |= bool(machine.unsure)
    return None


def _insert(machine: Machine, value: ListValue, args: Args, kwargs: Kwargs) -> Value:
    if len(args) == 2 and isinstance(args[0], int):
        value.insert(args[0], args[1])
        value.unsure |= bool(machine.unsure)
    else:
        value.unsure = True
    return None


def _remove(machine: Machine, value: ListValue, args: Args, kwargs: Kwargs) -> Value:
    if args and operations.is_constant(args[0]) and operations.is_constant(value):
        if args[0] not in value:
            raise machine.error("ValueError", "list.remove(x): x not in list")
        value.remove(args[0])
        value.unsure |= bool(machine.unsure)
    elif args and operations.is_own_identity(args[0]) and any(element is args[0] for element in value):
        value[:] = _without_first(value, args[0])
        value.unsure |= bool(machine.unsure)
    else:
        value.unsure = True
    return None


def _without_first(value: ListValue, gone: Value) -> list[Value]:
    place = next(place for place, element in enumerate(value) if element is gone)
    return [*value[:place], *value[place + 1 :]]


def _pop_list(machine: Machine, value: ListValue, args: Args, kwargs: Kwargs) -> Value:
    key = args[0] if args else -1
    if value.unsure or not isinstance(key, int):
        value.unsure = True
        return UNKNOWN
    if not -len(value) <= key < len(value):
        raise machine.error("IndexError", "pop index out of range" if value else "pop from empty list")
    value.unsure |= bool(machine.unsure)
    return value.pop(key)


def _sort(machine: Machine, value: ListValue, args: Args, kwargs: Kwargs) -> Value:
    elements = sorted_elements(machine, list(value), kwargs)
    value[:] = value if elements is None else elements
    value.unsure |= elements is None or bool(machine.unsure)
    return None


def sorted_elements(machine: Machine, elements: list[Value], kwargs: Kwargs) -> list[Value] | None:
    """`sorted(elements, **kwargs)`, or None where the order is not known."""
    key, reverse = kwargs.get("key"), kwargs.get("reverse", False)
    keys = elements if key is None else [machine.call(key, (element,), {}) for element in elements]
    if not all(operations.is_constant(each) for each in keys) or not isinstance(reverse, (bool, int)):
        return None
    try:
        order = sorted(range(len(elements)), key=lambda place: keys[place], reverse=bool(reverse))
    except TypeError as failure:
        raise machine.error("TypeError", str(failure)) from None
    return [elements[place] for place in order]


def _reverse(machine: Machine, value: ListValue, args: Args, kwargs: Kwargs) -> Value:
    value.reverse()
    value.unsure |= bool(machine.unsure)
    return None


def _copy_list(machine: Machine, value: ListValue, args: Args, kwargs: Kwargs) -> Value:
    return ListValue(value, value.unsure)


def _clear(machine: Machine, value: Any, args: Args, kwargs: Kwargs) -> Value:
    value.clear()
    value.unsure = bool(machine.unsure)
    return None


def _index_of(machine: Machine, value: ListValue, args: Args, kwargs: Kwargs) -> Value:
    if args and operations.is_constant(args[0]) and operations.is_constant(value):
        if args[0] in value:
            return value.index(args[0])
        raise machine.error("ValueError", f"{operations.repr_of(args[0])} is not in list")
    return UNKNOWN


def _count(machine: Machine, value: ListValue, args: Args, kwargs: Kwargs) -> Value:
    return (
        value.count(args[0]) if args and operations.is_constant(args[0]) and operations.is_constant(value) else UNKNOWN
    )


_LIST: dict[str, Any] = {
    "append": _append, "extend": _extend, "insert": _insert, "remove": _remove, "pop": _pop_list, "sort": _sort,
    "reverse": _reverse, "copy": _copy_list, "clear": _clear, "index": _index_of, "count": _count,
}  # fmt: skip


# Dicts.


def _get(machine: Machine, value: DictValue, args: Args, kwargs: Kwargs) -> Value:
    if not args or not _is_key(args[0]):
        return UNKNOWN
    if machine.trace is not None:
        operations.trace_lookup(machine, machine.trace, value, args[0])
    if args[0] in value:
        return value[args[0]]
    if value.unsure or not operations.is_constant(args[0]):
        return UNKNOWN
    return args[1] if len(args) > 1 else kwargs.get("default")


def _is_key(key: Value) -> bool:
    return key is not UNKNOWN and not isinstance(key, (ListValue, DictValue, SetValue))


def _setdefault(machine: Machine, value: DictValue, args: Args, kwargs: Kwargs) -> Value:
    if not args or not _is_key(args[0]):
        value.unsure = True
        return UNKNOWN
    if machine.trace is not None and value is machine.environ:
        machine.trace.written[machine.running_file].add(args[0])
    if args[0] not in value:
        if value.unsure:
            return UNKNOWN
        value[args[0]] = args[1] if len(args) > 1 else None
        value.unsure |= bool(machine.unsure)
    return value[args[0]]


def _pop_dict(machine: Machine, value: DictValue, args: Args, kwargs: Kwargs) -> Value:
    if not args or not _is_key(args[0]):
        value.unsure = True
        return UNKNOWN
    if args[0] in value:
        return value.pop(args[0])
    if value.unsure or len(args) > 1:
        return args[1] if len(args) > 1 and not value.unsure else UNKNOWN
    raise machine.error("KeyError", operations.repr_of(args[0]) or "")


def _update(machine: Machine, value: DictValue, args: Args, kwargs: Kwargs) -> Value:
    if machine.trace is not None and value is machine.environ:
        machine.trace.written[machine.running_file].update(kwargs, *(arg for arg in args if isinstance(arg, DictValue)))
    for arg in args:
        if isinstance(arg, DictValue):
            value.update(arg)
            value.unsure |= arg.unsure
        else:
            pairs = machine.iterate(arg)
            if pairs is not None and all(
                isinstance(pair, tuple) and len(pair) == 2 and _is_key(pair[0]) for pair in pairs
            ):
                value.update(pairs)
            else:
                value.unsure = True
    value.update(kwargs)
    value.unsure |= bool(machine.unsure)
    return None


_DICT: dict[str, Any] = {
    "get": _get, "setdefault": _setdefault, "pop": _pop_dict, "update": _update, "clear": _clear,
    "keys": lambda machine, value, args, kwargs: ListValue(value, value.unsure),
    "values": lambda machine, value, args, kwargs: ListValue(value.values(), value.unsure),
    "items": lambda machine, value, args, kwargs: ListValue((TupleValue(pair) for pair in value.items()), value.unsure),
    "copy": lambda machine, value, args, kwargs: DictValue(value, value.unsure),
}  # fmt: skip


# Sets.


def _add(machine: Machine, value: SetValue, args: Args, kwargs: Kwargs) -> Value:
    if args and _is_key(args[0]):
        value.add(args[0])
    else:
        value.unsure = True
    value.unsure |= bool(machine.unsure)
    return None


def _combine(name: str) -> Callable[[Machine, SetValue, Args, Kwargs], Value]:
    def run(machine: Machine, value: SetValue, args: Args, kwargs: Kwargs) -> Value:
        others = [machine.iterate(arg) for arg in args]
        if any(other is None for other in others) or value.unsure:
            if name == "update":
                value.unsure = True
                return None
            return SetValue((), True)
        combined = getattr(set(value), name)(*others)
        if name == "update":
            for other in others:
                value.update(other or ())
            return None
        return SetValue(combined, frozen=value.frozen) if isinstance(combined, set) else combined

    return run


_SET: dict[str, Any] = {
    "add": _add, "clear": _clear, "copy": lambda machine, value, args, kwargs: SetValue(value, value.unsure),
    **{name: _combine(name) for name in (
        "union", "difference", "intersection", "symmetric_difference", "update", "issubset", "issuperset", "isdisjoint",
    )},
}  # fmt: skip


# Paths: the tree answers, never the host.


def _path_member(machine: Machine, path: PurePosixPath, name: str) -> Value:
    if name in _PATH_DATA:
        value = getattr(path, name)
        return TupleValue(value) if name in ("parents", "parts", "suffixes") else value
    if name in _PATH_PURE:
        return Native(f"pathlib.Path.{name}", lambda machine, args, kwargs: _pure(machine, path, name, args, kwargs))
    method = _PATH.get(name)
    if method is not None:
        return Native(f"pathlib.Path.{name}", lambda machine, args, kwargs: method(machine, path, args, kwargs))
    return MISSING


_PATH_DATA = ("parent", "parents", "parts", "name", "stem", "suffix", "suffixes", "root", "drive", "anchor")
_PATH_PURE = (
    "joinpath",
    "with_suffix",
    "with_name",
    "with_stem",
    "relative_to",
    "as_posix",
    "is_absolute",
    "match",
    "is_relative_to",
    "as_uri",
)


def _pure(machine: Machine, path: PurePosixPath, name: str, args: Args, kwargs: Kwargs) -> Value:
    if not all(isinstance(arg, (str, PurePosixPath)) for arg in args) or kwargs:
        return UNKNOWN
    try:
        return getattr(path, name)(*args)
    except (ValueError, TypeError) as failure:
        raise machine.error(type(failure).__name__, str(failure)) from None


def absolute(machine: Machine, path: PurePosixPath | str) -> str:
    """`path` as an absolute one, from the working directory; `..` is kept."""
    return posixpath.join(machine.cwd, str(path))


def resolved(machine: Machine, path: PurePosixPath | str) -> str:
    """`os.path.realpath(path)` over the tree."""
    return machine.tree.real_path(absolute(machine, path))


def kind_of(machine: Machine, path: PurePosixPath | str) -> EntryKind | None:
    """What stands at `path` in the tree."""
    return machine.tree.kind(posixpath.normpath(absolute(machine, path)))


def _read_text(machine: Machine, path: PurePosixPath, args: Args, kwargs: Kwargs) -> Value:
    if any(isinstance(arg, str) and arg.lower().replace("-", "") != "utf8" for arg in (*args, *kwargs.values())):
        return UNKNOWN
    try:
        return machine.tree.read(posixpath.normpath(absolute(machine, path))).decode("utf-8")
    except (ReadFailure, UnicodeDecodeError):
        return UNKNOWN


def _iterdir(machine: Machine, path: PurePosixPath, args: Args, kwargs: Kwargs) -> Value:
    folder = posixpath.normpath(absolute(machine, path))
    if machine.tree.kind(folder) is not EntryKind.FOLDER:
        return IteratorValue(None)
    machine.gave_listings = True
    return IteratorValue([path / name for name in sorted(machine.tree.listing(folder))])


def _glob(recursive: bool) -> Callable[[Machine, PurePosixPath, Args, Kwargs], Value]:
    def run(machine: Machine, path: PurePosixPath, args: Args, kwargs: Kwargs) -> Value:
        if len(args) != 1 or not isinstance(args[0], str) or kwargs:
            return IteratorValue(None)
        pattern = f"**/{args[0]}" if recursive else args[0]
        folder = posixpath.normpath(absolute(machine, path))
        machine.gave_listings = True
        try:
            found = glob_below(machine.tree, folder, pattern, machine.version[:2])
        except (ValueError, NotImplementedError) as failure:
            raise machine.error(type(failure).__name__, str(failure)) from None
        if len(found) > operations.SIZE_LIMIT:
            return IteratorValue(None)
        return IteratorValue([path / posixpath.relpath(each, folder) for each in found])

    return run


_PATH: dict[str, Any] = {
    "exists": lambda machine, path, args, kwargs: kind_of(machine, path) is not None,
    "is_file": lambda machine, path, args, kwargs: kind_of(machine, path) is EntryKind.FILE,
    "is_dir": lambda machine, path, args, kwargs: kind_of(machine, path) is EntryKind.FOLDER,
    "resolve": lambda machine, path, args, kwargs: PurePosixPath(resolved(machine, path)),
    "absolute": lambda machine, path, args, kwargs: PurePosixPath(absolute(machine, path)),
    "expanduser": lambda machine, path, args, kwargs: path if not str(path).startswith("~") else UNKNOWN,
    "read_text": _read_text,
    "iterdir": _iterdir,
    "glob": _glob(False),
    "rglob": _glob(True),
    "__str__": lambda machine, path, args, kwargs: str(path),
    "__fspath__": lambda machine, path, args, kwargs: str(path),
}
