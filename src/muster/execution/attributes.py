"""`value.name`: what reading and writing an attribute does."""

from __future__ import annotations

import posixpath
from typing import Any

from muster.execution import operations
from muster.execution.attribute_hooks import get_through_hook, method_of_object, run_hook, set_through_hook
from muster.execution.machine import Machine
from muster.execution.metaclasses import method_of_type
from muster.execution.missing import name_missing
from muster.execution.raised import Raised
from muster.execution.trace import ImportTrace
from muster.execution.values import (
    MISSING,
    UNKNOWN,
    BoundMethod,
    ClassValue,
    DescriptorValue,
    DictValue,
    EnumMember,
    ExceptionInstance,
    FixtureValue,
    FunctionValue,
    InstanceValue,
    IteratorValue,
    ListValue,
    Mark,
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
from muster.model.collection import OtherFailure
from muster.ports import ReadFailure

_FUNCTION_ATTRIBUTES = frozenset(dir(lambda: None))
_CHANGEABLE_PARTS = ("__kwdefaults__", "__defaults__", "__code__", "__closure__", "__globals__")
_TYPE_ATTRIBUTES = frozenset(dir(type))
_OBJECT_ATTRIBUTES = frozenset(dir(object))
_HOST_TYPES: dict[type, type] = {
    ListValue: list, DictValue: dict, Variables: dict, SetValue: set, TupleValue: tuple,
}  # fmt: skip


def load_attribute(machine: Machine, value: Value, name: str) -> Value:
    """`value.name`; raises `AttributeError` (with Python's words) where it is definitely absent."""
    machine.refused_attribute = None
    found = get_attribute(machine, value, name)
    if found is MISSING:
        if machine.refused_attribute is not None:
            raise machine.refused_attribute
        raise attribute_error(machine, value, name)
    return found


def attribute_error(machine: Machine, value: Value, name: str) -> Raised:
    """The `AttributeError` of a missing attribute."""
    if isinstance(value, ModuleValue):
        from muster.execution.imports import import_cycle, renaming_advice

        importer = machine.here.file if machine.here else ""
        detail = name_missing(machine, value, name, importer, import_cycle(machine, value))
        renaming = renaming_advice(machine, value)
        if renaming:
            text = f"module '{value.name}' has no attribute '{name}' ({renaming})"
        elif value.initialising and not value.by_spec and machine.version >= (3, 13, 0) and value.file:
            text = (
                f"partially initialized module '{value.name}' from '{value.file}' has no attribute '{name}' "
                "(most likely due to a circular import)"
            )
        elif value.initialising and not value.by_spec:
            text = f"partially initialized module '{value.name}' has no attribute '{name}' (most likely due to a circular import)"
        else:
            text = f"module '{value.name}' has no attribute '{name}'"
        return machine.error("AttributeError", text, detail)
    if isinstance(value, ClassValue):
        if value.special == "enum" and machine.version < (3, 12, 0):
            return machine.error("AttributeError", name, _attribute(name))
        return machine.error(
            "AttributeError", f"type object '{value.name}' has no attribute '{name}'", _attribute(name)
        )
    if isinstance(value, Opaque):
        what = "type object" if value.kind == "class" else "object"
        return machine.error("AttributeError", f"{what} '{value.name}' has no attribute '{name}'", _attribute(name))
    kind = operations.type_name_of(value) or "object"
    return machine.error("AttributeError", f"'{kind}' object has no attribute '{name}'", _attribute(name))


def _attribute(name: str) -> OtherFailure:
    return OtherFailure("attribute")


def get_attribute(machine: Machine, value: Value, name: str) -> Value:
    """`getattr(value, name, MISSING)`; `UNKNOWN` where it is not known whether or what it is."""
    getter = _GETTERS.get(type(value))
    if getter is not None:
        return getter(machine, value, name)
    special = getattr(value, "simulated_getattr", None)
    if special is not None:
        return special(machine, name)
    return _host_attribute(machine, value, name)


def _host_attribute(machine: Machine, value: Value, name: str) -> Value:
    """Attributes of constants and containers: what the host's own type has."""
    from muster.execution.methods import method_of

    method = method_of(machine, value, name)
    if method is not MISSING:
        return method
    host = _HOST_TYPES.get(type(value), type(value))
    if isinstance(value, TupleValue) and value.cls is not None:
        return _namedtuple_attribute(machine, value, name)
    if name == "__class__":
        return Opaque(f"builtins.{host.__name__}", "class")
    if host.__module__ in ("builtins", "pathlib") and not hasattr(host, name):
        return MISSING if host.__module__ == "builtins" or not _path_attribute(name) else UNKNOWN
    return UNKNOWN


def _path_attribute(name: str) -> bool:
    # Concrete paths have more than the pure ones that stand for them here, and newer Pythons more still.
    return not name.startswith("__") or name == "__class__"


def _namedtuple_attribute(machine: Machine, value: TupleValue, name: str) -> Value:
    fields = value.cls.namespace.get("_fields") if value.cls is not None else None
    if isinstance(fields, tuple) and name in fields:
        place = fields.index(name)
        return value[place] if place < len(value) else UNKNOWN
    return UNKNOWN


# Modules.


def _module(machine: Machine, module: ModuleValue, name: str) -> Value:
    if module.kind == "opaque":
        from muster.execution.installed import opaque_attribute

        return opaque_attribute(machine, module, name)
    value = module.namespace.get(name, MISSING)
    if value is not MISSING:
        if isinstance(value, (ListValue, DictValue, SetValue)) and not value.unsure:
            value.unsure = _may_be_filled_by_c(machine, module)
        if machine.trace is not None:
            _trace(machine, machine.trace, module, name, value)
        return value
    value = module_dunder(module, name)
    if value is not MISSING:
        return value
    hook = module.namespace.get("__getattr__")
    if hook is not None:
        return _module_hook(machine, hook, name)
    return UNKNOWN if module.lenient or _may_be_filled_by_c(machine, module) else MISSING


def _trace(machine: Machine, trace: ImportTrace, module: ModuleValue, name: str, value: Value) -> None:
    """Note that running code reached a submodule, or something that was set from outside, through its module."""
    here = machine.here
    if here is None:
        return
    if isinstance(value, ModuleValue) and value.name == f"{module.name}.{name}":
        trace.reached[here.file].add(value.name)
    if trace.patched:
        trace.got[here.file].add(f"{module.name}.{name}")


def _may_be_filled_by_c(machine: Machine, module: ModuleValue) -> bool:
    """Whether an extension module of the same package may have put names here, through code of this file that can."""
    if module.kind != "source" or module.name.partition(".")[0] not in machine.native_packages:
        return False
    file = posixpath.normpath(module.file or "")
    if file not in machine.open_to_c:
        machine.open_to_c[file] = _offers_itself(machine, file)
    return machine.open_to_c[file]


def _offers_itself(machine: Machine, file: str) -> bool:
    try:
        source = machine.tree.read(file)
    except ReadFailure:
        return True
    return b"setattr(" in source or b"globals()" in source


def _module_hook(machine: Machine, hook: Value, name: str) -> Value:
    """Module `__getattr__` (PEP 562): an `AttributeError` of its own means that the name is absent."""
    try:
        return machine.call(hook, (name,), {})
    except Raised as raised:
        if "AttributeError" in raised.bases:
            machine.refused_attribute = raised
            return MISSING
        raise


def module_dunder(module: ModuleValue, name: str) -> Value:
    """What Python itself put into a module's namespace: `__name__`, `__file__` and their like; `MISSING` for all else."""
    if name == "__name__":
        return module.name
    if name == "__file__":
        return module.file if module.file is not None else (None if module.kind == "namespace" else UNKNOWN)
    if name == "__path__":
        if module.path is None:
            return MISSING
        value = ListValue(module.path)
        if module.kind == "source":
            # The one list that the import system reads too: code may append to it.
            module.namespace["__path__"] = value
        return value
    if name == "__dict__":
        from muster.execution.namespaces import NamespaceValue

        return NamespaceValue(module)
    if name == "__doc__":
        return module.doc
    if name == "__package__":
        return module.name if module.path is not None else module.name.rpartition(".")[0]
    return UNKNOWN if name in ("__spec__", "__loader__", "__builtins__", "__class__", "__annotations__") else MISSING


# Classes and instances.


def _class(machine: Machine, cls: ClassValue, name: str) -> Value:
    found = cls.lookup(name)
    if found is not MISSING:
        return bind_to_class(cls, found)
    if name in ("__name__", "__qualname__", "__module__", "__mro__", "__bases__", "__dict__", "__doc__", "__file__"):
        return _class_dunder(cls, name)
    if cls.special == "enum" and _is_plain_enum(cls):
        return _enum_attribute(machine, cls, name)
    if not cls.is_known or cls.metaclass is not None:
        return _metaclass_attribute(machine, cls, name)
    for base in cls.opaque_bases:
        inherited = _opaque(machine, base, name)
        if inherited is not MISSING:
            return inherited
    if name in _TYPE_ATTRIBUTES or name in _OBJECT_ATTRIBUTES or name.startswith("_"):
        return UNKNOWN
    if cls.special in ("enum", "namedtuple", "typeddict"):
        return UNKNOWN
    return MISSING


def _is_plain_enum(cls: ClassValue) -> bool:
    plain = isinstance(cls.metaclass, Opaque) and cls.metaclass.name in ("EnumType", "EnumMeta")
    return plain and cls.is_known


def _enum_attribute(machine: Machine, cls: ClassValue, name: str) -> Value:
    for base in cls.opaque_bases:
        facts = getattr(base.facts, "class_", None)
        if facts is None or name in facts.names:
            return UNKNOWN
    return UNKNOWN if name.startswith("_") or name in _TYPE_ATTRIBUTES or name in _OBJECT_ATTRIBUTES else MISSING


def _metaclass_attribute(machine: Machine, cls: ClassValue, name: str) -> Value:
    metaclass = cls.metaclass
    if isinstance(metaclass, ClassValue):
        found = metaclass.lookup(name)
        if isinstance(found, FunctionValue):
            return BoundMethod(found, cls)
        if isinstance(found, DescriptorValue) and found.kind == "property":
            return UNKNOWN
        if found is not MISSING:
            return found
    return UNKNOWN


def bind_to_class(cls: ClassValue, found: Value) -> Value:
    """What reading a class attribute gives: descriptors are unwrapped, class methods bound."""
    if isinstance(found, DescriptorValue):
        if found.kind == "staticmethod":
            return found.function
        if found.kind == "classmethod":
            return BoundMethod(found.function, cls)
    return UNKNOWN if _is_descriptor(found) else found


def _is_descriptor(found: Value) -> bool:
    """Whether reading the attribute calls a `__get__` of the project's own."""
    return isinstance(found, InstanceValue) and found.cls.lookup("__get__") is not MISSING


def _class_dunder(cls: ClassValue, name: str) -> Value:
    if name == "__name__":
        return cls.name
    if name == "__qualname__":
        return cls.qualname
    if name == "__module__":
        return cls.module
    if name == "__mro__":
        return TupleValue(cls.mro) if cls.mro_known else UNKNOWN
    if name == "__bases__":
        return TupleValue(cls.bases)
    if name == "__dict__":
        return DictValue(cls.namespace, cls.lenient or cls.attributes_unsure)
    return UNKNOWN if name != "__file__" else MISSING


def _instance(machine: Machine, instance: InstanceValue, name: str) -> Value:
    found = get_through_hook(machine, instance, name)
    if found is None:
        found = plain_attribute(machine, instance, name)
    elif found is not MISSING:
        return found
    if found is MISSING:
        hook = instance.cls.lookup("__getattr__")
        if isinstance(hook, FunctionValue):
            found = _instance_hook(machine, instance, hook, name)
        if found is MISSING and not lacks_surely(instance, name):
            return UNKNOWN
    return found


def plain_attribute(machine: Machine, instance: InstanceValue, name: str) -> Value:
    """What `object.__getattribute__` gives; `MISSING` where it is not known to be there."""
    found = instance.attributes.get(name, MISSING)
    if found is not MISSING:
        return found
    cls = instance.cls
    found = cls.lookup(name)
    if found is None and instance.unsure:
        # A placeholder in the class body: what made the object was not followed, and has most likely filled it.
        return UNKNOWN
    if found is not MISSING:
        return bind_to_instance(machine, instance, found)
    if name == "__class__":
        return cls
    if name == "__dict__":
        instance.attributes.unsure |= instance.unsure or not cls.is_known or bool(cls.opaque_bases)
        return instance.attributes
    return MISSING


def lacks_surely(instance: InstanceValue, name: str) -> bool:
    """Whether what is not known to be there is certainly absent."""
    cls = instance.cls
    if instance.unsure or instance.attributes.unsure or not cls.is_known or cls.opaque_bases:
        return False
    if cls.metaclass is not None:
        return False
    if name in _OBJECT_ATTRIBUTES or cls.special or cls.attributes_unsure:
        return False
    return cls.lookup("__slots__") is MISSING and cls.lookup("__annotations__") is MISSING


def _instance_hook(machine: Machine, instance: InstanceValue, hook: FunctionValue, name: str) -> Value:
    try:
        return run_hook(machine, hook, (instance, name))
    except Raised as raised:
        if "AttributeError" in raised.bases:
            return MISSING
        raise


def bind_to_instance(machine: Machine, instance: Value, found: Value) -> Value:
    """What reading a class attribute through an instance gives."""
    if isinstance(found, (FunctionValue, Native)):
        return BoundMethod(found, instance)
    if isinstance(found, DescriptorValue):
        if found.kind == "staticmethod":
            return found.function
        if found.kind == "classmethod":
            return BoundMethod(found.function, getattr(instance, "cls", UNKNOWN))
        if found.kind in ("property", "cached_property"):
            return machine.call(found.function, (instance,), {})
    return UNKNOWN if _is_descriptor(found) else found


def _super(machine: Machine, value: SuperValue, name: str) -> Value:
    receiver = value.receiver
    cls = receiver if isinstance(receiver, ClassValue) else getattr(receiver, "cls", None)
    if isinstance(cls, ClassValue) and value.cls not in cls.mro and cls is receiver:
        # A method of a metaclass, whose receiver is the class that it makes.
        cls = cls.metaclass
    if not isinstance(cls, ClassValue) or value.cls not in cls.mro:
        return UNKNOWN
    behind = cls.mro[cls.mro.index(value.cls) + 1 :]
    for base in behind:
        if isinstance(base, ClassValue) and name in base.namespace:
            found = base.namespace[name]
            return bind_to_class(cls, found) if receiver is cls else bind_to_instance(machine, receiver, found)
        if isinstance(base, Opaque) and base.dotted not in ("object", "builtins.object"):
            found = method_of_type(base, name)
            return UNKNOWN if found is MISSING else found
    if name in ("__init__", "__init_subclass__"):
        return Native(f"object.{name}", lambda machine, args, kwargs: None)
    if name == "__new__":
        return UNKNOWN
    plain = method_of_object(name)
    if plain is not MISSING and isinstance(receiver, InstanceValue):
        return BoundMethod(plain, receiver)
    if not cls.mro_known or name in _OBJECT_ATTRIBUTES:
        return UNKNOWN
    return UNKNOWN if cls.metaclass is not None else MISSING


def _enum_member(machine: Machine, member: EnumMember, name: str) -> Value:
    if name in ("name", "_name_"):
        return member.name
    if name in ("value", "_value_"):
        return member.value
    found = member.cls.lookup(name)
    if found is not MISSING:
        return bind_to_instance(machine, member, found)
    return member.cls if name == "__class__" else UNKNOWN


# Functions.


def _function(machine: Machine, function: FunctionValue, name: str) -> Value:
    found = function.attributes.get(name, MISSING)
    if found is not MISSING:
        return found
    if name in _CHANGEABLE_PARTS:
        # Whoever takes these is about to change what a call does (`func.__kwdefaults__.update(...)`).
        function.attributes["<changed>"] = True
        return UNKNOWN
    if name == "__name__":
        return function.name
    if name == "__qualname__":
        return function.qualname
    if name == "__module__":
        return function.module.name if function.module is not None else UNKNOWN
    if name == "__wrapped__":
        return UNKNOWN if function.opaque_decorators else MISSING
    if name in _FUNCTION_ATTRIBUTES or function.opaque_decorators or "<open>" in function.attributes:
        return UNKNOWN
    return MISSING


def _bound(machine: Machine, bound: BoundMethod, name: str) -> Value:
    if name == "__self__":
        return bound.receiver
    if name == "__func__":
        return bound.function
    return get_attribute(machine, bound.function, name)


def _partial(machine: Machine, partial: PartialValue, name: str) -> Value:
    if name in partial.attributes:
        return partial.attributes[name]
    if name in ("__name__", "__qualname__"):
        return MISSING
    return {"func": partial.function, "args": TupleValue(partial.args), "keywords": DictValue(partial.kwargs)}.get(
        name, UNKNOWN
    )


def _descriptor(machine: Machine, descriptor: DescriptorValue, name: str) -> Value:
    if descriptor.kind == "property" and name in ("setter", "getter", "deleter"):
        return Native(f"property.{name}", lambda machine, args, kwargs: descriptor)
    if name in ("__func__", "fget", "func"):
        return descriptor.function
    return UNKNOWN


def _native(machine: Machine, native: Native, name: str) -> Value:
    from muster.execution.natives import native_attribute

    return native_attribute(machine, native, name)


# Installed and standard things.


def _opaque(machine: Machine, opaque: Opaque, name: str) -> Value:
    from muster.execution.installed import attribute_of_opaque

    return attribute_of_opaque(machine, opaque, name)


def _opaque_instance(machine: Machine, instance: OpaqueInstance, name: str) -> Value:
    found = instance.attributes.get(name, MISSING)
    if found is not MISSING:
        return found
    from muster.execution.installed import attribute_of_instance

    return attribute_of_instance(machine, instance, name)


def _exception(machine: Machine, exception: ExceptionInstance, name: str) -> Value:
    found = exception.attributes.get(name, MISSING)
    if found is not MISSING:
        return found
    if name == "args":
        return TupleValue(exception.args)
    if name == "name" and exception.detail is not None:
        return getattr(exception.detail, "name", UNKNOWN)
    if isinstance(exception.cls, ClassValue):
        inherited = exception.cls.lookup(name)
        if inherited is not MISSING:
            return bind_to_instance(machine, exception, inherited)
    return UNKNOWN


def _mark(machine: Machine, mark: Mark, name: str) -> Value:
    if name in ("name", "args", "kwargs", "mark"):
        values: dict[str, Any] = {
            "name": mark.name,
            "args": TupleValue(mark.args),
            "kwargs": DictValue(mark.kwargs),
            "mark": mark,
        }
        return values[name]
    if name == "with_args":
        return Native("MarkDecorator.with_args", lambda machine, args, kwargs: with_arguments(mark, args, kwargs))
    return UNKNOWN


def with_arguments(mark: Mark, args: tuple[Value, ...], kwargs: dict[str, Value], unsure: bool = False) -> Mark:
    """A mark with more arguments, as `MarkDecorator.with_args` combines them."""
    return Mark(
        mark.name, (*mark.args, *args), {**mark.kwargs, **kwargs}, mark.file, mark.line, mark.args_unsure or unsure
    )


def _fixture(machine: Machine, fixture: FixtureValue, name: str) -> Value:
    return fixture.function if name in ("__wrapped__", "__pytest_wrapped__", "_get_wrapped_function") else UNKNOWN


def _unknown(machine: Machine, value: Value, name: str) -> Value:
    return UNKNOWN


_GETTERS: dict[type, Any] = {
    ModuleValue: _module, ClassValue: _class, InstanceValue: _instance, SuperValue: _super, EnumMember: _enum_member,
    FunctionValue: _function, BoundMethod: _bound, PartialValue: _partial, DescriptorValue: _descriptor, Native: _native,
    Opaque: _opaque, OpaqueInstance: _opaque_instance, ExceptionInstance: _exception, Mark: _mark, FixtureValue: _fixture,
    IteratorValue: _unknown, type(UNKNOWN): _unknown,
}  # fmt: skip


def set_attribute(machine: Machine, value: Value, name: str, new: Value) -> None:
    """`value.name = new`."""
    special = getattr(value, "simulated_setattr", None)
    if special is not None:
        special(machine, name, new)
    elif isinstance(value, ModuleValue):
        _set_on_module(machine, value, name, new)
    elif isinstance(value, ClassValue):
        value.namespace[name] = _possibly(machine, value, name, new)
    elif isinstance(value, InstanceValue):
        if not set_through_hook(machine, value, name, new):
            set_plainly(machine, value, name, new)
    elif isinstance(value, FunctionValue) and name in _CHANGEABLE_PARTS:
        value.attributes["<changed>"] = True
    elif isinstance(value, FunctionValue) and name in ("__name__", "__qualname__"):
        if isinstance(new, str):
            setattr(value, name.strip("_"), new)
        else:
            value.attributes[name] = new
    elif isinstance(value, (FunctionValue, OpaqueInstance, ExceptionInstance, PartialValue)):
        value.attributes[name] = new
    elif isinstance(value, BoundMethod):
        raise machine.error("AttributeError", f"'method' object has no attribute '{name}'")
    elif value is None:
        raise machine.error("AttributeError", f"'NoneType' object has no attribute '{name}'")


def set_plainly(machine: Machine, instance: InstanceValue, name: str, new: Value) -> None:
    """What `object.__setattr__` does."""
    instance.attributes[name] = new if not machine.unsure else UNKNOWN


def _set_on_module(machine: Machine, module: ModuleValue, name: str, new: Value) -> None:
    if machine.trace is not None:
        machine.trace.patched[machine.running_file].add(f"{module.name}.{name}")
    if module.name == "sys" and name == "path":
        from muster.execution.searchpath import assign

        assign(machine, new)
        return
    if module.name == "sys" and name in ("meta_path", "path_hooks", "modules"):
        # What replaces them is not followed: the session goes on with what it had.
        return
    if name == "__path__" and (elements := machine.iterate(new)) is not None:
        module.path = [element for element in elements if isinstance(element, str)]
    module.namespace[name] = _possibly(machine, module, name, new)


def _possibly(machine: Machine, owner: Value, name: str, new: Value) -> Value:
    """What `owner.name` is after an assignment that may not have run: the old value, where there is one, as likely as the new."""
    if not machine.unsure or isinstance(new, FunctionValue):
        return new
    old = get_attribute(machine, owner, name)
    return new if old is MISSING or old is new else UNKNOWN
