"""Namespaces while code runs, and how a name is found in them (language reference, 4.2.2)."""

from __future__ import annotations

from enum import Enum

from muster.execution.values import MISSING, ClassValue, FunctionValue, ModuleValue, Value


class ScopeKind(Enum):
    """What kind of block a scope belongs to."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"


class Scope:
    """One running block: its own names, and the way to the enclosing ones.

    `parent` is the enclosing function scope (class scopes are skipped, as closures skip them). `local_names` are the names that
    the compiler made local to a function: unbound, they raise `UnboundLocalError` instead of being looked up further out.
    """

    __slots__ = (
        "cls", "file", "function", "global_names", "is_comprehension", "kind", "line", "local_names", "maybe_broke",
        "maybe_looped", "maybe_returned", "module", "names", "nonlocal_names", "parent", "receiver", "returned",
    )  # fmt: skip

    def __init__(
        self, kind: ScopeKind, module: ModuleValue, names: dict[str, Value], file: str, parent: Scope | None = None
    ) -> None:
        self.kind = kind
        self.module = module
        self.names = names
        self.file = file
        self.parent = parent
        self.line = 0
        self.function: FunctionValue | None = None
        self.cls: ClassValue | None = None
        self.receiver: Value = MISSING
        self.local_names: frozenset[str] = frozenset()
        self.global_names: frozenset[str] = frozenset()
        self.nonlocal_names: frozenset[str] = frozenset()
        self.is_comprehension = False
        self.maybe_returned = False
        self.maybe_looped = False
        self.maybe_broke = False
        self.returned: list[Value] = []

    @property
    def closure(self) -> Scope | None:
        """The scope that functions defined here close over."""
        return self if self.kind is ScopeKind.FUNCTION else self.parent

    def bind(self, name: str, value: Value) -> None:
        """Assign `name` where the block's declarations say it lives."""
        if self.global_names or self.nonlocal_names or self.is_comprehension:
            self._owner(name)[name] = value
        else:
            self.names[name] = value

    def unbind(self, name: str) -> bool:
        """Delete `name`; false where it was not bound."""
        return self._owner(name).pop(name, MISSING) is not MISSING

    def _owner(self, name: str) -> dict[str, Value]:
        if name in self.global_names:
            return self.module.namespace
        if name in self.nonlocal_names or self.is_comprehension:
            scope = self.parent
            while scope is not None:
                if name in scope.names or name in scope.local_names:
                    return scope.names
                scope = scope.parent
        return self.names


def module_scope(module: ModuleValue) -> Scope:
    """The scope in which the body of `module` runs."""
    return Scope(ScopeKind.MODULE, module, module.namespace, module.file or "")
