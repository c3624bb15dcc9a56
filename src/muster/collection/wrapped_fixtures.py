"""Fixtures behind other decorators, which pytest 9.2 warns of (`_check_for_wrapped_fixture` in `_pytest/fixtures.py`)."""

from __future__ import annotations

from muster.collection.objects import ancestry, function_of
from muster.collection.walk import Walk
from muster.collection.warned import warn
from muster.execution.values import ClassValue, DescriptorValue, FixtureValue, FunctionValue, ModuleValue, Value

_DEPTH = 50


def check_wrapped_fixtures(walk: Walk, holder: Value) -> None:
    """Raise `Raised` for the first one, where warnings are errors."""
    if walk.version < (9, 2):
        return
    members = _members(holder)
    for name in sorted(members):
        message = _message(name, members[name])
        function = _behind(members[name])
        if message and function is not None:
            place = f"{function.file}:{function.first_line}"
            warn(walk, "PytestWarning", message, function.file, function.first_line, f"\n at {place}")


def _members(holder: Value) -> dict[str, Value]:
    if isinstance(holder, ModuleValue):
        return holder.namespace
    members: dict[str, Value] = {}
    for owner in reversed(ancestry(holder)):
        if isinstance(owner, ClassValue):
            members.update(owner.namespace)
    return members


def _message(name: str, value: Value) -> str:
    if isinstance(value, DescriptorValue) and isinstance(value.function, FixtureValue):
        if value.kind == "classmethod":
            return (
                f"cannot discover fixture {name!r} because it is wrapped by "
                "@classmethod; place @pytest.fixture above @classmethod"
            )
        if value.kind == "staticmethod":
            return (
                f"fixture {name!r} is wrapped by @staticmethod above "
                "@pytest.fixture; place @pytest.fixture above @staticmethod"
            )
    if isinstance(value, FunctionValue):
        return f"cannot discover fixture {name!r} due to being wrapped in decorators"
    return ""


def _behind(value: Value) -> FunctionValue | None:
    """The function of the fixture at the end of the `__wrapped__` chain, if there is one."""
    for _ in range(_DEPTH):
        if isinstance(value, FixtureValue):
            return function_of(value)
        if isinstance(value, DescriptorValue):
            value = value.function
        elif isinstance(value, FunctionValue):
            value = value.attributes.get("__wrapped__")
        else:
            return None
    return None
