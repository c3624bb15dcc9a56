"""The built-in functions and types that module level code computes with."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from functools import cache
from typing import Any

from muster.execution import operations
from muster.execution.attributes import get_attribute, set_attribute
from muster.execution.expressions import make_set
from muster.execution.installed import is_subclass
from muster.execution.machine import Machine
from muster.execution.raised import Raised
from muster.execution.values import (
    MISSING,
    UNKNOWN,
    BoundMethod,
    ClassValue,
    DescriptorValue,
    DictValue,
    EnumMember,
    ExceptionInstance,
    FunctionValue,
    InstanceValue,
    IteratorValue,
    ListValue,
    ModuleValue,
    Native,
    Opaque,
    OpaqueInstance,
    PartialValue,
    SetValue,
    SuperValue,
    TupleValue,
    Value,
)
from muster.execution.variables import Variables
from muster.model.environment import ProbedClass, ProbedName

Args = tuple[Value, ...]
Kwargs = dict[str, Value]

CONSTANTS: dict[str, Any] = {"True": True, "False": False, "None": None, "Ellipsis": ..., "__debug__": True}
ALWAYS = frozenset(name for name in dir(builtins) if not name.startswith("_")) - {
    "PythonFinalizationError",
    "ExceptionGroup",
    "BaseExceptionGroup",
    "EncodingWarning",
    "aiter",
    "anext",
}
"""Built-ins that every supported Python has, for where the environment was not asked."""

TYPES: dict[str, type] = {
    name: getattr(builtins, name)
    for name in (
        "str",
        "int",
        "float",
        "bool",
        "list",
        "dict",
        "set",
        "frozenset",
        "tuple",
        "bytes",
        "range",
        "complex",
        "type",
        "object",
        "enumerate",
        "zip",
        "map",
        "filter",
        "reversed",
    )
}


def is_class(name: str) -> bool:
    """Whether the built-in `name` is a class."""
    return isinstance(getattr(builtins, name, None), type)


def canonical(name: str) -> str:
    """The name that the built-in itself bears: `IOError` is `OSError`."""
    value = getattr(builtins, name, None)
    return value.__name__ if isinstance(value, type) else name


@cache
def facts_of(name: str) -> ProbedName | None:
    """What is known of a built-in class without asking anyone."""
    cls = getattr(builtins, name, None)
    if not isinstance(cls, type):
        return None
    mro = tuple(f"builtins.{base.__name__}" for base in cls.__mro__)
    own_init = cls.__init__ is not object.__init__  # type: ignore[misc]  # because only identity is asked
    return ProbedName("class", f"builtins.{name}", class_=ProbedClass(mro, own_init, True, tuple(dir(cls))))


def _len(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    value = args[0] if args else UNKNOWN
    if isinstance(value, (ListValue, DictValue, SetValue)):
        return UNKNOWN if value.unsure else len(value)
    if isinstance(value, (str, bytes, tuple, range)):
        return len(value)
    if isinstance(value, ClassValue):
        elements = machine.iterate(value)
        return UNKNOWN if elements is None else len(elements)
    if value is None or isinstance(value, (int, float)):
        raise machine.error("TypeError", f"object of type '{operations.type_name_of(value)}' has no len()")
    return UNKNOWN


def _sequence(
    make: Callable[[list[Value]], Value], unknown: Callable[[], Value]
) -> Callable[[Machine, Args, Kwargs], Value]:
    def run(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
        if not args:
            return make([])
        if args[0] is None or (isinstance(args[0], (int, float)) and not isinstance(args[0], bool)):
            raise machine.error("TypeError", f"'{operations.type_name_of(args[0])}' object is not iterable")
        elements = machine.iterate(args[0])
        return unknown() if elements is None else make(elements)

    return run


def _set(frozen: bool) -> Callable[[Machine, Args, Kwargs], Value]:
    def run(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
        elements = machine.iterate(args[0]) if args else []
        return SetValue((), True, frozen) if elements is None else make_set(machine, elements, frozen=frozen)

    return run


def _dict(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    result = DictValue()
    update = get_attribute(machine, result, "update")
    machine.call(update, args, kwargs)
    return result


def _convert(kind: type) -> Callable[[Machine, Args, Kwargs], Value]:
    def run(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
        if any(isinstance(arg, (EnumMember, ExceptionInstance)) for arg in args) or not all(
            operations.is_constant(arg) for arg in (*args, *kwargs.values())
        ):
            return UNKNOWN
        try:
            return operations.wrap(kind(*args, **kwargs))
        except (TypeError, ValueError, OverflowError) as failure:
            raise machine.error(type(failure).__name__, str(failure)) from None

    return run


def _str(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    if not args:
        return ""
    if len(args) > 1:
        return _convert(str)(machine, args, kwargs)
    text = operations.text_of(args[0])
    if text is not None:
        return text
    if isinstance(args[0], InstanceValue):
        method = args[0].cls.lookup("__str__")
        if isinstance(method, FunctionValue):
            return machine.call(method, args, {})
    return UNKNOWN


def _repr(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    text = operations.repr_of(args[0]) if args else None
    return UNKNOWN if text is None else text


def _bool(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    known = machine.truth(args[0]) if args else False
    return UNKNOWN if known is None else known


def _range(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    if not all(isinstance(arg, int) for arg in args) or not args:
        return UNKNOWN
    try:
        return range(*args)
    except (TypeError, ValueError) as failure:
        raise machine.error(type(failure).__name__, str(failure)) from None


def _zip(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    columns = [machine.iterate(arg) for arg in args]
    if any(column is None for column in columns):
        return IteratorValue(None, "zip")
    rows = zip(*[column for column in columns if column is not None], strict=False)
    return IteratorValue([TupleValue(row) for row in rows], "zip")


def _enumerate(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    elements = machine.iterate(args[0]) if args else None
    start = args[1] if len(args) > 1 else kwargs.get("start", 0)
    if elements is None or not isinstance(start, int):
        return IteratorValue(None, "enumerate")
    return IteratorValue([TupleValue(pair) for pair in enumerate(elements, start)], "enumerate")


def _map(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    columns = [machine.iterate(arg) for arg in args[1:]]
    if not columns or any(column is None for column in columns):
        return IteratorValue(None, "map")
    rows = zip(*[column for column in columns if column is not None], strict=False)
    return IteratorValue([machine.call(args[0], tuple(row), {}) for row in rows], "map")


def _filter(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    elements = machine.iterate(args[1]) if len(args) == 2 else None
    if elements is None:
        return IteratorValue(None, "filter")
    kept: list[Value] = []
    for element in elements:
        verdict = machine.truth(element if args[0] is None else machine.call(args[0], (element,), {}))
        if verdict is None:
            return IteratorValue(None, "filter")
        if verdict:
            kept.append(element)
    return IteratorValue(kept, "filter")


def _sorted(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    from muster.execution.methods import sorted_elements

    elements = machine.iterate(args[0]) if args else None
    if elements is None:
        return ListValue((), True)
    ordered = sorted_elements(machine, elements, kwargs)
    return ListValue(elements, True) if ordered is None else ListValue(ordered)


def _reversed(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    elements = machine.iterate(args[0]) if args else None
    return IteratorValue(None if elements is None else elements[::-1], "reversed")


def _iter(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    if len(args) == 1 and isinstance(args[0], IteratorValue):
        return args[0]
    elements = machine.iterate(args[0]) if len(args) == 1 else None
    return IteratorValue(elements)


def _next(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    iterator = args[0] if args else UNKNOWN
    if isinstance(iterator, IteratorValue) and iterator.elements is not None:
        if iterator.position < len(iterator.elements):
            iterator.position += 1
            return iterator.elements[iterator.position - 1]
        if len(args) > 1:
            return args[1]
        raise machine.error("StopIteration", "")
    return UNKNOWN


def _fold(function: Callable[..., Any]) -> Callable[[Machine, Args, Kwargs], Value]:
    def run(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
        elements = machine.iterate(args[0]) if len(args) == 1 else list(args)
        if elements is None or kwargs or not all(operations.is_constant(each) for each in elements) or not elements:
            return UNKNOWN
        try:
            return operations.wrap(function(elements))
        except (TypeError, ValueError) as failure:
            raise machine.error(type(failure).__name__, str(failure)) from None

    return run


def _sum(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    elements = machine.iterate(args[0]) if args else None
    total: Value = args[1] if len(args) > 1 else kwargs.get("start", 0)
    if elements is None:
        return UNKNOWN
    for element in elements:
        total = operations.binary(machine, "+", total, element)
    return total


def _any_all(stops_at: bool) -> Callable[[Machine, Args, Kwargs], Value]:
    def run(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
        elements = machine.iterate(args[0]) if args else None
        if elements is None:
            return UNKNOWN
        verdicts = [machine.truth(element) for element in elements]
        if stops_at in verdicts:
            return stops_at
        return UNKNOWN if None in verdicts else not stops_at

    return run


def _host(function: Callable[..., Any]) -> Callable[[Machine, Args, Kwargs], Value]:
    def run(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
        if kwargs or not all(operations.is_constant(arg) for arg in args):
            return UNKNOWN
        try:
            return operations.wrap(function(*args))
        except (TypeError, ValueError, ArithmeticError) as failure:
            raise machine.error(type(failure).__name__, str(failure)) from None

    return run


# Attributes and types.


def _getattr(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    if len(args) < 2 or not isinstance(args[1], str):
        return UNKNOWN
    found = get_attribute(machine, args[0], args[1])
    if found is not MISSING:
        return found
    if len(args) > 2:
        return args[2]
    return machine.load_attribute(args[0], args[1])


def _hasattr(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    if len(args) != 2 or not isinstance(args[1], str):
        return UNKNOWN
    try:
        found = get_attribute(machine, args[0], args[1])
    except Raised as raised:
        if "AttributeError" in raised.bases:
            return False
        raise
    if isinstance(found, Opaque) and not found.kind:
        return UNKNOWN
    return False if found is MISSING else UNKNOWN if found is UNKNOWN else True


def _setattr(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    if len(args) == 3:
        if isinstance(args[1], str):
            set_attribute(machine, args[0], args[1], args[2])
        elif isinstance(args[0], ModuleValue):
            args[0].lenient = True
        elif isinstance(args[0], ClassValue):
            args[0].lenient = args[0].attributes_unsure = True
        elif isinstance(args[0], InstanceValue):
            args[0].unsure = True
    return None


def _delattr(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    if len(args) == 2 and isinstance(args[1], str):
        names = getattr(args[0], "namespace", None) or getattr(args[0], "attributes", None)
        if isinstance(names, dict):
            names.pop(args[1], None)
    return None


def type_of(machine: Machine, value: Value) -> Value:
    """`type(value)`."""
    if isinstance(value, (InstanceValue, EnumMember)):
        return value.cls
    if isinstance(value, (OpaqueInstance, ExceptionInstance)):
        return value.cls
    if isinstance(value, ClassValue):
        return value.metaclass if value.metaclass is not None else Native("type", _type)
    name = operations.type_name_of(value)
    if name in TYPES:
        return Native(name, NATIVES[name]) if name in NATIVES else UNKNOWN
    return Opaque(f"builtins.{name}", "class") if name in ("function", "method", "module", "NoneType") else UNKNOWN


def _type(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    if len(args) == 1:
        return type_of(machine, args[0])
    if len(args) == 3 and isinstance(args[0], str):
        return make_class(machine, args[0], args[1], args[2])
    return UNKNOWN


def make_class(machine: Machine, name: str, bases: Value, namespace: Value) -> Value:
    """`type(name, bases, namespace)`."""
    scope = machine.here
    module = scope.module.name if scope else ""
    cls = ClassValue(name, name, module, scope.file if scope else "", scope.line if scope else 0)
    elements = machine.iterate(bases)
    from muster.execution.classes import as_class, linearise

    known = [base for base in map(as_class, elements or ()) if isinstance(base, (ClassValue, Opaque))]
    cls.mro_known = elements is not None and len(known) == len(elements)
    cls.mro_known &= all(base.mro_known for base in known if isinstance(base, ClassValue))
    cls.bases = tuple(known)
    cls.mro = linearise(machine, cls, known)
    if isinstance(namespace, DictValue):
        cls.namespace.update({key: value for key, value in namespace.items() if isinstance(key, str)})
        cls.lenient = namespace.unsure
    else:
        cls.lenient = True
    return cls


def _isinstance(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    if len(args) != 2:
        return UNKNOWN
    if isinstance(args[1], tuple):
        answers = [_isinstance(machine, (args[0], each), {}) for each in args[1]]
        return True if True in answers else UNKNOWN if UNKNOWN in answers else False
    value, cls = args
    if isinstance(cls, Native) and cls.dotted in TYPES:
        return _is_builtin_instance(value, TYPES[cls.dotted])
    own = getattr(value, "cls", None) if isinstance(value, (InstanceValue, EnumMember)) else None
    if isinstance(cls, ClassValue) and own is not None:
        return cls in own.mro or (UNKNOWN if not own.mro_known else False)
    if isinstance(cls, ClassValue) and isinstance(value, (*operations.CONSTANTS, ListValue, DictValue, FunctionValue)):
        return False if cls.metaclass is None else UNKNOWN
    if isinstance(cls, ClassValue) and isinstance(value, ModuleValue) and value.kind in ("source", "namespace"):
        return False if cls.metaclass is None else UNKNOWN
    if isinstance(cls, ClassValue) and isinstance(value, ClassValue):
        return _is_class_made_by(value, cls)
    if isinstance(cls, Opaque) and isinstance(value, OpaqueInstance):
        answer = is_subclass(machine, value.cls, cls.dotted)
        return True if answer else UNKNOWN if answer is None or not _is_plain(cls) else False
    if isinstance(cls, Opaque) and isinstance(value, operations.SCALARS):
        return _is_scalar_of(value, cls)
    if isinstance(cls, Opaque) and own is not None:
        answer = is_subclass(machine, own, cls.dotted)
        return UNKNOWN if answer is None else answer
    return UNKNOWN


def _is_scalar_of(value: Value, cls: Opaque) -> Value:
    """`isinstance` of a plain constant and an installed class: false where that class decides nothing itself."""
    bases = {f"{base.__module__}.{base.__qualname__}" for base in type(value).__mro__}
    return (cls.facts.class_.mro[0] in bases or cls.dotted in bases) if _is_plain(cls) else UNKNOWN


def _is_plain(cls: Opaque) -> bool:
    """Whether an installed class leaves `isinstance` to the MRO."""
    facts = getattr(cls.facts, "class_", None)
    return facts is not None and facts.metaclass in ("type", "builtins.type")


def _is_class_made_by(value: ClassValue, metaclass: ClassValue) -> Value:
    """`isinstance` of a class: whether it comes from that metaclass."""
    if isinstance(value.metaclass, ClassValue):
        return metaclass in value.metaclass.mro or (False if value.metaclass.mro_known else UNKNOWN)
    is_plain = value.metaclass is None or (isinstance(value.metaclass, Opaque) and value.metaclass.kind == "class")
    return False if is_plain and value.mro_known and metaclass.metaclass is None else UNKNOWN


def _is_builtin_instance(value: Value, cls: type) -> Value:
    if cls is object:
        return True
    host: dict[type, type] = {
        ListValue: list, DictValue: dict, Variables: dict, TupleValue: tuple, SetValue: set,
    }  # fmt: skip
    if type(value) in host:
        return issubclass(host[type(value)], cls) if not isinstance(value, SetValue) else cls in (set, frozenset)
    if isinstance(value, operations.CONSTANTS):
        return isinstance(value, cls)
    if isinstance(value, ClassValue):
        return True if cls is type else UNKNOWN
    if isinstance(value, (FunctionValue, BoundMethod, ModuleValue, PartialValue, DescriptorValue)):
        return False
    if isinstance(value, InstanceValue):
        return False if value.cls.mro_known and not value.cls.opaque_bases else UNKNOWN
    facts = getattr(value.cls.facts, "class_", None) if isinstance(value, OpaqueInstance) else None
    return f"builtins.{cls.__name__}" in facts.mro if facts is not None else UNKNOWN


def _issubclass(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    if args and isinstance(
        args[0], (ModuleValue, FunctionValue, ListValue, DictValue, SetValue, tuple, *operations.CONSTANTS)
    ):
        raise machine.error("TypeError", "issubclass() arg 1 must be a class")
    if len(args) == 2 and isinstance(args[0], ClassValue) and args[0].mro_known:
        if isinstance(args[1], ClassValue):
            return args[1] in args[0].mro or (False if args[1].metaclass is None else UNKNOWN)
        if isinstance(args[1], Opaque):
            answer = is_subclass(machine, args[0], args[1].dotted)
            return UNKNOWN if answer is None else answer
    return UNKNOWN


def _callable(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    value = args[0] if args else UNKNOWN
    if isinstance(value, (FunctionValue, ClassValue, Native, BoundMethod, PartialValue)):
        return True
    if isinstance(value, (*operations.CONSTANTS, ListValue, DictValue, SetValue, tuple, ModuleValue)):
        return False
    return True if isinstance(value, Opaque) and value.kind in ("class", "function") else UNKNOWN


def _descriptor(kind: str) -> Callable[[Machine, Args, Kwargs], Value]:
    return lambda machine, args, kwargs: DescriptorValue(kind, args[0] if args else kwargs.get("fget", UNKNOWN))


def _import(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    if not args or not isinstance(args[0], str):
        return UNKNOWN
    importer = machine.here.file if machine.here else ""
    module = machine.import_module(args[0], importer)
    from_list = args[3] if len(args) > 3 else kwargs.get("fromlist")
    if from_list is None or machine.truth(from_list) is False:
        return machine.modules.get(args[0].partition(".")[0], module)
    return module


def _exit(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    from muster.execution.natives.system import system_exit

    raise system_exit(machine, args)


def _open(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    from muster.execution.natives.system import open_file

    return open_file(machine, args, kwargs)


def _super(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    if len(args) == 2 and isinstance(args[0], ClassValue):
        return SuperValue(args[0], args[1])
    return UNKNOWN


def _nothing(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    return None


def _unknown(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    return UNKNOWN


def _object(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    return OpaqueInstance(Opaque("builtins.object", "class"))


NATIVES: dict[str, Callable[[Machine, Args, Kwargs], Value]] = {
    "len": _len, "list": _sequence(ListValue, lambda: ListValue((), True)), "tuple": _sequence(TupleValue, lambda: UNKNOWN),
    "set": _set(False), "frozenset": _set(True), "dict": _dict, "str": _str, "int": _convert(int), "float": _convert(float),
    "complex": _convert(complex), "bytes": _convert(bytes), "bool": _bool, "repr": _repr, "range": _range, "zip": _zip,
    "enumerate": _enumerate, "map": _map, "filter": _filter, "sorted": _sorted, "reversed": _reversed, "iter": _iter,
    "next": _next, "min": _fold(min), "max": _fold(max), "sum": _sum, "any": _any_all(True), "all": _any_all(False),
    "abs": _host(abs), "round": _host(round), "divmod": _host(divmod), "chr": _host(chr), "ord": _host(ord),
    "hex": _host(hex), "bin": _host(bin), "oct": _host(oct), "ascii": _host(ascii), "getattr": _getattr,
    "hasattr": _hasattr, "setattr": _setattr, "delattr": _delattr, "type": _type, "isinstance": _isinstance,
    "issubclass": _issubclass, "callable": _callable, "staticmethod": _descriptor("staticmethod"),
    "classmethod": _descriptor("classmethod"), "property": _descriptor("property"), "__import__": _import, "exit": _exit,
    "quit": _exit, "open": _open, "super": _super, "print": _nothing, "globals": _unknown, "locals": _unknown,
    "vars": _unknown, "exec": _nothing, "eval": _unknown, "object": _object, "id": _unknown, "hash": _unknown,
}  # fmt: skip
