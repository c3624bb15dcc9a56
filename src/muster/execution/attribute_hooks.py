"""`__getattribute__` and `__setattr__` of the project's own classes (data model, 3.3.2), and what `object`'s do."""

from __future__ import annotations

from muster.execution.machine import Machine
from muster.execution.raised import Raised
from muster.execution.values import MISSING, UNKNOWN, FunctionValue, InstanceValue, Native, Value

NESTED = 3
"""How many of them may run inside each other; deeper ones are not followed."""

DEEPER = 2
"""How many calls deeper than others they are followed."""


def get_through_hook(machine: Machine, instance: InstanceValue, name: str) -> Value:
    """What the class's own `__getattribute__` gives; `MISSING` where it raises `AttributeError`; None where it has none."""
    hook = instance.cls.lookup("__getattribute__")
    if hook is MISSING:
        return None
    if not isinstance(hook, FunctionValue):
        return UNKNOWN
    try:
        return run_hook(machine, hook, (instance, name))
    except Raised as raised:
        if "AttributeError" not in raised.bases:
            raise
        machine.refused_attribute = raised
        return MISSING


def set_through_hook(machine: Machine, instance: InstanceValue, name: str, new: Value) -> bool:
    """Whether the class has a `__setattr__` of its own, which has now run."""
    hook = instance.cls.lookup("__setattr__")
    if hook is MISSING:
        return False
    if not isinstance(hook, FunctionValue):
        instance.unsure = True
        return False
    unfollowed = machine.unfollowed
    run_hook(machine, hook, (instance, name, new))
    instance.unsure |= unfollowed != machine.unfollowed
    return True


def run_hook(machine: Machine, hook: FunctionValue, args: tuple[Value, ...]) -> Value:
    """The hook, followed a little deeper than other calls: else a proxy would use up the depth of what reads it."""
    if machine.hooks >= NESTED:
        machine.unfollowed += 1
        return UNKNOWN
    machine.hooks += 1
    machine.call_depth += DEEPER
    try:
        return machine.call(hook, args, {})
    finally:
        machine.call_depth -= DEEPER
        machine.hooks -= 1


def method_of_object(name: str) -> Value:
    """`object.__getattribute__` or `object.__setattr__` as a function of the instance; else `MISSING`."""
    found = {"__getattribute__": _plain_get, "__setattr__": _plain_set}.get(name)
    return MISSING if found is None else Native(f"object.{name}", found)


def _plain_get(machine: Machine, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    from muster.execution.attributes import attribute_error, lacks_surely, plain_attribute

    if len(args) != 2 or not isinstance(args[1], str):
        return UNKNOWN
    value, name = args
    found = plain_attribute(machine, value, name) if isinstance(value, InstanceValue) else UNKNOWN
    if found is not MISSING:
        return found
    if lacks_surely(value, name):
        raise attribute_error(machine, value, name)
    return UNKNOWN


def _plain_set(machine: Machine, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    from muster.execution.attributes import set_plainly

    if len(args) == 3 and isinstance(args[0], InstanceValue):
        if isinstance(args[1], str):
            set_plainly(machine, args[0], args[1], args[2])
        else:
            args[0].unsure = True
    return None
