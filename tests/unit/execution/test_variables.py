"""Whoever reads a variable of the simulated process is noted, however that is spelled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from muster.execution.values import DictValue
from muster.execution.variables import Variables

ONE: dict[str, Callable[[Variables], Any]] = {
    "item": lambda variables: variables["A"],
    "get": lambda variables: variables.get("A"),
    "in": lambda variables: "A" in variables,
    "pop": lambda variables: variables.pop("A"),
    "setdefault": lambda variables: variables.setdefault("A", ""),
    "del": lambda variables: variables.__delitem__("A"),
}
ALL: dict[str, Callable[[Variables], Any]] = {
    "for": list,
    "reversed": lambda variables: list(reversed(variables)),
    "len": len,
    "bool": bool,
    "keys": lambda variables: variables.keys(),
    "values": lambda variables: variables.values(),
    "items": lambda variables: variables.items(),
    "copy": lambda variables: variables.copy(),
    "dict": dict,
    "DictValue": DictValue,
    "update": lambda variables: {}.update(variables),
    "**": lambda variables: {**variables},
    "|": lambda variables: variables | {},
    "| from the right": lambda variables: {} | variables,
    "==": lambda variables: variables == {},
    "!=": lambda variables: variables != {},
    "popitem": lambda variables: variables.popitem(),
    "sorted": sorted,
}


@pytest.mark.parametrize("way", ONE)
def test_one_that_is_asked_for(way: str) -> None:
    variables = Variables({"A": "1", "B": "2"})
    ONE[way](variables)
    assert (variables.looked, variables.seen_whole) == ({"A"}, False)


@pytest.mark.parametrize("way", ALL)
def test_all_of_them(way: str) -> None:
    variables = Variables({"A": "1", "B": "2"})
    ALL[way](variables)
    assert variables.seen_whole


def test_every_way_to_read_a_dictionary_is_known() -> None:
    """A new method of `dict` would read past us."""
    writing = {"__setitem__", "update", "clear", "__ior__", "__delitem__"}
    inherited = {
        "__repr__",
        "__sizeof__",
        "__class_getitem__",
        "fromkeys",
        "__hash__",
        "__new__",
        "__init__",
        "__doc__",
    }
    comparing = {"__lt__", "__le__", "__gt__", "__ge__", "__getattribute__"}  # a dictionary has no order
    assert vars(dict).keys() - vars(Variables).keys() - writing - inherited - comparing == set()


def test_our_own_copy_is_not_noted() -> None:
    variables = Variables({"A": "1"})
    assert variables.content() == {"A": "1"}
    assert (variables.looked, variables.seen_whole) == (set(), False)
