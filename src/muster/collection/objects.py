"""What pytest asks about a Python object before it collects it (`_pytest/compat.py`, `inspect`), asked of simulated values."""

from __future__ import annotations

from dataclasses import dataclass

from muster.execution.values import (
    MISSING,
    UNKNOWN,
    BoundMethod,
    ClassValue,
    DescriptorValue,
    FixtureValue,
    FunctionValue,
    InstanceValue,
    ListValue,
    Native,
    Opaque,
    OpaqueInstance,
    PartialValue,
    Value,
)
from muster.model.environment import ProbedClass

TEST_CASE = "unittest.case.TestCase"
_TEST_CASES = frozenset({TEST_CASE, "unittest.TestCase"})
_TEST_CASE_LIKE = frozenset({"unittest.IsolatedAsyncioTestCase", "unittest.async_case.IsolatedAsyncioTestCase"})
_ABSTRACT_METACLASSES = frozenset({"abc.ABCMeta", "_py_abc.ABCMeta"})
_ABSTRACT_DECORATORS = frozenset({"abc.abstractmethod", "abc.abstractproperty"})
_WITHOUT_CONSTRUCTOR = frozenset({"object", "builtins.object", "abc.ABC", "typing.Generic", *_TEST_CASES})
_MADE_WITH_CONSTRUCTOR = frozenset({"enum", "namedtuple", "typeddict", "exception", "protocol"})


_PROTOCOLS = frozenset({"typing.Protocol", "typing_extensions.Protocol"})


def is_class(value: Value) -> bool:
    """Whether `value` is known to be a class."""
    return isinstance(value, ClassValue) or (isinstance(value, Opaque) and value.kind == "class")


def class_facts(value: Value) -> ProbedClass | None:
    """What the environment says of an installed class, if anything."""
    if not isinstance(value, Opaque) or value.facts is None:
        return None
    facts: ProbedClass | None = value.facts.class_
    return facts


def ancestry(cls: Value) -> tuple[Value, ...]:
    """The method resolution order as far as it is known, the class itself first."""
    return cls.mro if isinstance(cls, ClassValue) else (cls,)


def is_test_case(cls: Value) -> bool:
    """Whether `cls` is known to be a subclass of `unittest.TestCase`."""
    return any(_is_test_case_base(base) for base in ancestry(cls))


def _is_test_case_base(base: Value) -> bool:
    if not isinstance(base, Opaque):
        return False
    facts = class_facts(base)
    dotted = {base.dotted, *(facts.mro if facts is not None else ())}
    return bool(dotted & (_TEST_CASES | _TEST_CASE_LIKE))


@dataclass(frozen=True, slots=True)
class Constructor:
    """What keeps pytest from collecting a class: `name` is `__init__` or `__new__`, `owner` the class that has it."""

    name: str
    owner: Value
    line: int = 0


def find_constructor(cls: Value) -> Constructor | None:
    """The `__init__` or `__new__` that is not `object`'s (`hasinit`, `hasnew` in `_pytest/python.py`)."""
    return _find_defined(cls, "__init__") or _find_defined(cls, "__new__")


def _find_defined(cls: Value, name: str) -> Constructor | None:
    for base in ancestry(cls):
        if isinstance(base, ClassValue):
            if name in base.namespace:
                defined = base.namespace[name]
                if (
                    defined is None
                    or defined is UNKNOWN
                    or (isinstance(defined, Opaque) and defined.dotted.endswith(f"object.{name}"))
                ):
                    return None
                return Constructor(name, base, getattr(function_of(defined), "line", base.line))
            if _gets_constructor(base, name):
                return Constructor(name, base, base.line)
        elif isinstance(base, Opaque) and base.dotted not in _WITHOUT_CONSTRUCTOR:
            facts = class_facts(base)
            if facts is None and base.dotted.startswith("builtins.") and name == "__new__":
                return Constructor(name, base)
            if facts is not None and (facts.own_init if name == "__init__" else facts.own_new):
                return Constructor(name, base)
    return None


def _gets_constructor(cls: ClassValue, name: str) -> bool:
    """Whether the way a class is made gives it a constructor that its body does not show."""
    if cls.special == "namedtuple":
        return name == "__new__"
    if any(isinstance(base, Opaque) and base.dotted in _PROTOCOLS for base in cls.bases):
        return name == "__init__"
    return name == "__init__" and cls.special in _MADE_WITH_CONSTRUCTOR | {"dataclass"}


def unknown_bases(cls: Value) -> list[str]:
    """Names of base classes about which nothing is known: what the class inherits is then undecided."""
    if not isinstance(cls, ClassValue):
        return []
    names = [
        base.dotted
        for base in cls.opaque_bases
        if class_facts(base) is None
        and not base.dotted.startswith("builtins.")
        and base.dotted not in _WITHOUT_CONSTRUCTOR | _TEST_CASE_LIKE
    ]
    if not cls.mro_known:
        names += [_spelled(base) for base in cls.bases if not isinstance(base, (ClassValue, Opaque))] or ["?"]
    return names


def _spelled(base: Value) -> str:
    return "?" if base is UNKNOWN else type(base).__name__


def is_abstract(cls: Value) -> bool:
    """`inspect.isabstract` of a class of the project."""
    return bool(abstract_names(cls))


def abstract_names(cls: Value) -> list[str]:
    """The names that keep a class of the project from being instantiated, sorted."""
    if not isinstance(cls, ClassValue) or not _has_abstract_metaclass(cls):
        return []
    members: dict[str, Value] = {}
    for base in cls.mro:
        if isinstance(base, ClassValue):
            members = {**base.namespace, **members}
    return sorted(name for name, value in members.items() if _is_abstract_member(value))


def _has_abstract_metaclass(cls: ClassValue) -> bool:
    for base in cls.mro:
        if isinstance(base, ClassValue):
            if isinstance(base.metaclass, Opaque) and base.metaclass.dotted in _ABSTRACT_METACLASSES:
                return True
        elif isinstance(base, Opaque):
            facts = class_facts(base)
            if base.dotted == "abc.ABC" or (facts is not None and facts.metaclass in _ABSTRACT_METACLASSES):
                return True
    return False


def _is_abstract_member(value: Value) -> bool:
    if isinstance(value, DescriptorValue):
        return value.kind.startswith("abstract") or _is_abstract_member(value.function)
    if not isinstance(value, FunctionValue):
        return False
    return value.attributes.get("__isabstractmethod__") is True or bool(
        _ABSTRACT_DECORATORS & set(value.opaque_decorators)
    )


def function_of(value: Value) -> FunctionValue | None:
    """The function behind descriptors, bound methods and `functools.partial` (`get_real_func`), if it is one of the project's."""
    for _ in range(50):
        if isinstance(value, FunctionValue):
            return value
        if not isinstance(value, (DescriptorValue, BoundMethod, PartialValue, FixtureValue)):
            return None
        value = value.function
    return None


def unwrapped(function: FunctionValue) -> FunctionValue:
    """The innermost function along `__wrapped__`, whose signature and line Python reports."""
    for _ in range(50):
        inner = function_of(function.attributes.get("__wrapped__", MISSING))
        if inner is None or inner is function:
            return function
        function = inner
    return function


def find_test_flag(value: Value) -> Value:
    """`__test__` of an object: its value, `MISSING` where it has none."""
    if isinstance(value, FunctionValue):
        return value.attributes.get("__test__", MISSING)
    if isinstance(value, ClassValue):
        return _class_test_flag(value)
    facts = class_facts(value)
    if facts is not None and facts.test_flag is not None:
        return facts.test_flag
    if isinstance(value, (InstanceValue, OpaqueInstance)):
        return value.attributes.get("__test__", MISSING)
    return MISSING


def _class_test_flag(cls: ClassValue) -> Value:
    for base in cls.mro:
        if isinstance(base, ClassValue) and "__test__" in base.namespace:
            return base.namespace["__test__"]
        facts = class_facts(base)
        if facts is not None and facts.test_flag is not None:
            return facts.test_flag
    return MISSING


def class_attribute(cls: Value, name: str) -> Value:
    """The attribute as the class's MRO has it, without descriptors: `MISSING`, or `UNKNOWN` where a base may have it."""
    for base in ancestry(cls):
        if isinstance(base, ClassValue):
            if name in base.namespace:
                return base.namespace[name]
        else:
            facts = class_facts(base)
            if facts is not None and name in facts.names:
                return UNKNOWN
    return MISSING


def is_static(cls: Value, name: str) -> bool:
    """Whether the class's MRO has a `staticmethod` of that name (`inspect.getattr_static`)."""
    found = class_attribute(cls, name)
    return (isinstance(found, DescriptorValue) and found.kind == "staticmethod") or (
        isinstance(found, FunctionValue) and found.static
    )


def is_callable(value: Value) -> bool | None:
    """`callable(value)`, None where it is not known."""
    if isinstance(value, (FunctionValue, ClassValue, Native, BoundMethod, PartialValue)):
        return True
    if isinstance(value, InstanceValue):
        return value.cls.lookup("__call__") is not MISSING or (None if unknown_bases(value.cls) else False)
    if isinstance(value, Opaque):
        return {"class": True, "function": True, "module": False}.get(value.kind)
    if value is UNKNOWN or isinstance(value, OpaqueInstance):
        return None
    return False


def listed(value: Value) -> list[Value] | None:
    """`pytestmark` as a list: a list's elements, a lone value in a list, None where it is not known."""
    if value is MISSING:
        return []
    if value is UNKNOWN:
        return None
    if isinstance(value, ListValue):
        return None if value.unsure else list(value)
    return [value]
