"""What module level binds and imports, read from the IR: line by line, nested blocks included, class bodies not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from muster.facts import opcodes as op
from muster.facts.module_facts import ModuleFacts


@dataclass(frozen=True, slots=True)
class Binding:
    """One statement that binds `name`: `kind` is `class`, `function`, `value` or `import`.

    Of an import, `module` (with its leading dots) and `original` say what is bound.
    `guarded` is true under `if TYPE_CHECKING:`.
    """

    name: str
    kind: str
    line: int
    module: str = ""
    original: str = ""
    guarded: bool = False


def bindings(facts: ModuleFacts) -> Iterator[Binding]:
    """Everything that module level of `facts` binds, in order; a star import binds `*`."""
    for statement, guarded in statements(facts.body):
        yield from _bound_by(statement, guarded)


def binding_of(facts: ModuleFacts, name: str) -> Binding | None:
    """The last definition of `name` at module level, or else its last import."""
    found = [binding for binding in bindings(facts) if binding.name == name]
    defined = [binding for binding in found if binding.kind != "import"]
    chosen = defined or found
    return chosen[-1] if chosen else None


def methods_named(facts: ModuleFacts, name: str) -> Iterator[Binding]:
    """The functions `name` of the classes at module level, each under `Class.name`."""
    for statement, _ in statements(facts.body):
        if statement[0] == op.CLASS:
            for inner, _ in statements(statement[5]):
                if inner[0] == op.DEF and inner[2][0] == name:
                    yield Binding(f"{statement[2]}.{name}", "method", inner[1])


def statements(body: Sequence[Any], guarded: bool = False) -> Iterator[tuple[Any, bool]]:
    """Every statement of a body and of the blocks in it, each with whether only a type checker runs it."""
    for statement in body:
        yield statement, guarded
        for block, is_guarded in _blocks(statement):
            yield from statements(block, guarded or is_guarded)


def imports_at(facts: ModuleFacts, line: int) -> tuple[Binding, ...]:
    """The bindings of the import statement on `line`."""
    return tuple(binding for binding in bindings(facts) if binding.kind == "import" and binding.line == line)


def used_at_import(facts: ModuleFacts, names: frozenset[str]) -> bool:
    """Whether module level or a class body reads one of `names`; function bodies are not in the IR: they do not
    count."""
    return any(_reads(statement, names) for statement in facts.body if statement[0] not in (op.IMPORT, op.FROM))


def _blocks(statement: Sequence[Any]) -> Iterator[tuple[Sequence[Any], bool]]:
    match statement[0]:
        case op.IF:
            yield statement[3], _is_type_checking(statement[2])
            yield statement[4], False
        case op.FOR:
            yield from ((statement[4], False), (statement[5], False))
        case op.WHILE:
            yield from ((statement[3], False), (statement[4], False))
        case op.TRY:
            yield statement[2], False
            yield from ((handler[3], False) for handler in statement[3])
            yield from ((statement[4], False), (statement[5], False))
        case op.WITH:
            yield statement[3], False
        case op.MATCH:
            yield from ((case[2], False) for case in statement[3])
        case _:
            pass


def _is_type_checking(test: Sequence[Any]) -> bool:
    match test:
        case [op.NAME, "TYPE_CHECKING"] | [op.ATTR, _, "TYPE_CHECKING"]:
            return True
        case [op.LINE, _, inner]:
            return _is_type_checking(inner)
        case _:
            return False


def _bound_by(statement: Sequence[Any], guarded: bool) -> Iterator[Binding]:
    code, line = statement[0], statement[1]
    match code:
        case op.DEF:
            yield Binding(statement[2][0], "function", line, guarded=guarded)
        case op.CLASS:
            yield Binding(statement[2], "class", line, guarded=guarded)
        case op.TYPE:
            yield Binding(statement[2], "value", line, guarded=guarded)
        case op.ASSIGN:
            for target in statement[2]:
                yield from (Binding(name, "value", line, guarded=guarded) for name in _targets(target))
        case op.ANN if statement[4] is not None:
            yield from (Binding(name, "value", line, guarded=guarded) for name in _targets(statement[2]))
        case op.FOR:
            yield from (Binding(name, "value", line, guarded=guarded) for name in _targets(statement[2]))
        case op.IMPORT:
            for name, alias in statement[2]:
                yield Binding(alias or name.partition(".")[0], "import", line, name, "", guarded)
        case op.FROM:
            module = "." * statement[4] + (statement[2] or "")
            for name, alias in statement[3]:
                yield Binding(alias or name, "import", line, module, name, guarded)
        case _:
            pass


def _targets(target: Sequence[Any]) -> Iterator[str]:
    match target[0]:
        case op.NAME:
            yield target[1]
        case op.LINE:
            yield from _targets(target[2])
        case op.STAR:
            yield from _targets(target[1])
        case op.LIST | op.TUPLE:
            for element in target[1]:
                yield from _targets(element)
        case _:
            pass


def _reads(node: Any, names: frozenset[str]) -> bool:
    """Whether the IR below `node` holds a NAME of `names`; a sequence of that shape by chance makes it say yes too
    often."""
    if not isinstance(node, list | tuple):
        return False
    if len(node) == 2 and node[0] == op.NAME and isinstance(node[1], str):
        return node[1] in names
    return any(_reads(child, names) for child in node)
