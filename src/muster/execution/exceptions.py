"""Exceptions of simulated code: how they are made, what they are instances of, how they print."""

from __future__ import annotations

import builtins

from muster.execution.machine import Machine
from muster.execution.raised import Raised
from muster.execution.values import UNKNOWN, ClassValue, ExceptionInstance, Opaque, Value
from muster.model.collection import FailureDetail, OtherFailure, SessionExit

PYTEST_OUTCOMES = {
    "Skipped": ("Skipped", "OutcomeException", "BaseException"),
    "Failed": ("Failed", "OutcomeException", "BaseException"),
    "XFailed": ("XFailed", "Failed", "OutcomeException", "BaseException"),
    "Exit": ("Exit", "Exception", "BaseException"),
    "CollectError": ("CollectError", "Exception", "BaseException"),
    "SkipTest": ("SkipTest", "Exception", "BaseException"),
    "ImportPathMismatchError": ("ImportPathMismatchError", "ImportError", "Exception", "BaseException"),
    "PytestUnknownMarkWarning": ("PytestUnknownMarkWarning", "PytestWarning", "UserWarning", "Warning", "Exception"),
    "PytestRemovedIn9Warning": ("PytestRemovedIn9Warning", "PytestDeprecationWarning", "PytestWarning", "Exception"),
}
"""Bases of the exceptions that pytest raises. `Skipped` and `Failed` are no `Exception`s: `_pytest/outcomes.py`."""


def builtin_bases(name: str) -> tuple[str, ...]:
    """The names of the classes that the built-in exception `name` is an instance of, itself first."""
    known = PYTEST_OUTCOMES.get(name)
    if known is not None:
        return known
    cls = getattr(builtins, name, None)
    if isinstance(cls, type) and issubclass(cls, BaseException):
        return tuple(base.__name__ for base in cls.__mro__ if base is not object)
    return (name, "Exception", "BaseException")


def builtin_error(machine: Machine, type_name: str, message: str, detail: FailureDetail | None) -> Raised:
    """A `Raised` of a built-in (or pytest) exception."""
    raised = Raised(type_name, message, builtin_bases(type_name), detail)
    raised.value = ExceptionInstance(Opaque(f"builtins.{type_name}", "class"), (message,))
    raised.value.detail = raised.detail
    raised.confidence = machine.confidence()
    return raised


def is_exception_class(value: Value) -> bool:
    """Whether `value` is definitely an exception class."""
    if isinstance(value, Opaque):
        return _is_opaque_exception(value)
    return isinstance(value, ClassValue) and any(
        isinstance(base, Opaque) and _is_opaque_exception(base) for base in value.mro
    )


def class_bases(cls: Value) -> tuple[str, ...] | None:
    """Names of the classes that an instance of `cls` is an instance of, or None where they are not known."""
    if isinstance(cls, ClassValue):
        names: list[str] = []
        for base in cls.mro:
            if isinstance(base, ClassValue):
                names.append(base.name)
            elif isinstance(base, Opaque):
                names.extend(name for name in class_bases(base) or (base.name,) if name not in names)
        return tuple(names) if cls.mro_known else (*names, "Exception", "BaseException")
    if isinstance(cls, Opaque):
        if _is_builtin_exception(cls):
            return builtin_bases(cls.name)
        facts = getattr(cls.facts, "class_", None)
        if cls.name in PYTEST_OUTCOMES and cls.dotted.startswith("_pytest."):
            return builtin_bases(cls.name)
        if facts is not None:
            return tuple(dotted.rpartition(".")[2] for dotted in facts.mro)
        return (cls.name, "Exception", "BaseException")
    return None


def matches(raised: Raised, expected: Value) -> bool | None:
    """Whether `except expected:` catches `raised`; None where that is not known."""
    if isinstance(expected, tuple):
        answers = [matches(raised, element) for element in expected]
        if any(answer is True for answer in answers):
            return True
        return None if any(answer is None for answer in answers) else False
    if isinstance(expected, ClassValue):
        cls = raised.value.cls if isinstance(raised.value, ExceptionInstance) else None
        if isinstance(cls, ClassValue):
            return expected in cls.mro or (None if not cls.mro_known else False)
        return False
    if isinstance(expected, Opaque):
        return expected.name in raised.bases
    return None


def raise_value(machine: Machine, value: Value) -> Raised:
    """What `raise value` raises: a class is instantiated first. Unknown values give an undecided exception."""
    if isinstance(value, (ClassValue, Opaque)) and is_exception_class(value):
        value = machine.call(value, (), {})
    if isinstance(value, ExceptionInstance):
        bases = class_bases(value.cls) or ("Exception", "BaseException")
        raised = Raised(value.cls.name, exception_text(machine, value), bases, value.detail, value)
        raised.detail = value.detail or OtherFailure("raise")
        if "SystemExit" in bases:
            raised.message = "" if not value.args else exception_text(machine, value)
            raised.detail = SessionExit(raised.message)
        raised.confidence = machine.confidence()
        raised.allow_module_level = value.attributes.get("allow_module_level", False) is not False
        return raised
    if value is UNKNOWN or isinstance(value, Opaque):
        name = value.name if isinstance(value, Opaque) else "Exception"
        raised = Raised(name, "", (name, "Exception", "BaseException"), OtherFailure("raise"), value)
        raised.detail = OtherFailure("unknown")
        return raised
    return builtin_error(machine, "TypeError", "exceptions must derive from BaseException", None)


def exception_text(machine: Machine, value: ExceptionInstance) -> str:
    """`str()` of an exception, as `BaseException.__str__` (and `KeyError`'s `repr`) make it."""
    from muster.execution.operations import repr_of, text_of

    if isinstance(value.cls, ClassValue) and value.cls.lookup("__str__") is not None:
        text = _own_text(machine, value)
        if text is not None:
            return text
    if not value.args:
        return ""
    if len(value.args) == 1:
        single = value.args[0]
        text = repr_of(single) if (class_bases(value.cls) or ("",))[0] == "KeyError" else text_of(single)
        return text if text is not None else ""
    parts = [repr_of(arg) for arg in value.args]
    return "(" + ", ".join(part or "..." for part in parts) + ")"


def _own_text(machine: Machine, value: ExceptionInstance) -> str | None:
    from muster.execution.values import MISSING, FunctionValue

    method = value.cls.lookup("__str__") if isinstance(value.cls, ClassValue) else MISSING
    if not isinstance(method, FunctionValue):
        return None
    try:
        text = machine.call(method, (value,), {})
    except Raised:
        return None
    return text if isinstance(text, str) else None


def _is_builtin_exception(value: Opaque) -> bool:
    cls = getattr(builtins, value.name, None)
    return (
        value.dotted in (value.name, f"builtins.{value.name}")
        and isinstance(cls, type)
        and issubclass(cls, BaseException)
    )


def _is_opaque_exception(value: Opaque) -> bool:
    if value.dotted.startswith("_pytest.outcomes.") and value.name in PYTEST_OUTCOMES:
        return True
    if _is_builtin_exception(value):
        return True
    facts = getattr(value.facts, "class_", None)
    return facts is not None and any(base in ("builtins.BaseException", "BaseException") for base in facts.mro)
