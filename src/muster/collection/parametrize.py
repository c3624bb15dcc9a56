"""Parametrization: marks, fixtures with `params` and `pytest_generate_tests` (`Metafunc` in `_pytest/python.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from muster.collection.config import ConfigValue
from muster.collection.definitions import find_function_at
from muster.collection.fixtures import Closure, FixtureDef, scope_refusal
from muster.collection.ids import NOTSET, Hidden, Id, IdMaker, ParameterSet
from muster.collection.item_hooks import ItemValue
from muster.collection.marks import marks_in
from muster.collection.nodes import CallSpec, ItemNode, Node
from muster.collection.objects import is_callable
from muster.collection.outcomes import builtin, collect_error, failed
from muster.collection.scopes import Scope, find_scope
from muster.collection.signatures import Arguments
from muster.collection.spelling import spell, type_name
from muster.collection.walk import Walk
from muster.collection.warned import warn
from muster.execution.raised import Raised
from muster.execution.suggestions import did_you_mean
from muster.execution.values import (
    MISSING,
    UNKNOWN,
    DictValue,
    FunctionValue,
    IteratorValue,
    ListValue,
    Mark,
    Native,
    ParameterSetValue,
    SetValue,
    Value,
)
from muster.facts import opcodes as op
from muster.model.collection import Loss
from muster.model.location import Location

Place = tuple[str, int]

BUILTIN_FIXTURES = frozenset(
    "request cache capfd capfdbinary caplog capsys capsysbinary capteesys doctest_namespace monkeypatch pytestconfig "
    "pytester record_property record_testsuite_property record_xml_attribute recwarn subtests testdir tmpdir tmpdir_factory "
    "tmp_path tmp_path_factory".split()
)
"""Fixtures of pytest itself; none is parametrized, and none requests one that is not listed here."""


@dataclass(frozen=True, slots=True)
class Row:
    """What `pytest.mark.parametrize(...)` or `metafunc.parametrize(...)` was given, by name."""

    argnames: Value
    argvalues: Value
    indirect: Value = False
    ids: Value = None
    scope: Value = None


class Metafunc:
    """Collects the calls of one test function. `unknown` once some of them, or their ids, are not known."""

    def __init__(
        self, walk: Walk, node: Node, function: FunctionValue | None, closure: Closure, arguments: Arguments, name: str
    ) -> None:
        self.walk = walk
        self.node = node
        self.function = function
        self.closure = closure
        self.arguments = arguments
        self.name = function.name if function is not None else name
        self.place: Place = (function.file, function.line) if function is not None else ("", 0)
        self.calls: list[CallSpec] = []
        self.unknown = False
        self.directness: dict[str, str] = {}

    @property
    def where(self) -> str:
        """How messages name the test: by node id since 9.1, by function before."""
        return self.node.nodeid if self.walk.version >= (9, 1) else self.name

    def parametrize_by_mark(self, mark: Mark) -> None:
        """Apply one `parametrize` mark. Raises `Raised` where pytest does."""
        row = self._read(mark.args, mark.kwargs, mark.args_unsure)
        if row is None:
            self.unknown = True
        else:
            self.parametrize(row, mark)

    def parametrize_by_fixture(self, definition: FixtureDef, name: str) -> None:
        """Apply the `params` of a fixture that the test needs."""
        scope = definition.scope.name.lower() if definition.scope is not None else None
        if definition.scope is None:
            self.unknown = True
        self.parametrize(Row(name, definition.params, True, definition.ids, scope))

    def _read(self, args: Sequence[Value], kwargs: dict[str, Value], unsure: bool) -> Row | None:
        if unsure:
            return None
        names = ("argnames", "argvalues", "indirect", "ids", "scope")
        positional = names[:2] if self.walk.version >= (9, 1) else names
        if len(args) > len(positional):
            self._refuse(_too_many(len(positional), len(args), kwargs))
        given = dict(zip(positional, args, strict=False)) | {
            name: value for name, value in kwargs.items() if name in names
        }
        for name in kwargs:
            if name not in names:
                proposal = did_you_mean(name, ("self", *names, "_param_mark"), self.walk.python)
                self._refuse(f"got an unexpected keyword argument '{name}'{proposal}")
        missing = [name for name in names[:2] if name not in given]
        if missing:
            self._refuse(missing_arguments(missing))
        return Row(**given)

    def _refuse(self, text: str) -> NoReturn:
        """Raise the `TypeError` of a wrong call of `Metafunc.parametrize`."""
        function = qualified("Metafunc.parametrize", self.walk.python)
        raise builtin("TypeError", f"{function}() {text}", "arity", *self.place)

    def parametrize(self, row: Row, mark: Mark | None = None) -> None:
        """`Metafunc.parametrize`. Raises `Raised` where pytest does."""
        names = argument_names(row.argnames, self.walk)
        if names is None:
            self.unknown = True
            return
        argnames, force_tuple = names
        rows = self._rows(row.argvalues, argnames, force_tuple, row.argnames)
        self._refuse_request(argnames)
        scope = self._scope(row, argnames)
        self._refuse_unused(argnames, row.indirect)
        ids = None if rows is None else self._ids(row.ids, argnames, rows, mark)
        directness = resolve_directness(argnames, row.indirect, self.where, self.place, self.walk)
        if rows is None or ids is None or directness is None or scope is None:
            self.unknown = True
            return
        self.directness |= directness
        for name, kind in directness.items():
            if kind == "direct":
                self.closure.definitions[name] = (_pseudo_fixture(name, scope),)
        self._multiply(argnames, rows, ids, scope)

    def _multiply(self, argnames: Sequence[str], rows: Sequence[ParameterSet], ids: Sequence[Id], scope: Scope) -> None:
        calls = []
        for call in self.calls or [CallSpec()]:
            for index, (row, made) in enumerate(zip(rows, ids, strict=False)):
                calls.append(self._extended(call, argnames, row, made, scope, index))
        self.calls = calls

    def _extended(
        self, call: CallSpec, argnames: Sequence[str], row: ParameterSet, made: Id, scope: Scope, index: int
    ) -> CallSpec:
        params, indices, scopes = dict(call.params), dict(call.indices), dict(call.scopes)
        for name, value in zip(argnames, row.values, strict=False):
            if name in params:
                raise self._duplicate(name)
            params[name], indices[name], scopes[name] = value, index, scope
        ids = call.ids if isinstance(made, Hidden) else [*call.ids, made]
        return CallSpec(params, indices, scopes, ids, [*call.marks, *marks_in(row.marks).found])

    def _duplicate(self, name: str) -> Raised:
        if self.walk.version >= (8, 4):
            text = f"{self.node.nodeid}: duplicate parametrization of '{name}'"
            return collect_error(text, "parametrize", *self.place)
        return builtin("ValueError", f"duplicate parametrization of '{name}'", "parametrize", *self.place)

    def _rows(
        self, argvalues: Value, argnames: Sequence[str], force_tuple: bool, spelled: Value
    ) -> list[ParameterSet] | None:
        """The parameter sets, None where they are not known; an empty list becomes one set of `NOTSET`."""
        self._warn_of_iterator(argvalues)
        values = parameter_values(argvalues, self.walk)
        if values is None:
            return None
        rows = []
        for value in values:
            row = self._row(value, argnames, force_tuple, spelled)
            if row is None:
                return None
            rows.append(row)
        if isinstance(argvalues, SetValue) and len(rows) > 1:
            self._lose(argvalues, "the order of a set changes from run to run")
        if rows:
            return rows
        self._lose(argvalues, _why_empty(argvalues))
        return [self._empty_row(argnames)]

    def _warn_of_iterator(self, argvalues: Value) -> None:
        """Since 9.1 parameters that are no collection are deprecated."""
        if self.walk.version >= (9, 1) and isinstance(argvalues, IteratorValue):
            text = (
                "Passing a non-Collection iterable to parametrize is deprecated.\n"
                f"Test: {self.node.nodeid}, argvalues type: {_iterator_type(argvalues)}\n"
                "Please convert to a list or tuple.\n"
                "See https://docs.pytest.org/en/stable/deprecations.html#parametrize-iterators"
            )
            warn(self.walk, "PytestRemovedIn10Warning", text, *self.place)

    def _lose(self, argvalues: Value, why: str) -> None:
        """Note parameters that are lost or change from run to run (M409)."""
        count = 0 if isinstance(argvalues, SetValue) and argvalues else 1
        lost = (self.node.nodeid,) if count else ()
        self.walk.lose([Loss("M409", self.node.nodeid, Location(*self.place), lost, count, why)])

    def _row(self, value: Value, argnames: Sequence[str], force_tuple: bool, spelled: Value) -> ParameterSet | None:
        if isinstance(value, ParameterSetValue):
            row = ParameterSet(tuple(value.values), value.id, value.marks)
        elif force_tuple:
            return ParameterSet((value,))
        else:
            elements = self._unpacked(value)
            if elements is None:
                return None
            row = ParameterSet(tuple(elements))
        if len(row.values) != len(argnames):
            names = spell(spelled) if not isinstance(spelled, str) else spell(ListValue(argnames))
            values = spell(row.values if isinstance(value, ParameterSetValue) else value)
            raise failed(
                f'{self.node.nodeid}: in "parametrize" the number of names ({len(argnames)}):\n  {names}\n'
                f"must be equal to the number of values ({len(row.values)}):\n  {values}",
                "parametrize",
                *self.place,
            )
        return row

    def _unpacked(self, value: Value) -> list[Value] | None:
        """The values of a set that is no `pytest.param`; whatever has a length will do."""
        if isinstance(value, (str, bytes, tuple)):
            return list(value)
        if isinstance(value, (ListValue, DictValue, SetValue)):
            return None if value.unsure else list(value)
        if value is None or isinstance(value, (bool, int, float, complex, FunctionValue)):
            raise self._without_length(value)
        return self.walk.executor.iterate(value) if isinstance(value, range) else None

    def _without_length(self, value: Value) -> Raised:
        kind = type_name(value)
        if self.walk.version >= (9, 1):
            return failed(
                f'{self.node.nodeid}: in "parametrize" expected a sequence of values, for a single value use a one-element '
                f"tuple like ('value',), got {kind}:\n  {spell(value)}",
                "parametrize",
                *self.place,
            )
        return builtin("TypeError", f"object of type '{kind}' has no len()", "parametrize", *self.place)

    def _empty_row(self, argnames: Sequence[str]) -> ParameterSet:
        mark = self.walk.invocation.empty_parameter_set_mark or "skip"
        if mark == "fail_at_collect":
            raise collect_error(
                f"Empty parameter set in '{self.name}' at line {self._first_line()}", "parametrize", *self.place
            )
        return ParameterSet((NOTSET,) * len(argnames), "NOTSET" if self.walk.version >= (8, 4) else None, (Mark(mark),))

    def _first_line(self) -> int:
        """The line of the first decorator, where Python says that the function begins."""
        path, line = self.place
        facts = self.walk.executor.facts(path) if path else None
        statement = find_function_at(facts.body, line) if facts is not None else None
        decorators: Sequence[Any] = statement[3] if statement is not None else ()
        lines: list[int] = [decorator[1] for decorator in decorators if decorator[0] == op.LINE]
        return min((*lines, line))

    def _refuse_request(self, argnames: Sequence[str]) -> None:
        if "request" in argnames:
            prefix = f"{self.node.nodeid}: " if self.walk.version >= (8, 4) else ""
            raise failed(
                f"{prefix}'request' is a reserved name and cannot be used in @pytest.mark.parametrize",
                "parametrize",
                *self.place,
            )

    def _scope(self, row: Row, argnames: Sequence[str]) -> Scope | None:
        if row.scope is None:
            return self._inferred_scope(row.indirect, argnames)
        if not isinstance(row.scope, str):
            return None
        scope = find_scope(row.scope)
        if scope is None:
            text = scope_refusal(f"parametrize() call in {self.name}", "", row.scope)
            raise failed(text, "parametrize", *self.place)
        return scope

    def _inferred_scope(self, indirect: Value, argnames: Sequence[str]) -> Scope | None:
        """The narrowest scope of the fixtures, where all arguments are indirect; else a test has its own parameters."""
        elements = self.walk.executor.iterate(indirect) if isinstance(indirect, (ListValue, tuple)) else None
        all_indirect = len(elements) == len(argnames) if elements is not None else self.walk.executor.truth(indirect)
        if all_indirect is None:
            return None
        if not all_indirect:
            return Scope.FUNCTION
        scopes = [definitions[-1].order for name, definitions in self.closure.definitions.items() if name in argnames]
        return min(scopes, default=Scope.FUNCTION)

    def _refuse_unused(self, argnames: Sequence[str], indirect: Value) -> None:
        for name in argnames:
            if name in self.closure.names:
                continue
            if not self._knows_all_names():
                self.unknown = True
            elif name in self.arguments.with_default:
                text = f"In {self.where}: function already takes an argument '{name}' with a default value"
                raise failed(text, "parametrize", *self.place)
            else:
                raise failed(
                    f"In {self.where}: function uses no {self._kind_of(name, indirect)} '{name}'",
                    "parametrize",
                    *self.place,
                )

    def _kind_of(self, name: str, indirect: Value) -> str:
        if isinstance(indirect, (ListValue, tuple, str)):
            return "fixture" if name in indirect else "argument"
        return "fixture" if self.walk.executor.truth(indirect) else "argument"

    def _knows_all_names(self) -> bool:
        """Whether no decorator, plugin or unknown fixture can request more than what is seen here."""
        if not (self.arguments.is_sure and self.closure.is_sure) or self.function is None:
            return False
        if self.walk.environment.asked and not self.walk.plugins.opaque:
            return True
        unseen = [name for name in self.closure.names if name not in self.closure.definitions]
        direct = set(self.arguments.names) | set(self.directness) | BUILTIN_FIXTURES
        return all(name in direct or name in BUILTIN_FIXTURES for name in unseen)

    def _ids(
        self, ids: Value, argnames: Sequence[str], rows: Sequence[ParameterSet], mark: Mark | None
    ) -> list[Id] | None:
        if mark is not None and ids is not None and id(mark) in _generated(self.walk):
            return _generated(self.walk)[id(mark)][1]
        function, explicit, known = self._read_ids(ids, rows)
        if not known:
            return None
        maker = IdMaker(
            self.walk.executor, self.walk.invocation, self.walk.python, argnames, rows, function, explicit,
            self.node.nodeid, self.where, self._id_from_hook, self.place,
        )  # fmt: skip
        made = maker.unique_ids()
        if mark is not None and ids is not None and made is not None:
            # A mark's ids are made once, which matters where they come from a generator (`Mark._param_ids_generated`).
            _generated(self.walk)[id(mark)] = (mark, made)
        return made

    def _read_ids(self, ids: Value, rows: Sequence[ParameterSet]) -> tuple[Value, list[Value] | None, bool]:
        """The id function or the explicit ids, and whether they are known."""
        if ids is None or ids is MISSING:
            return None, None, True
        if is_callable(ids):
            return ids, None, True
        if isinstance(ids, IteratorValue):
            return None, self._taken(ids, len(rows)), ids.elements is not None
        elements = self.walk.executor.iterate(ids)
        if elements is None:
            if isinstance(ids, (bool, int, float)):
                raise builtin("TypeError", "ids must be a callable or an iterable", "parametrize", *self.place)
            return None, None, False
        if len(elements) not in (len(rows), 0):
            raise failed(
                f"In {self.where}: {len(rows)} parameter sets specified, with different number of ids: {len(elements)}",
                "parametrize",
                *self.place,
            )
        return None, elements, True

    def _taken(self, ids: IteratorValue, count: int) -> list[Value] | None:
        if ids.elements is None:
            return None
        taken = ids.elements[ids.position : ids.position + count]
        ids.position += count
        return taken

    def _id_from_hook(self, value: Value, name: str) -> Value:
        values = {"config": ConfigValue(self.walk.executor, self.walk.invocation), "val": value, "argname": name}
        folder = self.node.path.rpartition("/")[0]
        return self.walk.plugins.call_first("pytest_make_parametrize_id", folder, values)[1]

    def recompute_indices(self) -> None:
        """Since 8.4 every direct parameter has its own index (`_recompute_direct_params_indices`)."""
        if self.walk.version < (8, 4):
            return
        for name, kind in self.directness.items():
            if kind == "direct":
                for index, call in enumerate(self.calls):
                    call.indices[name] = index


class MetafuncValue:
    """The `metafunc` that `pytest_generate_tests` hooks of the project get."""

    __slots__ = ("metafunc",)

    def __init__(self, metafunc: Metafunc) -> None:
        self.metafunc = metafunc

    def simulated_getattr(self, machine: Any, name: str) -> Value:
        """The attribute that simulated code reads."""
        metafunc = self.metafunc
        match name:
            case "fixturenames":
                return ListValue(metafunc.closure.names)
            case "parametrize":
                return Native("pytest.Metafunc.parametrize", self._parametrize)
            case "function":
                return metafunc.function if metafunc.function is not None else UNKNOWN
            case "config":
                return ConfigValue(metafunc.walk.executor, metafunc.walk.invocation)
            case "definition" if isinstance(metafunc.node, ItemNode):
                return ItemValue(metafunc.walk, metafunc.node)
            case "cls":
                return self._parent("obj", "ClassNode")
            case "module":
                return self._parent("obj", "ModuleNode")
            case _:
                return UNKNOWN

    def _parent(self, attribute: str, kind: str) -> Value:
        for node in self.metafunc.node.lineage():
            if type(node).__name__ == kind:
                return getattr(node, attribute)
        return None

    def _parametrize(self, machine: Any, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        if getattr(machine, "unsure", 0):
            # A branch that cannot be decided: whether this call happens is not known.
            self.metafunc.unknown = True
            return None
        row = self.metafunc._read(args, kwargs, False)
        if row is None:
            self.metafunc.unknown = True
        else:
            self.metafunc.parametrize(row)
        return None


def qualified(function: str, python: tuple[int, int, int]) -> str:
    """How Python names a method in what it says of a wrong call: with its class since 3.10."""
    return function if python >= (3, 10, 0) else function.rpartition(".")[2]


def missing_arguments(names: Sequence[str]) -> str:
    """Python's words for mandatory arguments that are not given."""
    plural = "s" if len(names) > 1 else ""
    return f"missing {len(names)} required positional argument{plural}: {' and '.join(map(repr, names))}"


def _too_many(allowed: int, given: int, kwargs: dict[str, Value]) -> str:
    """Python's words for too many positional arguments; pytest itself gives one more by keyword (`_param_mark`)."""
    takes = "takes 3" if allowed == 2 else f"takes from 3 to {allowed + 1}"
    keywords = 1 + (len({"indirect", "ids", "scope"} & set(kwargs)) if allowed == 2 else 0)
    plural = "s" if keywords > 1 else ""
    return (
        f"{takes} positional arguments but {given + 1} positional arguments "
        f"(and {keywords} keyword-only argument{plural}) were given"
    )


def _iterator_type(argvalues: IteratorValue) -> str:
    return "list_iterator" if argvalues.kind == "iterator" else argvalues.kind


def _why_empty(argvalues: Value) -> str:
    if isinstance(argvalues, IteratorValue):
        return "a one-shot iterator that another test has used up" if argvalues.elements else "an empty iterator"
    return "an empty parameter set"


def _pseudo_fixture(name: str, scope: Scope) -> FixtureDef:
    return FixtureDef(name, "", ("request",), scope, None, None)


def _generated(walk: Walk) -> dict[int, tuple[Mark, list[Id]]]:
    return walk.generated_ids


def argument_names(argnames: Value, walk: Walk) -> tuple[list[str], bool] | None:
    """The names of a parametrization, and whether its values are single ones; None where not known."""
    if isinstance(argnames, str):
        names = [name.strip() for name in argnames.split(",") if name.strip()]
        trailing = walk.version >= (9, 1) and argnames.rstrip().endswith(",")
        return names, len(names) == 1 and not trailing
    elements = walk.executor.iterate(argnames) if isinstance(argnames, (ListValue, tuple, SetValue)) else None
    if elements is None or not all(isinstance(name, str) for name in elements):
        return None
    return elements, False


def parameter_values(argvalues: Value, walk: Walk) -> list[Value] | None:
    """The elements of `argvalues`; a one-shot iterator is used up by the first test that reads it."""
    if argvalues is UNKNOWN or argvalues is None:
        return None
    if isinstance(argvalues, IteratorValue):
        if argvalues.elements is None:
            return None
        left = argvalues.elements[argvalues.position :]
        argvalues.position = len(argvalues.elements)
        return left
    return walk.executor.iterate(argvalues)


def resolve_directness(
    argnames: Sequence[str], indirect: Value, where: str, place: Place, walk: Walk
) -> dict[str, str] | None:
    """Each argument's `direct` or `indirect`; None where not known. Raises `Raised` (`_resolve_args_directness`)."""
    if isinstance(indirect, bool):
        return dict.fromkeys(argnames, "indirect" if indirect else "direct")
    if isinstance(indirect, (ListValue, tuple, str)):
        elements = walk.executor.iterate(indirect)
        if elements is None:
            return None
        found = dict.fromkeys(argnames, "direct")
        for name in elements:
            if name is UNKNOWN:
                return None
            if name not in argnames:
                raise failed(f"In {where}: indirect fixture '{name}' doesn't exist", "parametrize", *place)
            found[name] = "indirect"
        return found
    if indirect is None or isinstance(indirect, (int, float, SetValue, DictValue)):
        text = f"In {where}: expected Sequence or boolean for indirect, got {type_name(indirect)}"
        raise failed(text, "parametrize", *place)
    return None
