"""The value that one file yields, and its encoding for the cache."""

from __future__ import annotations

from typing import Any

import msgspec

FORMAT = 1
"""Raised whenever the IR or the structs below change, so that older records are misses."""


class SyntaxProblem(msgspec.Struct, frozen=True, array_like=True):
    """Why a file does not parse, as the target's own parser says it.

    `type` is `SyntaxError`, `IndentationError`, `TabError`, `UnicodeDecodeError`, `ValueError`, `RecursionError` or
    `MemoryError`; `message` is `str(exception)` as pytest shows it.
    """

    type: str
    message: str
    line: int = 0
    column: int = 0
    text: str = ""


class Directive(msgspec.Struct, frozen=True, array_like=True):
    """A `# muster: ignore[M402,M407] reason` comment."""

    line: int
    codes: tuple[str, ...]
    reason: str


class ModuleFacts(msgspec.Struct, frozen=True, array_like=True):
    """What one file says at module level.

    `body` is the IR (see `opcodes`), empty where `problem` is set. `future_annotations` is true under
    `from __future__ import annotations`. `doc` is the module docstring. `estimated_tests` counts `def test_` and
    class lines of a file that does not parse. `undecided` is why the file could not be judged (grammar newer than any
    parser at hand), else "". `imports` are the absolute dotted names that module level mentions in import statements.
    `all_names` are all identifiers bound at top level, for the index.
    """

    body: list[Any]
    problem: SyntaxProblem | None = None
    future_annotations: bool = False
    doc: str | None = None
    directives: tuple[Directive, ...] = ()
    estimated_tests: tuple[str, ...] = ()
    undecided: str = ""
    imports: tuple[str, ...] = ()
    all_names: tuple[str, ...] = ()


class FunctionBody(msgspec.Struct, frozen=True, array_like=True):
    """The body of one function: its statements, the names that it binds (its locals), and its docstring.

    `is_generator` and `is_async` settle what a call does. `globals` and `nonlocals` are the names so declared.
    """

    statements: list[Any]
    local_names: tuple[str, ...]
    is_generator: bool = False
    is_async: bool = False
    doc: str | None = None
    globals: tuple[str, ...] = ()
    nonlocals: tuple[str, ...] = ()


class FunctionBodies(msgspec.Struct, frozen=True, array_like=True):
    """Every function of one file by the `line` of its def (as DEF gives it); nested functions included."""

    by_line: dict[int, FunctionBody]


_encode = msgspec.msgpack.Encoder().encode
_decode_facts = msgspec.msgpack.Decoder(ModuleFacts).decode
_decode_bodies = msgspec.msgpack.Decoder(FunctionBodies).decode


def encode_facts(facts: ModuleFacts) -> bytes:
    """The MessagePack form of `facts`."""
    return _encode(facts)


def decode_facts(record: bytes) -> ModuleFacts:
    """The facts in `record`. Raises `msgspec.DecodeError` on anything else."""
    return _decode_facts(record)


def encode_bodies(bodies: FunctionBodies) -> bytes:
    """The MessagePack form of `bodies`."""
    return _encode(bodies)


def decode_bodies(record: bytes) -> FunctionBodies:
    """The bodies in `record`. Raises `msgspec.DecodeError` on anything else."""
    return _decode_bodies(record)
