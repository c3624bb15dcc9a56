"""Class statements and instances: bases, MRO, metaclasses, enums, dataclasses and named tuples."""

from __future__ import annotations

import builtins
from collections import Counter
from collections.abc import Sequence
from typing import Any

from muster.execution.arity import bind_arguments
from muster.execution.exceptions import is_exception_class
from muster.execution.expressions import evaluate
from muster.execution.machine import Machine
from muster.execution.metaclasses import call_metaclass, is_metaclass, make_through_metaclass
from muster.execution.scope import Scope, ScopeKind
from muster.execution.subclass_hooks import init_subclass
from muster.execution.values import (
    MISSING,
    UNKNOWN,
    ClassValue,
    DescriptorValue,
    DictValue,
    EnumMember,
    ExceptionInstance,
    FunctionValue,
    InstanceValue,
    ListValue,
    ModuleValue,
    Native,
    Opaque,
    OpaqueInstance,
    SetValue,
    TupleValue,
    Value,
)
from muster.execution.variables import Variables
from muster.model.collection import OtherFailure

Node = Sequence[Any]
OBJECT = Opaque("builtins.object", "class")
_FLAGS = ("enum.Flag", "enum.IntFlag")
_ENUMS = ("enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag", "enum.ReprEnum")
_MODELLED_CLASSES = (
    "types.ModuleType",
    "pathlib.Path",
    "pathlib.PosixPath",
    "pathlib.PurePath",
    "pathlib.PurePosixPath",
)
_FINAL = ("builtins.bool", "builtins.NoneType", "builtins.function", "builtins.range", "builtins.slice")


def build_class(machine: Machine, node: Node, scope: Scope, qualname: str) -> Value:
    """What a class statement makes, before its decorators."""
    _, line, name, base_nodes, keywords, body = node[:6]
    bases = _bases(machine, base_nodes, scope)
    options = {key: evaluate(machine, value, scope) for key, value in keywords}
    cls = ClassValue(name, qualname, scope.module.name, scope.file, line)
    set_bases(machine, cls, bases)
    _set_metaclass(machine, cls, options)
    inner = Scope(ScopeKind.CLASS, scope.module, cls.namespace, scope.file, scope.closure)
    inner.cls = cls
    inner.line = line
    from muster.execution.statements import run_scope

    run_scope(machine, body, inner)
    scope.line = line
    is_open = bool(cls.namespace.pop("__muster_lenient__", None))
    if is_open:
        cls.lenient = cls.body_lenient = True

    def finish() -> None:
        _adopt(cls)
        _check_slots(machine, cls)
        _specialise(machine, cls)
        init_subclass(machine, cls, options)

    _adopt(cls)
    return make_through_metaclass(machine, cls, options, finish, is_open)


def _bases(machine: Machine, nodes: Sequence[Node], scope: Scope) -> tuple[Value, ...]:
    from muster.execution.expressions import _arguments

    values, sure = _arguments(machine, nodes, scope)
    return values if sure else (*values, UNKNOWN)


def set_bases(machine: Machine, cls: ClassValue, bases: tuple[Value, ...]) -> None:
    """Give the class its bases and the MRO that follows. Raises `TypeError` where Python does."""
    classes: list[Value] = []
    for base in map(as_class, bases):
        if isinstance(base, ModuleValue):
            raise machine.error("TypeError", "module() takes at most 2 arguments (3 given)", OtherFailure("bases"))
        if isinstance(base, FunctionValue) and not base.opaque_decorators:
            raise machine.error("TypeError", "function() argument 'code' must be code, not str", OtherFailure("bases"))
        if isinstance(base, ClassValue) or (isinstance(base, Opaque) and base.kind in ("class", "")):
            if isinstance(base, Opaque) and base.dotted in _FINAL:
                shown = base.dotted.removeprefix("builtins.")
                raise machine.error(
                    "TypeError", f"type '{shown}' is not an acceptable base type", OtherFailure("bases")
                )
            classes.append(base)
            if isinstance(base, Opaque) and not base.kind:
                cls.mro_known = False
            continue
        if isinstance(base, Native) and base.dotted in (
            "typing.NamedTuple",
            "typing.TypedDict",
            "collections.namedtuple",
        ):
            classes.append(Opaque(base.dotted, "class"))
            continue
        if isinstance(base, OpaqueInstance) and cls.metaclass is None:
            # Its own class is asked to make the class (`zope.interface.Interface`): what comes out is no class at all.
            cls.metaclass = Opaque(base.cls.dotted, "object")
        cls.mro_known = False
    duplicates = [base for place, base in enumerate(classes) if any(_same(base, other) for other in classes[:place])]
    if duplicates and all(isinstance(base, ClassValue) for base in duplicates):
        raise machine.error("TypeError", f"duplicate base class {duplicates[0].name}", OtherFailure("bases"))
    cls.bases = tuple(classes)
    cls.mro_known &= all(base.mro_known for base in classes if isinstance(base, ClassValue))
    cls.lenient |= any(base.lenient for base in classes if isinstance(base, ClassValue))
    cls.mro = linearise(machine, cls, classes)


def as_class(base: Value) -> Value:
    """Built-in types are callables that the simulation models; as bases they are opaque classes."""
    if isinstance(base, Opaque) and base.dotted in (
        "typing.NamedTuple",
        "typing.TypedDict",
        "typing_extensions.TypedDict",
    ):
        # Functions with `__mro_entries__`, which stand for a class of their own making.
        return Opaque(base.dotted.replace("_extensions", ""), "class")
    if isinstance(base, Native) and hasattr(builtins, base.dotted):
        from muster.execution.natives.builtin_functions import facts_of

        return Opaque(f"builtins.{base.dotted}", "class", facts_of(base.dotted))
    return Opaque(base.dotted, "class") if isinstance(base, Native) and base.dotted in _MODELLED_CLASSES else base


def _same(left: Value, right: Value) -> bool:
    if isinstance(left, Opaque) and isinstance(right, Opaque):
        return left.dotted == right.dotted
    return left is right


def linearise(machine: Machine, cls: ClassValue, bases: Sequence[Value]) -> tuple[Value, ...]:
    """The C3 linearisation. Raises Python's `TypeError` where there is none and every base is the project's own."""
    if len(bases) < 2:
        return (cls, *(_linear(bases[0]) if bases else ()), OBJECT)
    sequences = [sequence for sequence in (*(_linear(base) for base in bases), list(bases)) if sequence]
    result: list[Value] = [cls]
    placed: set[str | int] = set()
    heads = [0] * len(sequences)
    in_tails = Counter(_key(each) for sequence in sequences for each in sequence[1:])
    while True:
        open_ones = [place for place, sequence in enumerate(sequences) if heads[place] < len(sequence)]
        if not open_ones:
            break
        candidates = [sequences[place][heads[place]] for place in open_ones]
        head = next((each for each in candidates if not in_tails[_key(each)]), None)
        if head is None:
            _refuse_order(machine, cls, bases)
            head = candidates[0]
        result.append(head)
        placed.add(_key(head))
        for place in open_ones:
            sequence = sequences[place]
            while heads[place] < len(sequence) and _key(sequence[heads[place]]) in placed:
                heads[place] += 1
                if heads[place] < len(sequence):
                    in_tails[_key(sequence[heads[place]])] -= 1
    if not any(isinstance(each, Opaque) and each.dotted == "builtins.object" for each in result):
        result.append(OBJECT)
    return tuple(result)


def _key(base: Value) -> str | int:
    """What makes two entries the same class: an installed one may be met as several values."""
    return base.dotted if isinstance(base, Opaque) else id(base)


def _refuse_order(machine: Machine, cls: ClassValue, bases: Sequence[Value]) -> None:
    if cls.mro_known and all(isinstance(base, ClassValue) and not base.opaque_bases for base in bases):
        names = ", ".join(base.name for base in bases)
        message = f"Cannot create a consistent method resolution order (MRO) for bases {names}"
        if machine.version < (3, 13, 0):
            message = message.replace("resolution order", "resolution\norder")
        raise machine.error("TypeError", message, OtherFailure("bases"))


def _linear(base: Value) -> list[Value]:
    if isinstance(base, ClassValue):
        return [each for each in base.mro if not (isinstance(each, Opaque) and each.dotted == "builtins.object")]
    # An installed class stands for its whole MRO: what is behind it is in its facts.
    return [] if base.dotted == "builtins.object" else [base]


def _set_metaclass(machine: Machine, cls: ClassValue, options: dict[str | None, Value]) -> None:
    explicit = options.get("metaclass")
    if explicit is not None:
        cls.metaclass = explicit
    for base in cls.bases:
        inherited = base.metaclass if isinstance(base, ClassValue) else _opaque_metaclass(base)
        if cls.metaclass is None and inherited is not None:
            cls.metaclass = inherited
    _check_metaclasses(machine, cls)
    metaclass = cls.metaclass
    cls.body_lenient = cls.lenient
    if isinstance(metaclass, ClassValue):
        cls.lenient |= metaclass.lookup("__new__") is not MISSING or metaclass.lookup("__prepare__") is not MISSING
    elif metaclass is not None and not (
        isinstance(metaclass, Opaque)
        and metaclass.dotted in ("abc.ABCMeta", "builtins.type", "enum.EnumType", "enum.EnumMeta")
    ):
        cls.lenient = True
    if isinstance(metaclass, Opaque) and metaclass.dotted == "builtins.type":
        cls.metaclass = None


def _opaque_metaclass(base: Opaque) -> Value:
    facts = getattr(base.facts, "class_", None)
    if facts is None:
        return None
    return None if facts.metaclass in ("type", "builtins.type") else Opaque(facts.metaclass, "class")


def _check_slots(machine: Machine, cls: ClassValue) -> None:
    slots = cls.namespace.get("__slots__")
    names = [slots] if isinstance(slots, str) else machine.iterate(slots) if slots is not None else None
    for name in names or ():
        if isinstance(name, str) and name in cls.namespace and name not in ("__dict__", "__weakref__"):
            raise machine.error(
                "ValueError", f"{name!r} in __slots__ conflicts with class variable", OtherFailure("bases")
            )


def _check_metaclasses(machine: Machine, cls: ClassValue) -> None:
    """Two metaclasses of the project's own, neither derived from the other (data model, 3.3.3.3)."""
    found = [cls.metaclass, *(base.metaclass for base in cls.bases if isinstance(base, ClassValue))]
    metaclasses = [each for each in found if isinstance(each, ClassValue) and each.mro_known]
    for metaclass in metaclasses:
        if all(metaclass in other.mro or other in metaclass.mro for other in metaclasses):
            continue
        text = (
            "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses "
            "of all its bases"
        )
        raise machine.error("TypeError", text, OtherFailure("bases"))


def _adopt(cls: ClassValue) -> None:
    """Tell each function of the body its class, for `super()`; some are class methods without saying so."""
    for name in ("__init_subclass__", "__class_getitem__"):
        if isinstance(cls.namespace.get(name), FunctionValue):
            cls.namespace[name] = DescriptorValue("classmethod", cls.namespace[name])
    for value in cls.namespace.values():
        inner = value.function if isinstance(value, DescriptorValue) else value
        if isinstance(inner, FunctionValue) and inner.cls is None:
            inner.cls = cls


def derives_from(cls: ClassValue, names: Sequence[str]) -> bool:
    """Whether an installed class of one of these dotted names stands along the MRO."""
    for base in cls.mro:
        if isinstance(base, Opaque):
            facts = getattr(base.facts, "class_", None)
            if base.dotted in names or (facts is not None and any(name in facts.mro for name in names)):
                return True
    return False


def _specialise(machine: Machine, cls: ClassValue) -> None:
    if derives_from(cls, _ENUMS):
        cls.special = "enum"
        _make_members(machine, cls)
    elif any(isinstance(base, Opaque) and base.dotted == "typing.NamedTuple" for base in cls.bases):
        cls.special = "namedtuple"
        annotations = cls.namespace.get("__annotations__")
        fields = tuple(annotations) if isinstance(annotations, dict) else ()
        cls.namespace["_fields"] = TupleValue(fields)
        cls.namespace["__new__"] = Native("typing.NamedTuple.__new__", lambda machine, args, kwargs: UNKNOWN)
        cls.namespace["__muster_defaults__"] = DictValue(
            (name, cls.namespace[name]) for name in fields if name in cls.namespace
        )
    elif any(isinstance(base, Opaque) and base.dotted == "typing.TypedDict" for base in cls.bases):
        cls.special = "typeddict"
    else:
        cls.special = next((base.special for base in cls.bases if isinstance(base, ClassValue) and base.special), "")
        if cls.special == "dataclass":
            cls.special = "dataclass-child"


def _make_members(machine: Machine, cls: ClassValue) -> None:
    """The members of an enum: every plain assignment of its body (`enum.EnumType.__new__`)."""
    for base in cls.bases:
        if isinstance(base, ClassValue) and any(isinstance(value, EnumMember) for value in base.namespace.values()):
            if machine.version >= (3, 11, 0):
                message = f"<enum '{cls.name}'> cannot extend <enum '{base.name}'>"
            else:
                message = f"{cls.name}: cannot extend enumeration '{base.name}'"
            raise machine.error("TypeError", message, OtherFailure("enum"))
    count = 0
    members: list[EnumMember] = []
    ignored = cls.namespace.get("_ignore_", ())
    for name, value in list(cls.namespace.items()):
        if name.startswith("__") or (name.startswith("_") and name.endswith("_")) or name in ignored:
            continue
        if isinstance(value, (FunctionValue, DescriptorValue, ClassValue, Native)):
            continue
        if isinstance(value, OpaqueInstance) and value.cls.dotted == "enum.nonmember":
            cls.namespace[name] = value.args[0] if value.args else UNKNOWN
            continue
        count += 1
        if isinstance(value, OpaqueInstance) and value.cls.dotted == "enum.auto":
            value = name.lower() if derives_from(cls, ("enum.StrEnum",)) else count
            if cls.lookup("_generate_next_value_") is not MISSING or derives_from(cls, ("enum.Flag", "enum.IntFlag")):
                value = UNKNOWN
        elif isinstance(value, int) and not isinstance(value, bool):
            count = value
        alias = next((each for each in members if isinstance(value, (str, int)) and each.value == value), None)
        cls.namespace[name] = alias or EnumMember(cls, name, value)
        if alias is None:
            members.append(cls.namespace[name])


# Instances.


def instantiate(machine: Machine, cls: ClassValue, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    """`cls(*args, **kwargs)`."""
    if cls.special == "enum":
        return _enum_by_value(machine, cls, args)
    if isinstance(cls.metaclass, Opaque) and cls.metaclass.kind == "object":
        return UNKNOWN
    if is_exception_class(cls):
        return _exception(machine, cls, args, kwargs)
    if is_metaclass(cls):
        return call_metaclass(machine, cls, args, kwargs)
    metaclass_call = cls.metaclass.lookup("__call__") if isinstance(cls.metaclass, ClassValue) else MISSING
    if metaclass_call is not MISSING or cls.special in ("typeddict", "namedtuple"):
        return _special_instance(machine, cls, args, kwargs)
    if not cls.is_known:
        return InstanceValue(cls, unsure=True)
    _check_abstract(machine, cls)
    if derives_from(cls, ("types.ModuleType", "builtins.module")):
        return _module_object(args)
    new = cls.lookup("__new__")
    if new is not MISSING:
        return InstanceValue(cls, unsure=True)
    instance = InstanceValue(cls)
    init = cls.lookup("__init__")
    if isinstance(init, FunctionValue):
        _run_init(machine, instance, init, args, kwargs)
    elif cls.special.startswith("dataclass"):
        _dataclass_init(machine, instance, args, kwargs)
    elif init is not MISSING or cls.opaque_bases:
        instance.unsure = True
    elif args or kwargs:
        raise machine.error("TypeError", f"{cls.name}() takes no arguments", OtherFailure("arity"))
    return instance


def _module_object(args: tuple[Value, ...]) -> ModuleValue:
    """A module of a class of the project's own: its attributes may be computed."""
    module = ModuleValue(args[0] if args and isinstance(args[0], str) else "?", None, "made")
    module.lenient = True
    return module


def _check_abstract(machine: Machine, cls: ClassValue) -> None:
    """An abstract method left open (only where `ABCMeta` is surely the metaclass)."""
    if not (isinstance(cls.metaclass, Opaque) and cls.metaclass.dotted == "abc.ABCMeta"):
        return
    if cls.opaque_bases and any(base.dotted != "abc.ABC" for base in cls.opaque_bases):
        return
    open_methods = sorted(
        {
            name
            for base in cls.mro
            if isinstance(base, ClassValue)
            for name, value in base.namespace.items()
            if _is_abstract(value) and _is_abstract(cls.lookup(name))
        }
    )
    if not open_methods:
        return
    plural = "s" if len(open_methods) > 1 else ""
    if machine.version >= (3, 12, 0):
        names = ", ".join(f"'{name}'" for name in open_methods)
        text = (
            f"Can't instantiate abstract class {cls.name} without an implementation for abstract method{plural} {names}"
        )
    else:
        text = f"Can't instantiate abstract class {cls.name} with abstract method{plural} {', '.join(open_methods)}"
    raise machine.error("TypeError", text, OtherFailure("abstract"))


def _is_abstract(value: Value) -> bool:
    inner = value.function if isinstance(value, DescriptorValue) else value
    return isinstance(inner, FunctionValue) and inner.attributes.get("__isabstractmethod__") is True


def _run_init(
    machine: Machine, instance: InstanceValue, init: FunctionValue, args: tuple[Value, ...], kwargs: dict[str, Value]
) -> None:
    if init.opaque_decorators:
        instance.unsure = True
        return
    if machine.depth >= machine.call_depth:
        bind_arguments(machine, init, (instance, *args), kwargs)
        instance.unsure = True
        return
    machine.call(init, (instance, *args), kwargs)
    if instance.cls.opaque_bases or machine.unsure:
        # What was set on it in a branch that may not be taken is not known.
        instance.unsure = True


def _special_instance(machine: Machine, cls: ClassValue, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    fields = cls.lookup("_fields")
    if isinstance(cls.lookup("__new__"), FunctionValue):
        return UNKNOWN
    if cls.special != "namedtuple" or cls.lenient or not isinstance(fields, tuple):
        return UNKNOWN
    defaults = cls.lookup("__muster_defaults__")
    defaults = {} if defaults is MISSING else defaults
    if not isinstance(defaults, dict):
        return UNKNOWN
    bound = bind_arguments(machine, _constructor(cls, "__new__", "_cls", fields, defaults), (cls, *args), kwargs)
    value = TupleValue(bound[name] for name in fields)
    value.cls = cls
    return value


def _constructor(
    cls: ClassValue,
    method: str,
    first: str,
    fields: Sequence[str],
    defaults: dict[str, Value],
    kwonly: Sequence[str] = (),
) -> FunctionValue:
    """A generated `__new__` or `__init__`, for checking what it is called with."""
    qualname = f"{cls.qualname}.{method}"
    params = (
        (),
        ((first, None), *((name, None) for name in fields)),
        None,
        tuple((name, None) for name in kwonly),
        None,
    )
    # Up to Python 3.9 a named tuple's `__new__` was a lambda.
    function = FunctionValue("<lambda>" if method == "__new__" else method, qualname, None, cls.file, 0, params)
    function.defaults = defaults
    return function


def _enum_by_value(machine: Machine, cls: ClassValue, args: tuple[Value, ...]) -> Value:
    members = [value for value in cls.namespace.values() if isinstance(value, EnumMember)]
    if len(args) != 1 or not members:
        return UNKNOWN
    for member in members:
        if isinstance(args[0], (str, int)) and isinstance(member.value, (str, int)) and member.value == args[0]:
            return member
    plain = all(isinstance(member.value, (str, int)) for member in members) and isinstance(args[0], (str, int))
    if plain and not cls.lenient and cls.lookup("_missing_") is MISSING and not derives_from(cls, _FLAGS):
        raise machine.error("ValueError", f"{args[0]!r} is not a valid {cls.qualname}", OtherFailure("enum"))
    return UNKNOWN


def _exception(machine: Machine, cls: ClassValue, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    instance = ExceptionInstance(cls, args)
    init = cls.lookup("__init__")
    if isinstance(init, FunctionValue) and not init.opaque_decorators:
        instance.attributes["__init__running"] = True
        machine.call(init, (instance, *args), kwargs)
        instance.attributes.pop("__init__running", None)
    return instance


# Dataclasses.


_MUTABLE: dict[type, str] = {ListValue: "list", DictValue: "dict", Variables: "os._Environ", SetValue: "set"}


def make_dataclass(machine: Machine, cls: ClassValue, options: dict[str, Value]) -> ClassValue:
    """`@dataclass`: checks the fields as `dataclasses._process_class` does, and gives the class its `__init__`."""
    annotations = cls.namespace.get("__annotations__")
    fields = list(annotations) if isinstance(annotations, dict) else []
    inherited = [name for base in reversed(cls.mro[1:]) if isinstance(base, ClassValue) for name in _own_fields(base)]
    with_default = ""
    # Annotations kept as text may say `ClassVar` or `KW_ONLY`, which is not read here.
    unread = machine.source.facts(cls.file).future_annotations or machine.version >= (3, 14, 0)
    keyword_only = options.get("kw_only", False) is not False
    for name in fields:
        value = cls.namespace.get(name, MISSING)
        if name == "_" and value is MISSING:
            # `_: KW_ONLY`: what follows is no positional argument.
            keyword_only = True
        if isinstance(value, FieldValue):
            if value.init is not True or value.kw_only not in (None, False):
                continue
            value = value.default
        mutable = isinstance(value, (ListValue, DictValue, SetValue)) and not getattr(value, "frozen", False)
        if isinstance(value, Variables) and machine.version < (3, 11, 0):
            mutable = False  # lists, dictionaries and sets were refused; from then on, whatever has no hash
        if mutable and not unread and _is_field(cls, name):
            kind = _MUTABLE[type(value)]
            message = f"mutable default <class '{kind}'> for field {name} is not allowed: use default_factory"
            raise machine.error("ValueError", message, OtherFailure("dataclass"))
        if (
            value is MISSING
            and with_default
            and not unread
            and not keyword_only
            and not inherited
            and _is_field(cls, name)
        ):
            shown = f"'{name}'"
            tail = f" '{with_default}'" if machine.version >= (3, 13, 0) else ""
            raise machine.error(
                "TypeError", f"non-default argument {shown} follows default argument{tail}", OtherFailure("dataclass")
            )
        if (
            value is not MISSING
            and _is_field(cls, name)
            and not isinstance(value, OpaqueInstance)
            and value is not UNKNOWN
        ):
            with_default = with_default or name
    cls.namespace["__dataclass_fields__"] = ListValue(dict.fromkeys([*inherited, *fields]))
    cls.namespace["__muster_init__"] = None if unread else _dataclass_constructor(cls, fields, options)
    cls.special = "dataclass"
    return cls


class FieldValue:
    """`dataclasses.field(...)`: `default` is MISSING where there is none, UNKNOWN for a factory."""

    __slots__ = ("default", "init", "kw_only")

    def __init__(self, options: dict[str, Value]) -> None:
        self.default = options.get("default", UNKNOWN if "default_factory" in options else MISSING)
        self.init = options.get("init", True)
        self.kw_only = options.get("kw_only")


def _dataclass_constructor(cls: ClassValue, fields: Sequence[str], options: dict[str, Value]) -> Value:
    """The generated `__init__`, None where its parameters are not known."""
    if options.get("init", True) is not True or options.get("kw_only", False) not in (True, False):
        return None
    positional: list[str] = []
    keyword: list[str] = []
    defaults: dict[str, Value] = {}
    for base in reversed(cls.mro[1:]):
        if isinstance(base, ClassValue) and "__dataclass_fields__" in base.namespace:
            inherited = base.namespace.get("__muster_init__")
            if not isinstance(inherited, FunctionValue):
                return None
            positional += [name for name, _ in inherited.params[1][1:] if name not in positional]
            keyword += [name for name, _ in inherited.params[3] if name not in keyword]
            defaults.update(inherited.defaults)
        elif isinstance(base, Opaque) and base.dotted not in (
            "builtins.object",
            "abc.ABC",
            "typing.Generic",
            "typing.Protocol",
        ):
            return None
    annotations = cls.namespace["__annotations__"] if fields else {}
    for name in fields:
        annotated = annotations.get(name)
        value = cls.namespace.get(name, MISSING)
        if annotated is UNKNOWN and name in ("_", "__"):
            return None
        if isinstance(annotated, Opaque) and annotated.name in ("ClassVar", "KW_ONLY", "InitVar"):
            if annotated.name == "ClassVar":
                continue
            return None
        field = value if isinstance(value, FieldValue) else FieldValue({} if value is MISSING else {"default": value})
        if field.init is False:
            continue
        if field.init is not True or isinstance(value, (OpaqueInstance,)) or value is UNKNOWN:
            return None
        is_keyword = field.kw_only if field.kw_only is not None else options.get("kw_only", False)
        target = keyword if is_keyword is True else positional
        if name not in positional and name not in keyword:
            target.append(name)
        defaults.pop(name, None)
        if field.default is not MISSING:
            defaults[name] = field.default
    return _constructor(cls, "__init__", "self", positional, defaults, keyword)


def _own_fields(cls: ClassValue) -> list[str]:
    fields = cls.namespace.get("__dataclass_fields__")
    return list(fields) if isinstance(fields, ListValue) else []


def _is_field(cls: ClassValue, name: str) -> bool:
    annotations = cls.namespace.get("__annotations__")
    annotated = annotations.get(name) if isinstance(annotations, dict) else None
    return not (isinstance(annotated, Opaque) and annotated.name in ("ClassVar", "InitVar", "KW_ONLY"))


def _dataclass_init(
    machine: Machine, instance: InstanceValue, args: tuple[Value, ...], kwargs: dict[str, Value]
) -> None:
    constructor = instance.cls.lookup("__muster_init__")
    owner = next(
        (base for base in instance.cls.mro if isinstance(base, ClassValue) and "__muster_init__" in base.namespace),
        None,
    )
    if isinstance(constructor, FunctionValue) and owner is instance.cls:
        bind_arguments(machine, constructor, (instance, *args), kwargs)
    fields = instance.cls.lookup("__dataclass_fields__")
    names = list(fields) if isinstance(fields, ListValue) else []
    for name, value in (*zip(names, args, strict=False), *kwargs.items()):
        instance.attributes[name] = value
    instance.unsure = True
