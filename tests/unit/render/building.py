"""A value of any type of the model, in which every text is the one that is wanted."""

from __future__ import annotations

import dataclasses
import enum
import functools
import types
import typing
from collections.abc import Mapping
from typing import Any

import msgspec


def built(type_: Any, text: str) -> Any:
    """A value of `type_` with `text` in the place of every text, and one of everything that it can hold several of."""
    origin, arguments = typing.get_origin(type_), typing.get_args(type_)
    if type_ is str:
        return text
    if type_ in (bool, int, float):
        return type_(1)
    if origin is typing.Literal:
        return arguments[0]
    if origin in (typing.Union, types.UnionType):
        return built(next(argument for argument in arguments if argument is not type(None)), text)
    if origin in (tuple, frozenset):
        return origin(variants(arguments[0], text))
    if origin in (dict, Mapping):
        return {built(arguments[0], text): built(arguments[1], text)}
    if isinstance(type_, type) and issubclass(type_, enum.Enum):
        return next(iter(type_))
    if dataclasses.is_dataclass(type_) or issubclass(type_, msgspec.Struct):
        return type_(**{name: built(hint, text) for name, hint in fields(type_).items()})
    raise TypeError(f"cannot build a {type_}")


def variants(type_: Any, text: str) -> list[Any]:
    """A `type_` for each value that each of its literals can have: renderers tell some of them apart."""
    first = built(type_, text)
    if not isinstance(first, msgspec.Struct):
        return [first]
    literals = {
        name: typing.get_args(hint) for name, hint in fields(type_).items() if typing.get_origin(hint) is typing.Literal
    }
    more = [
        msgspec.structs.replace(first, **{name: value}) for name, values in literals.items() for value in values[1:]
    ]
    return [first, *more]


@functools.cache
def fields(type_: type) -> dict[str, Any]:
    """The fields of a struct or data class with their types."""
    hints = typing.get_type_hints(type_)
    names = (
        [each.name for each in dataclasses.fields(type_)]
        if dataclasses.is_dataclass(type_)
        else type_.__struct_fields__
    )
    return {name: hints[name] for name in names}
