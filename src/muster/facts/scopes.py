"""Which names a scope binds, which imports it mentions, which functions stand in it.

Standard library only, Python 3.9 syntax: sent to other interpreters together with `extract`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import Any

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def functions_in(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function below `body`, nested ones included; expressions hold none."""
    stack: list[Any] = list(reversed(body))
    while stack:
        node = stack.pop()
        if isinstance(node, _FUNCTIONS):
            yield node
        stack.extend(_nested_blocks(node))


def statements_of_scope(body: list[ast.stmt]) -> Iterator[Any]:
    """The statements, handlers and cases that run in the same scope as `body`, in no particular order."""
    stack: list[Any] = list(body)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            stack.extend(_nested_blocks(node))


def _nested_blocks(node: Any) -> Iterator[Any]:
    for field in ("body", "handlers", "cases", "orelse", "finalbody"):
        block = getattr(node, field, None)
        if block.__class__ is list:
            yield from block


def nodes_of_scope(body: Iterable[ast.AST]) -> Iterator[Any]:
    """All nodes that belong to the scope of `body`: bodies of nested functions, lambdas and classes are not entered."""
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            stack.extend(_evaluated_by_definition(node))
        elif isinstance(node, ast.Lambda):
            stack.extend(defaults_of(node.args))
        else:
            stack.extend(ast.iter_child_nodes(node))


def _evaluated_by_definition(node: Any) -> Iterator[ast.AST]:
    yield from node.decorator_list
    if isinstance(node, ast.ClassDef):
        yield from node.bases
        yield from node.keywords
    else:
        yield from defaults_of(node.args)


def parameters_of(arguments: ast.arguments) -> Iterator[ast.arg]:
    """All parameters, in the order of the signature."""
    every = (*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg)
    yield from (each for each in every if each is not None)


def defaults_of(arguments: ast.arguments) -> Iterator[ast.expr]:
    """All default values."""
    yield from arguments.defaults
    yield from (each for each in arguments.kw_defaults if each is not None)


class Names:
    """What one scope binds, and what it declares to live elsewhere; each in the order met, without repetition."""

    def __init__(self) -> None:
        self.bound: dict[str, None] = {}
        self.globals: dict[str, None] = {}
        self.nonlocals: dict[str, None] = {}


def scope_names(node: ast.FunctionDef | ast.AsyncFunctionDef, has_walrus: bool) -> Names:
    """The names of a function's own scope, parameters included."""
    names = Names()
    for each in parameters_of(node.args):
        names.bound[each.arg] = None
    _bind(node.body, names, has_walrus)
    for name in (*names.globals, *names.nonlocals):
        names.bound.pop(name, None)
    return names


def has_lazy_annotations(tree: ast.Module) -> bool:
    """Whether nobody evaluates the annotations of the module unless asked to (PEP 563)."""
    return any(
        isinstance(each, ast.ImportFrom)
        and each.module == "__future__"
        and any(alias.name == "annotations" for alias in each.names)
        for each in tree.body
    )


def module_names(body: list[ast.stmt], has_walrus: bool) -> tuple[str, ...]:
    """All identifiers that module level binds, sorted; star imports add none."""
    names = Names()
    _bind(body, names, has_walrus)
    return tuple(sorted(names.bound))


def _bind(body: list[ast.stmt], names: Names, has_walrus: bool) -> None:
    for node in statements_of_scope(body):
        binder = _BINDERS.get(node.__class__)
        if binder is not None:
            names.bound.update(dict.fromkeys(binder(node)))
        if isinstance(node, ast.Global):
            names.globals.update(dict.fromkeys(node.names))
        elif isinstance(node, ast.Nonlocal):
            names.nonlocals.update(dict.fromkeys(node.names))
    if has_walrus:
        for node in nodes_of_scope(body):
            if isinstance(node, ast.NamedExpr):
                names.bound[node.target.id] = None


def _target_names(*targets: Any) -> Iterator[str]:
    for target in targets:
        if isinstance(target, ast.Name):
            yield target.id
        elif isinstance(target, (ast.Tuple, ast.List)):
            yield from _target_names(*target.elts)
        elif isinstance(target, ast.Starred):
            yield from _target_names(target.value)


def _import_names(node: Any) -> Iterable[str]:
    return [alias.asname or alias.name.partition(".")[0] for alias in node.names if alias.name != "*"]


def _pattern_names(node: Any) -> Iterator[str]:
    for each in ast.walk(node.pattern):
        name = getattr(each, "rest", None) if each.__class__.__name__ == "MatchMapping" else getattr(each, "name", None)
        if isinstance(name, str):
            yield name


def absolute_imports(body: list[ast.stmt]) -> tuple[str, ...]:
    """The dotted names that import statements mention at module and class level, sorted.

    For `from a import b` both `a` and `a.b`, since `b` may be a module. Relative imports are left to the IR: what they
    name depends on where the file lies.
    """
    found: set[str] = set()
    stack: list[Any] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.module and not node.level:
                found.add(node.module)
                found.update(f"{node.module}.{alias.name}" for alias in node.names if alias.name != "*")
        elif not isinstance(node, _FUNCTIONS):
            stack.extend(_nested_blocks(node))
    return tuple(sorted(found))


def by_class(table: dict[str, Callable[..., Any]]) -> dict[type, Callable[..., Any]]:
    """`table` by syntax-tree class, without the classes that this interpreter does not have."""
    return {getattr(ast, name): function for name, function in table.items() if hasattr(ast, name)}


_BINDERS = by_class(
    {
        "Assign": lambda node: _target_names(*node.targets),
        "AugAssign": lambda node: _target_names(node.target),
        "AnnAssign": lambda node: _target_names(node.target),
        "Delete": lambda node: _target_names(*node.targets),
        "Import": _import_names,
        "ImportFrom": _import_names,
        "For": lambda node: _target_names(node.target),
        "AsyncFor": lambda node: _target_names(node.target),
        "With": lambda node: _target_names(*[item.optional_vars for item in node.items]),
        "AsyncWith": lambda node: _target_names(*[item.optional_vars for item in node.items]),
        "ExceptHandler": lambda node: [node.name] if node.name else [],
        "FunctionDef": lambda node: [node.name],
        "AsyncFunctionDef": lambda node: [node.name],
        "ClassDef": lambda node: [node.name],
        "TypeAlias": lambda node: [node.name.id],
        "match_case": _pattern_names,
    }
)
