"""Fixture definitions, who sees them, and what a test needs (`FixtureManager` in `_pytest/fixtures.py`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from muster.collection.executor import Executor
from muster.collection.nodes import Node
from muster.collection.objects import ancestry, is_static
from muster.collection.outcomes import failed
from muster.collection.scopes import Scope, find_scope
from muster.collection.signatures import mandatory_names
from muster.collection.spelling import spell
from muster.execution.raised import Raised
from muster.execution.values import (
    MISSING,
    UNKNOWN,
    ClassValue,
    DescriptorValue,
    FixtureValue,
    FunctionValue,
    ListValue,
    ModuleValue,
    ParameterSetValue,
    Value,
)
from muster.model.environment import PluginFixture


@dataclass(frozen=True, slots=True, eq=False)
class FixtureDef:
    """A fixture as tests below `base` see it; `base` is a node id, None for plugins.

    `params` is None where it is not parametrized. `scope` is None where it is not known. `argnames` are the fixtures that it
    requests; `is_sure` is false where other arguments may be hidden by a decorator.
    """

    name: str
    base: str | None
    argnames: tuple[str, ...]
    scope: Scope | None
    params: Value
    ids: Value
    is_sure: bool = True
    place: tuple[str, int] = ("", 0)

    @property
    def order(self) -> Scope:
        """The scope to sort by."""
        return self.scope if self.scope is not None else Scope.FUNCTION


@dataclass(slots=True)
class Closure:
    """What a test needs (`FuncFixtureInfo`): `names` in the order in which pytest sets them up."""

    argnames: tuple[str, ...]
    initial: tuple[str, ...]
    names: list[str]
    definitions: dict[str, Sequence[FixtureDef]]
    is_sure: bool = True


@dataclass(slots=True)
class FixtureManager:
    """All fixtures that the session has met, by name, in the order of registration."""

    executor: Executor
    version: tuple[int, int, int]
    by_name: dict[str, list[FixtureDef]] = field(default_factory=dict)
    autouse: dict[str, list[str]] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    in_sight: dict[tuple[str, str | None, int], tuple[FixtureDef, ...]] = field(default_factory=dict)
    added: int = 0
    closures: dict[tuple[Any, ...], Closure] = field(default_factory=dict)

    def add_installed(self, fixtures: Iterable[PluginFixture]) -> None:
        """Register the fixtures of installed plugins, which every test sees."""
        for fixture in fixtures:
            params: Value = None
            if fixture.parametrized:
                rows = (ParameterSetValue((UNKNOWN,), (), made) for made in fixture.ids)
                params = ListValue(rows) if fixture.ids else UNKNOWN
            self.added += 1
            definition = FixtureDef(fixture.name, None, fixture.arguments, find_scope(fixture.scope), params, None)
            self.by_name.setdefault(fixture.name, []).append(definition)
            if fixture.autouse:
                self.autouse.setdefault("", []).append(fixture.name)

    def add_module(self, module: Value, base: str | None) -> None:
        """Register the fixtures of a module or plugin (`parsefactories`). Raises `Raised` for malformed ones."""
        if not isinstance(module, ModuleValue) or id(module) in self.seen:
            return
        self.seen.add(id(module))
        for name in sorted(module.namespace):
            fixture = _fixture_behind(module.namespace[name])
            if fixture is not None:
                self._add(name, fixture, base, None)

    def add_class(self, cls: Value, base: str) -> None:
        """Register the fixtures of a test class, inherited ones included. Raises `Raised` for malformed ones."""
        members: dict[str, Value] = {}
        for owner in reversed(ancestry(cls)):
            if isinstance(owner, ClassValue):
                members.update(owner.namespace)
        for name in sorted(members):
            fixture = _fixture_behind(members[name])
            if fixture is not None:
                self._add(name, fixture, base, cls)

    def _add(self, name: str, fixture: FixtureValue, base: str | None, cls: Value) -> None:
        name = fixture.name if isinstance(fixture.name, str) and fixture.name else name
        definition = self._define(name, fixture, base, cls)
        self.added += 1
        known = self.by_name.setdefault(name, [])
        if base is None and self.version < (9, 1):
            # Fixtures of plugins stand before those of conftests, in the order of registration.
            known.insert(sum(1 for other in known if other.base is None), definition)
        else:
            known.append(definition)
        if self.executor.truth(fixture.autouse):
            self.autouse.setdefault(base or "", []).append(name)

    def _define(self, name: str, fixture: FixtureValue, base: str | None, cls: Value) -> FixtureDef:
        function = fixture.function
        arguments = mandatory_names(function, name, cls, bound=cls is not None and not is_static(cls, name))
        place = _place(function)
        if arguments.refusal:
            raise failed(
                f"Could not determine arguments of {_spell_bound(function, cls)}: {arguments.refusal}",
                "fixture",
                *place,
            )
        return FixtureDef(
            name, base, arguments.names, self._scope(fixture, name, base, place), fixture.params, fixture.ids,
            arguments.is_sure, place,
        )  # fmt: skip

    def _scope(self, fixture: FixtureValue, name: str, base: str | None, place: tuple[str, int]) -> Scope | None:
        spelled = fixture.scope
        if spelled is None or spelled is MISSING:
            return Scope.FUNCTION
        if not isinstance(spelled, str):
            spelled = self._called_scope(spelled, name)
        if not isinstance(spelled, str):
            return None
        scope = find_scope(spelled)
        if scope is None:
            function = getattr(fixture.function, "name", name)
            raise failed(scope_refusal(f"Fixture '{function}'", base or "", spelled), "fixture", *place)
        return scope

    def _called_scope(self, spelled: Value, name: str) -> Value:
        try:
            return self.executor.call(spelled, (), {"fixture_name": name, "config": UNKNOWN})
        except Raised:
            return UNKNOWN

    def visible(self, name: str, node: Node) -> tuple[FixtureDef, ...]:
        """The definitions of `name` that apply to `node`, the closest last (`getfixturedefs`)."""
        known = self.by_name.get(name, ())
        if not known:
            return ()
        # Items of one parent see the same definitions; a later conftest or plugin makes the known ones more.
        key = (name, node.parent.nodeid if node.parent is not None else None, len(known))
        found = self.in_sight.get(key)
        if found is None:
            found = self.in_sight[key] = self._find_visible(known, node)
        return found

    def _find_visible(self, known: Iterable[FixtureDef], node: Node) -> tuple[FixtureDef, ...]:
        if self.version >= (9, 1):
            return tuple(self._by_closeness(known, node))
        bases = {parent.nodeid for parent in node.lineage()}
        return tuple(definition for definition in known if (definition.base or "") in bases)

    def _by_closeness(self, known: Iterable[FixtureDef], node: Node) -> Iterator[FixtureDef]:
        """Since 9.1 the nodes' own order counts, then the order of registration."""
        for parent in node.chain():
            yield from (definition for definition in known if (definition.base or "") == parent.nodeid)

    def closure(
        self, node: Node, argnames: tuple[str, ...], requested: Sequence[str], direct: Collection[str]
    ) -> Closure:
        """What a test with these arguments and `usefixtures` names needs; `direct` are parametrized away."""
        # Tests of one parent that ask for the same need the same, until another fixture is known.
        if node.nodeid in self.autouse:
            return self._find_closure(node, argnames, requested, direct)
        key = (self.added, node.parent, argnames, tuple(requested), frozenset(direct))
        known = self.closures.get(key)
        if known is None:
            known = self.closures[key] = self._find_closure(node, argnames, requested, direct)
        return Closure(argnames, known.initial, known.names[:], dict(known.definitions), known.is_sure)

    def _find_closure(
        self, node: Node, argnames: tuple[str, ...], requested: Sequence[str], direct: Collection[str]
    ) -> Closure:
        automatic = [name for parent in node.chain() for name in self.autouse.get(parent.nodeid, ())]
        initial = tuple(dict.fromkeys((*automatic, *requested, *argnames)))
        definitions: dict[str, Sequence[FixtureDef]] = {}
        if self.version >= (9, 1):
            names = list(self._depth_first(initial, node, direct, definitions))
        else:
            names = self._breadth_first(initial, node, direct, definitions)
        names.sort(
            key=lambda name: definitions[name][-1].order if name in definitions else Scope.FUNCTION, reverse=True
        )
        sure = all(definition[-1].is_sure and definition[-1].scope is not None for definition in definitions.values())
        return Closure(argnames, initial, names, definitions, sure)

    def _breadth_first(
        self, initial: Sequence[str], node: Node, direct: Collection[str], definitions: dict[str, Sequence[FixtureDef]]
    ) -> list[str]:
        names = list(initial)
        before = -1
        while before != len(names):
            before = len(names)
            for name in names:
                if name in direct or name in definitions:
                    continue
                found = self.visible(name, node)
                if found:
                    definitions[name] = found
                    names.extend(arg for arg in found[-1].argnames if arg not in names)
        return names

    def _depth_first(
        self, initial: Iterable[str], node: Node, direct: Collection[str], definitions: dict[str, Sequence[FixtureDef]]
    ) -> Iterator[str]:
        """`traverse_fixture_closure` of pytest 9.1, which follows overridden fixtures too."""
        for name in initial:
            if name not in direct and name not in definitions and (found := self.visible(name, node)):
                definitions[name] = found

        def find(name: str) -> Sequence[FixtureDef]:
            if name in direct:
                return ()
            if name not in definitions and (found := self.visible(name, node)):
                definitions[name] = found
            return definitions.get(name, ())

        yield from traverse(initial, find)


def traverse(initial: Iterable[str], find: object) -> Iterator[str]:
    """Every fixture name that is reached from `initial`, depth first; `find` gives a name's definitions."""
    level: dict[str, int] = {}
    yielded: list[str] = []

    def visit(name: str) -> None:
        index = level.get(name)
        if index == -1:
            return
        if index is None:
            yielded.append(name)
            level[name] = -1
        definitions: Sequence[FixtureDef] = find(name)  # type: ignore[operator]  # because a nested callable type is no clearer
        index = level.get(name, -1)
        if not definitions or -index > len(definitions):
            return
        level[name] = index - 1
        for argument in definitions[index].argnames:
            visit(argument)
        level[name] = index

    for name in initial:
        visit(name)
    yield from yielded


def prune(closure: Closure, version: tuple[int, int, int]) -> None:
    """Drop what direct parametrization made needless (`prune_dependency_tree`)."""
    if version >= (9, 1):
        kept = set(traverse(closure.initial, lambda name: closure.definitions.get(name, ())))
    else:
        kept, waiting = set(), set(closure.initial)
        while waiting:
            name = waiting.pop()
            if name not in kept and name in closure.names:
                kept.add(name)
                if name in closure.definitions:
                    waiting.update(closure.definitions[name][-1].argnames)
    closure.names[:] = [name for name in closure.names if name in kept]


def scope_refusal(described: str, where: str, scope: str) -> str:
    """The words of `Scope.from_user` for a scope that does not exist."""
    return f"{described} {f'from {where} ' if where else ''}got an unexpected scope value '{scope}'"


def is_fixture(value: Value) -> bool:
    """Whether pytest sees a fixture here (`getfixturemarker`)."""
    return isinstance(value, FixtureValue)


def _fixture_behind(value: Value) -> FixtureValue | None:
    """The fixture that `getattr` on the holder gives: through `staticmethod` too."""
    if isinstance(value, DescriptorValue) and value.kind in ("staticmethod", "classmethod"):
        value = value.function
    return value if isinstance(value, FixtureValue) else None


def _place(function: Value) -> tuple[str, int]:
    return (function.file, function.line) if isinstance(function, FunctionValue) else ("", 0)


def _spell_bound(function: Value, cls: Value) -> str:
    if not isinstance(function, FunctionValue) or not isinstance(cls, ClassValue):
        return spell(function)
    return f"<bound method {function.qualname} of <{cls.module}.{cls.qualname} object at 0x...>>"
