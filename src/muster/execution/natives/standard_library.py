"""What the standard library does at import time that bears on collection: wrappers, partials, data classes, products of lists."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from muster.execution import operations
from muster.execution.attributes import get_attribute
from muster.execution.classes import FieldValue, make_dataclass
from muster.execution.machine import Machine
from muster.execution.values import (
    MANAGED,
    MISSING,
    UNKNOWN,
    ClassValue,
    DescriptorValue,
    DictValue,
    ExceptionInstance,
    FixtureValue,
    FunctionValue,
    InstanceValue,
    IteratorValue,
    ListValue,
    Native,
    Opaque,
    OpaqueInstance,
    PartialValue,
    TupleValue,
    Value,
)
from muster.model.collection import Confidence, OtherFailure

Args = tuple[Value, ...]
Kwargs = dict[str, Value]
Function = Callable[[Machine, Args, Kwargs], Value]


# functools


def _wraps(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    wrapped = args[0] if args else kwargs.get("wrapped", UNKNOWN)
    return Native(
        "functools.wraps()", lambda machine, inner, _: update_wrapper(machine, inner[0], wrapped) if inner else UNKNOWN
    )


def update_wrapper(machine: Machine, wrapper: Value, wrapped: Value) -> Value:
    """`functools.update_wrapper`: name, `__dict__` (so the marks too) and `__wrapped__` go over."""
    if isinstance(wrapper, InstanceValue):
        wrapper.unsure = True
    if not isinstance(wrapper, FunctionValue):
        return wrapper
    for name in ("__name__", "__qualname__"):
        value = get_attribute(machine, wrapped, name)
        if isinstance(value, str):
            setattr(wrapper, name.strip("_"), value)
        elif value is not MISSING:
            wrapper.attributes[name] = UNKNOWN
    if isinstance(wrapped, FunctionValue):
        wrapper.attributes.update(wrapped.attributes)
    elif isinstance(wrapped, ClassValue):
        wrapper.attributes.update({key: value for key, value in wrapped.namespace.items() if not key.startswith("__")})
    is_plain = isinstance(wrapped, (FunctionValue, ClassValue)) and not wrapped.opaque_decorators
    if not is_plain:
        # The `__dict__` that came over may hold anything.
        wrapper.attributes["<open>"] = True
    wrapper.attributes["__wrapped__"] = wrapped
    return wrapper


def _partial(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    return PartialValue(args[0], args[1:], kwargs) if args else UNKNOWN


def _caching(dotted: str) -> Function:
    def run(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
        if args and isinstance(args[0], (FunctionValue, ClassValue)):
            return _cached(args[0])
        return Native(f"{dotted}()", lambda machine, inner, _: _cached(inner[0]) if inner else UNKNOWN)

    return run


def _cached(function: Value) -> Value:
    if isinstance(function, FunctionValue):
        function.attributes.update(dict.fromkeys(("cache_info", "cache_clear", "cache_parameters"), UNKNOWN))
    return function


def _reduce(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    elements = machine.iterate(args[1]) if len(args) > 1 else None
    if elements is None:
        return UNKNOWN
    total = args[2] if len(args) > 2 else MISSING
    for element in elements:
        total = element if total is MISSING else machine.call(args[0], (total, element), {})
    return UNKNOWN if total is MISSING else total


# dataclasses, abc, enum, typing


def _dataclass(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    if args and isinstance(args[0], ClassValue):
        return make_dataclass(machine, args[0], kwargs)
    if args and args[0] is not None:
        return UNKNOWN

    def decorate(machine: Machine, inner: Args, _: Kwargs) -> Value:
        return make_dataclass(machine, inner[0], kwargs) if inner and isinstance(inner[0], ClassValue) else UNKNOWN

    return Native("dataclasses.dataclass()", decorate)


def _field(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    return FieldValue(kwargs)


_LOGGER_ATTRIBUTES = frozenset("name level parent propagate handlers disabled manager root filters _cache".split())


class LoggerValue:
    """`logging.getLogger(name)`: its attributes are those of its class and what `__init__` sets."""

    __slots__ = ("attributes", "is_root", "names")

    def __init__(self, is_root: bool, names: frozenset[str]) -> None:
        self.is_root = is_root
        self.names = names
        self.attributes: dict[str, Value] = {}

    def simulated_getattr(self, machine: Machine, name: str) -> Value:
        """An attribute of the logger."""
        if name in self.attributes:
            return self.attributes[name]
        if not self.names or name in self.names or name in _LOGGER_ATTRIBUTES:
            return UNKNOWN
        kind = "RootLogger" if self.is_root else "Logger"
        raise machine.error("AttributeError", f"'{kind}' object has no attribute '{name}'", OtherFailure("attribute"))

    def simulated_setattr(self, machine: Machine, name: str, value: Value) -> None:
        """Set an attribute."""
        self.attributes[name] = value


def _get_logger(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    # A project may install a logger class of its own: `setLoggerClass` is not followed.
    probe = machine.probe("logging")
    probed = probe.names.get("Logger") if probe is not None else None
    names = frozenset(probed.class_.names) if probed is not None and probed.class_ is not None else frozenset()
    name = args[0] if args else kwargs.get("name")
    return LoggerValue(name is None or name == "", names)


def _warn(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    category = args[1] if len(args) > 1 else kwargs.get("category", "UserWarning")
    name = category if isinstance(category, str) else getattr(category, "name", None)
    text = operations.text_of(args[0]) if args else None
    if isinstance(args[0] if args else None, ExceptionInstance):
        name = args[0].cls.name
    if isinstance(name, str) and text is not None and machine.turns_into_error(name, text):
        raise machine.error(name, text, OtherFailure("warning"))
    return None


def _filter_warnings(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    action = args[0] if args else kwargs.get("action", UNKNOWN)
    category = kwargs.get("category", args[2] if len(args) > 2 else Opaque("builtins.Warning", "class"))
    message = kwargs.get("message", args[1] if len(args) > 1 and isinstance(args[1], str) else "")
    if len(args) == 2 and isinstance(args[1], Opaque):
        category = args[1]
    if isinstance(action, str) and isinstance(category, (Opaque, ClassValue)) and isinstance(message, str):
        machine.filters.append((action, message, category.name, "" if "module" not in kwargs else "?"))
    return None


def _abstract(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    if args and isinstance(args[0], FunctionValue):
        args[0].attributes["__isabstractmethod__"] = True
    return args[0] if args else UNKNOWN


def _identity(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    return args[0] if args else UNKNOWN


def _second(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    return args[1] if len(args) > 1 else UNKNOWN


def _namedtuple(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    name = args[0] if args else kwargs.get("typename", UNKNOWN)
    fields = args[1] if len(args) > 1 else kwargs.get("field_names", UNKNOWN)
    if not isinstance(name, str):
        return UNKNOWN
    scope = machine.here
    cls = ClassValue(
        name, name, scope.module.name if scope else "", scope.file if scope else "", scope.line if scope else 0
    )
    cls.special = "namedtuple"
    if isinstance(fields, str):
        names: list[Value] | None = list(fields.replace(",", " ").split())
    else:
        names = machine.iterate(fields)
        names = [pair[0] if isinstance(pair, tuple) and pair else pair for pair in names] if names is not None else None
    if names is None:
        cls.lenient = True
    else:
        cls.namespace["_fields"] = TupleValue(names)
        cls.namespace.update(dict.fromkeys((name for name in names if isinstance(name, str)), UNKNOWN))
    cls.mro = (cls, Opaque("builtins.tuple", "class"), Opaque("builtins.object", "class"))
    return cls


def _suppress(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    return OpaqueInstance(Opaque("contextlib.suppress", "class"), args)


def _raises(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    return OpaqueInstance(Opaque("pytest.raises", "class"), args[:1])


# unittest


def _unittest_main(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    """`unittest.main()` takes pytest's own arguments for names of tests, finds none of them, and exits."""
    from muster.execution.natives.system import system_exit

    if machine.truth(kwargs.get("exit", True)) is False:
        return UNKNOWN
    raised = system_exit(machine, (True if machine.version < (3, 12, 0) else 1,))
    raised.confidence = Confidence.LIKELY
    raise raised


def _unittest_skip(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    if args and isinstance(args[0], (FunctionValue, ClassValue)):
        return args[0]
    return Native("unittest.skip()", lambda machine, inner, _: inner[0] if inner else UNKNOWN)


# itertools, math, re, copy


def _combine(function: Callable[..., Any]) -> Function:
    def run(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
        numbers = [arg for arg in args if isinstance(arg, int)]
        columns = [machine.iterate(arg) for arg in args if not isinstance(arg, int)]
        if any(column is None for column in columns) or any(not isinstance(each, int) for each in kwargs.values()):
            return IteratorValue(None)
        known: Sequence[list[Value]] = [column for column in columns if column is not None]
        if _rounds(function, known, [*numbers, *kwargs.values()]) > operations.SIZE_LIMIT:
            return IteratorValue(None)
        try:
            rows = function(*known, *numbers, **kwargs)
        except (TypeError, ValueError) as refused:
            raise machine.error(type(refused).__name__, str(refused)) from None
        return IteratorValue(
            [
                TupleValue(row) if isinstance(row, tuple) else row
                for row in itertools.islice(rows, operations.SIZE_LIMIT)
            ]
        )

    return run


def _rounds(function: Callable[..., Any], columns: Sequence[list[Value]], numbers: Sequence[int]) -> int:
    if function is itertools.product:
        repeat = numbers[0] if numbers else 1
        return (
            math.prod(max(len(column), 1) for column in columns) ** max(repeat, 1)
            if repeat < 20
            else operations.SIZE_LIMIT + 1
        )
    size = sum(len(column) for column in columns)
    if function in (itertools.permutations, itertools.combinations, itertools.combinations_with_replacement):
        return int(size ** min(numbers[0] if numbers else size, 10))
    return size


def _chain_from_iterable(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    outer = machine.iterate(args[0]) if args else None
    inner = [machine.iterate(each) for each in outer] if outer is not None else [None]
    if any(each is None for each in inner):
        return IteratorValue(None)
    return IteratorValue([element for each in inner for element in each or ()])


def _islice(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    elements = machine.iterate(args[0]) if args else None
    if elements is None or not all(arg is None or isinstance(arg, int) for arg in args[1:]):
        return IteratorValue(None)
    return IteratorValue(list(itertools.islice(elements, *args[1:])))


def _math(function: Callable[..., Any]) -> Function:
    def run(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
        if kwargs or not all(isinstance(arg, (int, float)) and abs(arg) < 10**6 for arg in args):
            return UNKNOWN
        try:
            return operations.wrap(function(*args))
        except (TypeError, ValueError, ArithmeticError):
            return UNKNOWN

    return run


def _re_compile(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    return OpaqueInstance(Opaque("re.Pattern", "class"), args)


def _copy(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    value = args[0] if args else UNKNOWN
    if isinstance(value, ListValue):
        return ListValue(value, value.unsure)
    if isinstance(value, DictValue):
        return DictValue(value, value.unsure)
    return value if operations.is_constant(value) else UNKNOWN


def _deepcopy(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    value = args[0] if args else UNKNOWN
    return _deep(value) if operations.is_constant(value) else UNKNOWN


def _deep(value: Value) -> Value:
    if isinstance(value, ListValue):
        return ListValue(_deep(element) for element in value)
    if isinstance(value, DictValue):
        return DictValue((key, _deep(element)) for key, element in value.items())
    return value


def _ordered_dict(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    result = DictValue()
    machine.call(get_attribute(machine, result, "update"), args, kwargs)
    return result


def _default_dict(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    # Reading a key that is not there makes it.
    result = DictValue()
    machine.call(get_attribute(machine, result, "update"), args[1:], kwargs)
    result.unsure = True
    return result


def _type_variable(dotted: str) -> Function:
    return lambda machine, args, kwargs: OpaqueInstance(Opaque(dotted, "class"), args)


def _cached_property(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    return DescriptorValue("cached_property", args[0] if args else UNKNOWN)


def _contextmanager(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    if args and isinstance(args[0], FixtureValue):
        raise machine.error("Failed", "fixtures cannot be context managers", OtherFailure("fixture"))
    function = args[0] if args else UNKNOWN
    if not isinstance(function, FunctionValue):
        return UNKNOWN
    wrapper = FunctionValue(function.name, function.qualname, function.module, function.file, 0, function.params)
    wrapper.defaults, wrapper.attributes = function.defaults, {**function.attributes, "__wrapped__": function}
    wrapper.attributes[MANAGED] = function
    return wrapper


NATIVES: dict[str, Function] = {
    "functools.wraps": _wraps,
    "functools.update_wrapper": lambda machine, args, kwargs: (
        update_wrapper(machine, args[0], args[1]) if len(args) > 1 else UNKNOWN
    ),
    "functools.partial": _partial,
    "functools.lru_cache": _caching("functools.lru_cache"),
    "functools.cache": _caching("functools.cache"),
    "functools.cached_property": _cached_property,
    "functools.reduce": _reduce,
    "functools.total_ordering": _identity,
    "dataclasses.dataclass": _dataclass,
    "dataclasses.field": _field,
    "logging.getLogger": _get_logger,
    "abc.abstractmethod": _abstract,
    "enum.unique": _identity,
    "typing.cast": _second,
    "typing.overload": _identity,
    "typing.final": _identity,
    "typing.runtime_checkable": _identity,
    "typing.no_type_check": _identity,
    "typing.TypeVar": _type_variable("typing.TypeVar"),
    "typing.ParamSpec": _type_variable("typing.ParamSpec"),
    "typing_extensions.TypeVar": _type_variable("typing.TypeVar"),
    "collections.namedtuple": _namedtuple,
    "collections.OrderedDict": _ordered_dict,
    "collections.defaultdict": _default_dict,
    "contextlib.suppress": _suppress,
    "contextlib.contextmanager": _contextmanager,
    "contextlib.asynccontextmanager": _contextmanager,
    "pytest.raises": _raises,
    "unittest.mock.patch.multiple": lambda machine, args, kwargs: Native("unittest.mock.patch.multiple()", _identity),
    "unittest.main": _unittest_main,
    "unittest.skip": _unittest_skip,
    "unittest.skipIf": _unittest_skip,
    "unittest.skipUnless": _unittest_skip,
    "unittest.expectedFailure": _identity,
    "unittest.case.skip": _unittest_skip,
    "unittest.case.skipIf": _unittest_skip,
    "unittest.case.skipUnless": _unittest_skip,
    "unittest.case.expectedFailure": _identity,
    "itertools.product": _combine(itertools.product),
    "itertools.chain": _combine(itertools.chain),
    "itertools.permutations": _combine(itertools.permutations),
    "itertools.combinations": _combine(itertools.combinations),
    "itertools.combinations_with_replacement": _combine(itertools.combinations_with_replacement),
    "itertools.zip_longest": _combine(itertools.zip_longest),
    "itertools.chain.from_iterable": _chain_from_iterable,
    "itertools.islice": _islice,
    "math.sqrt": _math(math.sqrt),
    "math.floor": _math(math.floor),
    "math.ceil": _math(math.ceil),
    "math.log": _math(math.log),
    "math.log2": _math(math.log2),
    "math.log10": _math(math.log10),
    "re.compile": _re_compile,
    "copy.copy": _copy,
    "copy.deepcopy": _deepcopy,
    "warnings.filterwarnings": _filter_warnings,
    "warnings.simplefilter": _filter_warnings,
    "warnings.warn": _warn,
}

for _name in ("skip", "skipIf", "skipUnless", "expectedFailure"):
    NATIVES.setdefault(f"unittest.case.{_name}", NATIVES[f"unittest.{_name}"])

VALUES: dict[str, Callable[[Machine], Value]] = {
    "typing.TYPE_CHECKING": lambda machine: False,
    "typing_extensions.TYPE_CHECKING": lambda machine: False,
    "os.cpu_count": lambda machine: UNKNOWN,
    "pytest.skip.Exception": lambda machine: Opaque("_pytest.outcomes.Skipped", "class"),
    "pytest.fail.Exception": lambda machine: Opaque("_pytest.outcomes.Failed", "class"),
    "pytest.exit.Exception": lambda machine: Opaque("_pytest.outcomes.Exit", "class"),
    "pytest.xfail.Exception": lambda machine: Opaque("_pytest.outcomes.XFailed", "class"),
    "platform.system": lambda machine: Native("platform.system", lambda machine, args, kwargs: _system_name(machine)),
    "platform.machine": lambda machine: Native(
        "platform.machine", lambda machine, args, kwargs: machine.environment.machine or UNKNOWN
    ),
    "platform.python_implementation": lambda machine: Native(
        "platform.python_implementation", lambda machine, args, kwargs: "CPython"
    ),
    "platform.python_version": lambda machine: Native(
        "platform.python_version", lambda machine, args, kwargs: ".".join(map(str, machine.version))
    ),
}


def _system_name(machine: Machine) -> Value:
    return {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}.get(machine.environment.platform, UNKNOWN)
