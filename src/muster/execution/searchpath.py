"""`sys.path` as a list of the simulated process, every change of it recorded with the statement that made it."""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath

from muster.execution.machine import Machine
from muster.execution.values import UNKNOWN, Value
from muster.model.collection import PathEffect
from muster.model.location import Location


def insert(machine: Machine, position: Value, entry: Value) -> None:
    """`sys.path.insert(position, entry)`."""
    text = _entry(machine, entry)
    if text is None:
        return
    place = position if isinstance(position, int) else 0
    machine.sys_path.insert(place, text)
    _record(machine, "insert", text, place if place >= 0 else max(0, len(machine.sys_path) - 1 + place))


def append(machine: Machine, entry: Value) -> None:
    """`sys.path.append(entry)`."""
    text = _entry(machine, entry)
    if text is not None:
        machine.sys_path.append(text)
        _record(machine, "append", text, len(machine.sys_path) - 1)


def extend(machine: Machine, entries: Value) -> None:
    """`sys.path.extend(entries)` and `sys.path += entries`."""
    elements = machine.iterate(entries)
    if elements is None:
        machine.path_trusted = False
        return
    for entry in elements:
        append(machine, entry)


def remove(machine: Machine, entry: Value) -> None:
    """`sys.path.remove(entry)`."""
    if not isinstance(entry, str):
        machine.path_trusted = False
    elif entry in machine.sys_path:
        place = machine.sys_path.index(entry)
        machine.sys_path.remove(entry)
        _record(machine, "remove", entry, place)
    else:
        raise machine.error("ValueError", "list.remove(x): x not in list")


def delete(machine: Machine, key: Value) -> None:
    """`del sys.path[key]` and `sys.path.pop(key)`."""
    if not isinstance(key, (int, slice)):
        machine.path_trusted = False
        return
    try:
        gone = machine.sys_path[key]
        del machine.sys_path[key]
    except IndexError:
        raise machine.error("IndexError", "list assignment index out of range") from None
    for entry in [gone] if isinstance(gone, str) else gone:
        _record(machine, "remove", entry, key if isinstance(key, int) else 0)


def assign(machine: Machine, entries: Value) -> None:
    """`sys.path = entries`."""
    elements = machine.iterate(entries)
    if elements is None:
        machine.path_trusted = False
        return
    before = list(machine.sys_path)
    after = [text for entry in elements if (text := _entry(machine, entry)) is not None]
    machine.sys_path[:] = after
    for place, entry in enumerate(after):
        if entry not in before:
            _record(machine, "insert" if place == 0 else "assign", entry, place)
    for place, entry in enumerate(before):
        if entry not in after:
            _record(machine, "remove", entry, place)


def assign_slice(machine: Machine, key: Value, value: Value) -> None:
    """`sys.path[key] = value`."""
    elements = machine.iterate(value) if isinstance(key, slice) else None
    if isinstance(key, slice) and elements is not None:
        whole = list(machine.sys_path)
        whole[key] = elements
        from muster.execution.values import ListValue

        assign(machine, ListValue(whole))
    elif isinstance(key, int) and isinstance(value, str) and -len(machine.sys_path) <= key < len(machine.sys_path):
        machine.sys_path[key] = value
        _record(machine, "insert", value, key)
    else:
        machine.path_trusted = False


def _entry(machine: Machine, entry: Value) -> str | None:
    if isinstance(entry, str):
        return entry
    if entry is UNKNOWN or not isinstance(entry, PurePosixPath):
        # An entry that is not known may hold anything from here on.
        machine.path_trusted = False
    # `PathFinder` skips entries that are no strings: a `Path` on `sys.path` has no effect.
    return None


def search_entries(machine: Machine) -> list[str]:
    """`sys.path` as absolute folders, in order: "" and relative entries are taken from the working directory."""
    return [
        posixpath.normpath(posixpath.join(machine.cwd, entry)) if not entry.startswith("/") or "/." in entry else entry
        for entry in machine.sys_path
        if isinstance(entry, str)
    ]


def _record(machine: Machine, kind: str, entry: str, place: int) -> None:
    scope = machine.here
    location = Location(scope.file, scope.line) if scope is not None else Location("")
    machine.effects.append(PathEffect(kind, entry, place, location, machine.during))
