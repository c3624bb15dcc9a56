"""The values that simulated code computes with.

Constants are themselves: None, bool, int, float, complex, str, bytes, Ellipsis, range, slice. Containers are subclasses of
Python's own that can be `unsure` (changed somewhere the simulation cannot follow): read them, but conclude nothing from
their length, truth or what they lack. `pathlib` paths are `PurePosixPath`s. Everything else is one of the classes below.
All are compared by identity and mutable like the objects that they stand for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Value = Any
"""A simulated value (see the module's docstring)."""


class Unknown:
    """Could be anything."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


class Missing:
    """No value at all: what a lookup gives where the name is definitely not there."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING = Missing()


class ListValue(list[Any]):
    """A list; `unsure` once it may hold other elements than these."""

    __slots__ = ("unsure",)

    def __init__(self, elements: Any = (), unsure: bool = False) -> None:
        super().__init__(elements)
        self.unsure = unsure

    __hash__ = object.__hash__  # type: ignore[assignment]  # because values are told apart by identity


class DictValue(dict[Any, Any]):
    """A dict; `unsure` once it may hold other keys than these. Unhashable or unknown keys only make it unsure."""

    __slots__ = ("unsure",)

    def __init__(self, pairs: Any = (), unsure: bool = False) -> None:
        super().__init__(pairs)
        self.unsure = unsure

    __hash__ = object.__hash__  # type: ignore[assignment]  # because values are told apart by identity


class SetValue(set[Any]):
    """A set; `unsure` as for lists. Its order is never known."""

    __slots__ = ("frozen", "unsure")

    def __init__(self, elements: Any = (), unsure: bool = False, frozen: bool = False) -> None:
        super().__init__(elements)
        self.unsure = unsure
        self.frozen = frozen

    __hash__ = object.__hash__  # type: ignore[assignment]  # because values are told apart by identity


class TupleValue(tuple[Any, ...]):
    """A tuple; named tuples carry their class in `cls`."""

    cls: ClassValue | None
    unsure: bool

    def __new__(cls, elements: Any = ()) -> TupleValue:
        self = super().__new__(cls, elements)
        self.cls = None
        self.unsure = False
        return self

    __hash__ = tuple.__hash__


class ModuleValue:
    """A module in the simulated `sys.modules`.

    `namespace` is its `__dict__`. `file` is None for namespace packages and built-in modules; `path` is `__path__`, None for plain modules.
    `kind` is `source` (interpreted), `namespace`, `opaque` (installed or standard: see `probe`) or `made` (by `types.ModuleType`).
    `lenient` means that a missing name proves nothing (`globals()[...] =`, `exec`, ...). `initialising` is true while its body runs,
    `by_spec` when pytest's importlib mode executes it (then it never counts as "partially initialized"). `executed_at` is the line
    where it had text that is not known executed in its own namespace, 0 where there is none.
    """

    __slots__ = (
        "by_spec", "doc", "error", "executed_at", "file", "initialising", "kind", "lenient", "name", "namespace", "path", "probe",
        "search_path_of_parent", "spec_name",
    )  # fmt: skip

    def __init__(self, name: str, file: str | None, kind: str, path: list[str] | None = None) -> None:
        self.name = name
        self.file = file
        self.kind = kind
        self.path = path
        self.namespace: dict[str, Value] = {}
        self.lenient = False
        self.initialising = False
        self.by_spec = False
        self.probe: Any = None
        self.doc: str | None = None
        self.error: Any = None
        self.executed_at = 0
        self.spec_name = name
        self.search_path_of_parent: Any = None

    def __repr__(self) -> str:
        return f"<module {self.name!r}>"


class ClassValue:
    """A class defined by simulated code.

    `mro` holds `ClassValue`s and `Opaque` classes, itself first; `mro_known` is false where a base is unknown.
    `namespace` is its own `__dict__`, in definition order. `lenient` as for modules (unknown metaclass or class decorator).
    `decorators` counts class decorators that are opaque (assumed to return the class).
    """

    __slots__ = (
        "attributes_unsure", "bases", "body_lenient", "file", "lenient", "line", "metaclass", "module", "mro", "mro_known", "name",
        "namespace", "opaque_decorators", "qualname", "special",
    )  # fmt: skip

    def __init__(self, name: str, qualname: str, module: str, file: str, line: int) -> None:
        self.name = name
        self.qualname = qualname
        self.module = module
        self.file = file
        self.line = line
        self.bases: tuple[Value, ...] = ()
        self.mro: tuple[Value, ...] = (self,)
        self.mro_known = True
        self.namespace: dict[str, Value] = {}
        self.lenient = False
        self.body_lenient = False
        """`lenient` for another reason than the metaclass."""
        self.metaclass: Value = None
        self.opaque_decorators: tuple[str, ...] = ()
        self.special = ""
        """`enum`, `dataclass`, `namedtuple`, `typeddict`, `protocol`, `exception` or ""."""
        self.attributes_unsure = False

    def lookup(self, name: str) -> Value:
        """The attribute as found along the known MRO, without descriptors; `MISSING` where no simulated class has it."""
        for cls in self.mro:
            if isinstance(cls, ClassValue) and name in cls.namespace:
                return UNKNOWN if cls.attributes_unsure else cls.namespace[name]
        return MISSING

    @property
    def is_known(self) -> bool:
        """Whether a name that the class lacks is certainly absent: every base is known, and no decorator or metaclass interferes."""
        return (
            self.mro_known
            and not self.lenient
            and not any(isinstance(cls, ClassValue) and cls.opaque_decorators for cls in self.mro)
        )

    @property
    def opaque_bases(self) -> list[Opaque]:
        """Installed or standard classes along the MRO, `object` left out."""
        return [cls for cls in self.mro if isinstance(cls, Opaque) and cls.dotted not in ("object", "builtins.object")]

    def __repr__(self) -> str:
        return f"<class {self.module}.{self.qualname}>"


MANAGED = "<managed>"
"""The attribute of what `contextlib.contextmanager` makes that holds the generator function."""


class FunctionValue:
    """A function (or lambda) defined by simulated code.

    `params` is the IR of its parameters, `defaults` their evaluated default values by name. `attributes` is its `__dict__`
    (`pytestmark`, `__wrapped__`, `__test__`, ...). `opaque_decorators` are dotted names of installed or standard decorators that
    it went through, innermost first: assumed to return a function that behaves like it.
    `flags` as in the IR. `line` is that of `def`, `first_line` that of the first decorator (`co_firstlineno`).
    """

    __slots__ = (
        "attributes",
        "body",
        "closure",
        "cls",
        "defaults",
        "file",
        "first_line",
        "flags",
        "line",
        "module",
        "name",
        "opaque_decorators",
        "params",
        "patched_args",
        "qualname",
        "static",
    )  # fmt: skip

    def __init__(self, name: str, qualname: str, module: ModuleValue | None, file: str, line: int, params: Any) -> None:
        self.name = name
        self.qualname = qualname
        self.module = module
        self.file = file
        self.line = line
        self.first_line = line
        self.params = params
        self.defaults: dict[str, Value] = {}
        self.flags = 0
        self.body: Any = None
        self.closure: Any = None
        self.attributes: dict[str, Value] = {}
        self.opaque_decorators: tuple[str, ...] = ()
        self.patched_args = 0
        """How many leading arguments `unittest.mock.patch` decorators fill in (see `_pytest.compat.num_mock_patch_args`)."""
        self.cls: ClassValue | None = None
        self.static = False

    def __repr__(self) -> str:
        return f"<function {self.qualname}>"


class InstanceValue:
    """An instance of a simulated class; `unsure` once attributes may have been set that we did not see.

    `attributes` is its `__dict__`, which code may read and change like any other.
    """

    __slots__ = ("attributes", "cls", "unsure")

    def __init__(self, cls: ClassValue, unsure: bool = False) -> None:
        self.cls = cls
        self.attributes = DictValue()
        self.unsure = unsure

    def __repr__(self) -> str:
        return f"<{self.cls.name} instance>"


class EnumMember:
    """A member of a simulated enum; `str()` of it and its id in node ids is `Class.NAME`."""

    __slots__ = ("cls", "name", "value")

    def __init__(self, cls: ClassValue, name: str, value: Value) -> None:
        self.cls = cls
        self.name = name
        self.value = value

    def __repr__(self) -> str:
        return f"{self.cls.name}.{self.name}"


class BoundMethod:
    """A method of an instance, a class (`classmethod`) or a native value, ready to be called."""

    __slots__ = ("function", "receiver")

    def __init__(self, function: Value, receiver: Value) -> None:
        self.function = function
        self.receiver = receiver


class DescriptorValue:
    """`staticmethod`, `classmethod`, `property` or `cached_property` around a function."""

    __slots__ = ("function", "kind")

    def __init__(self, kind: str, function: Value) -> None:
        self.kind = kind
        self.function = function


class Opaque:
    """Something of an installed or standard module, never interpreted: known by its dotted name, and by what the environment says.

    `kind` is `class`, `function`, `object`, `module` or "" where not known; `facts` is the `ProbedName`, if any.
    """

    __slots__ = ("dotted", "facts", "kind")

    def __init__(self, dotted: str, kind: str = "", facts: Any = None) -> None:
        self.dotted = dotted
        self.kind = kind
        self.facts = facts

    @property
    def name(self) -> str:
        """The last part of the dotted name."""
        return self.dotted.rpartition(".")[2]

    def __repr__(self) -> str:
        return f"<{self.dotted}>"


class OpaqueInstance:
    """An instance of an opaque class: `cls` is the class, `args` what it was made with where that is known."""

    __slots__ = ("args", "attributes", "cls")

    def __init__(self, cls: Opaque, args: tuple[Value, ...] = ()) -> None:
        self.cls = cls
        self.args = args
        self.attributes: dict[str, Value] = {}

    def __repr__(self) -> str:
        return f"<instance of {self.cls.dotted}>"


class ExceptionInstance:
    """An exception object: `cls` is a `ClassValue` or an `Opaque` (`builtins.ValueError`)."""

    __slots__ = ("args", "attributes", "cause", "cls", "detail")

    def __init__(self, cls: Value, args: tuple[Value, ...] = ()) -> None:
        self.cls = cls
        self.args = args
        self.attributes: dict[str, Value] = {}
        self.cause: Value = None
        self.detail: Any = None


class Mark:
    """`pytest.mark.NAME(...)`: a `MarkDecorator` with its `Mark`.

    `args_unsure` is true where positional arguments were spread from something unknown.
    """

    __slots__ = ("args", "args_unsure", "file", "kwargs", "line", "name")

    def __init__(
        self, name: str, args: tuple[Value, ...] = (), kwargs: dict[str, Value] | None = None,
        file: str = "", line: int = 0, args_unsure: bool = False,
    ) -> None:  # fmt: skip
        self.name = name
        self.args = args
        self.kwargs = kwargs or {}
        self.file = file
        self.line = line
        self.args_unsure = args_unsure

    def __repr__(self) -> str:
        return f"<mark {self.name}>"


class ParameterSetValue:
    """`pytest.param(*values, marks=..., id=...)`; `id` is None where none is given, `UNKNOWN` where it is not known."""

    __slots__ = ("id", "marks", "values")

    def __init__(self, values: tuple[Value, ...], marks: Value, id: Value) -> None:
        self.values = values
        self.marks = marks
        self.id = id


class FixtureValue:
    """What `@pytest.fixture` makes of a function (any plugin's `X.fixture` too): never a test, whatever its name.

    `name` is the explicit name or None; `params` is None where the fixture is not parametrized.
    """

    __slots__ = ("autouse", "function", "ids", "name", "params", "scope", "wrapped_mark")

    def __init__(self, function: Value, name: Value, scope: Value, params: Value, ids: Value, autouse: Value) -> None:
        self.function = function
        self.name = name
        self.scope = scope
        self.params = params
        self.ids = ids
        self.autouse = autouse
        self.wrapped_mark = None


class IteratorValue:
    """A one-shot iterator or generator; `elements` is None where what it yields is not known."""

    __slots__ = ("elements", "kind", "position")

    def __init__(self, elements: list[Value] | None, kind: str = "iterator") -> None:
        self.elements = elements
        self.kind = kind
        self.position = 0


class PartialValue:
    """`functools.partial(function, *args, **kwargs)`."""

    __slots__ = ("args", "attributes", "function", "kwargs")

    def __init__(self, function: Value, args: tuple[Value, ...], kwargs: dict[str, Value]) -> None:
        self.attributes: dict[str, Value] = {}
        self.function = function
        self.args = args
        self.kwargs = kwargs


class SuperValue:
    """`super()` in a method: attribute lookup starts behind `cls` in the MRO of `receiver`."""

    __slots__ = ("cls", "receiver")

    def __init__(self, cls: ClassValue, receiver: Value) -> None:
        self.cls = cls
        self.receiver = receiver


class Native:
    """A callable that the simulation implements itself: `call(interpreter, args, kwargs)` gives its result.

    `dotted` is what it stands for (`os.path.join`).
    """

    __slots__ = ("call", "dotted")

    def __init__(self, dotted: str, call: Callable[[Any, tuple[Value, ...], dict[str, Value]], Value]) -> None:
        self.dotted = dotted
        self.call = call

    @property
    def name(self) -> str:
        """The last part of the dotted name."""
        return self.dotted.rpartition(".")[2]

    def __repr__(self) -> str:
        return f"<native {self.dotted}>"
