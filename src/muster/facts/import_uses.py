"""Where one file uses what it imports: while it is imported, or only in functions and annotations?

What a function does counts as done at import time where module level, a decorator or a class body calls or passes on that
function, and where pytest calls it while it collects (a hook). Everything doubtful counts as import time: `globals()`, a
second binding of the name, a string in a decorator that mentions it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from muster.facts.scopes import defaults_of, has_lazy_annotations, nodes_of_scope, parameters_of, scope_names

Function = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_LOOKS_INTO_THE_NAMESPACE = frozenset(("globals", "eval", "exec"))
_LATER_HOOKS = (
    "pytest_runtest", "pytest_fixture", "pytest_terminal_summary", "pytest_sessionfinish", "pytest_unconfigure",
    "pytest_report_teststatus", "pytest_assertrepr", "pytest_exception_interact", "pytest_pyfunc_call",
)  # fmt: skip
"""Hooks that pytest calls once tests run; all others may run while it collects."""

_PLAIN_DECORATORS = frozenset(
    (
        "fixture", "staticmethod", "classmethod", "property", "setter", "getter", "deleter", "contextmanager", "final",
        "asynccontextmanager", "cached_property", "cache", "lru_cache", "wraps", "abstractmethod", "overload", "override",
        "parametrize", "usefixtures", "skip", "skipif", "skipIf", "skipUnless", "xfail", "expectedFailure", "patch", "object",
        "dict", "dataclass", "asyncio", "anyio",
    )
)  # fmt: skip
"""Decorators that leave annotations alone; a dataclass only looks for `ClassVar` in those that are strings."""


@dataclass(frozen=True, slots=True)
class ImportUse:
    """How a file uses names that it imports: `kind` is `functions`, `annotations`, `both`, `none` or `import time`.

    At import time `line` is the first use and `why` what it is. `functions` maps the lines of the outermost functions that
    use names to the names that they use.
    """

    kind: str
    why: str = ""
    line: int = 0
    functions: tuple[tuple[int, tuple[str, ...]], ...] = ()
    annotated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileRole:
    """What else decides whether a use is at import time.

    `exports` is true for an `__init__.py`, whose names are its package's; `has_hooks` for a conftest or plugin;
    `lazy_annotations` where no annotation is evaluated by itself (Python 3.14).
    """

    exports: bool = False
    has_hooks: bool = False
    lazy_annotations: bool = False


@dataclass(slots=True)
class _Use:
    name: str
    line: int
    why: str
    function: Function | None
    is_annotation: bool


@dataclass(slots=True)
class _Walk:
    """One pass over a file for some names."""

    names: frozenset[str]
    lazy: bool
    uses: list[_Use] = field(default_factory=list)
    refusal: tuple[str, int] | None = None


def use_of_names(tree: ast.Module, statement: ast.stmt, names: frozenset[str], role: FileRole) -> ImportUse:
    """How the file uses the `names` that `statement`, an import at its top level, binds."""
    is_lazy = role.lazy_annotations or has_lazy_annotations(tree)
    walk = _Walk(names, is_lazy)
    if role.exports:
        return ImportUse("import time", "a package exports what its __init__.py imports", statement.lineno)
    refusal = _refusal(tree, statement, names)
    if refusal is not None:
        return ImportUse("import time", *refusal)
    for each in tree.body:
        if each is not statement:
            _statement(each, walk, None, frozenset(), "module level")
    if walk.refusal is not None:
        return ImportUse("import time", *walk.refusal)
    early = _early_functions(tree, role)
    for use in walk.uses:
        if not use.is_annotation and (use.function is None or id(use.function) in early):
            why = use.why if use.function is None else f"{use.function.name}() runs at import time or collection"
            return ImportUse("import time", why, use.line)
    return _later(walk.uses)


def _later(uses: Sequence[_Use]) -> ImportUse:
    functions: dict[int, dict[str, None]] = {}
    for use in uses:
        if use.function is not None and not use.is_annotation:
            functions.setdefault(use.function.lineno, {})[use.name] = None
    annotated = tuple(dict.fromkeys(use.name for use in uses if use.is_annotation))
    kind = "both" if functions and annotated else "functions" if functions else "annotations" if annotated else "none"
    found = tuple((line, tuple(sorted(names))) for line, names in sorted(functions.items()))
    return ImportUse(kind, functions=found, annotated=annotated)


# What makes a name one of the module's own.


def _refusal(tree: ast.Module, statement: ast.stmt, names: frozenset[str]) -> tuple[str, int] | None:
    word = re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(names))) + r")\b")
    for alias in getattr(statement, "names", ()):
        if alias.asname is not None and alias.asname == alias.name and alias.asname in names:
            return "`import x as x` exports it", statement.lineno
    for node in ast.walk(tree):
        match node:
            case ast.Global(names=declared) if names & set(declared):
                return "a function declares it global", node.lineno
            case ast.Name(id=name, ctx=ast.Load()) if name in _LOOKS_INTO_THE_NAMESPACE:
                return f"{name}() may look for it", node.lineno
            case ast.Constant(value=str(text)) if ">>>" in text and word.search(text):
                return "a doctest may use it", node.lineno
            case ast.Assign(targets=targets, value=value) if _is_all(targets) and _lists(value, names):
                return "__all__ lists it", node.lineno
            case ast.AugAssign(target=target, value=value) if _is_all([target]) and _lists(value, names):
                return "__all__ lists it", node.lineno
            case _:
                continue
    for node in nodes_of_scope(each for each in tree.body if each is not statement):
        if names & set(_binds(node)):
            return "it is bound a second time", node.lineno
    return None


def _is_all(targets: Sequence[ast.expr]) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "__all__" for each in targets)


def _lists(value: ast.expr, names: frozenset[str]) -> bool:
    return any(isinstance(each, ast.Constant) and each.value in names for each in ast.walk(value))


def _binds(node: Any) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in aliases)
        case ast.ExceptHandler(name=str(name)):
            yield name
        case _:
            return


# The uses themselves: which scope a name belongs to, and when its statement runs.


def _statement(node: ast.AST, walk: _Walk, function: Function | None, hidden: frozenset[str], why: str) -> None:
    """Note the uses below `node`, which stands in `function` (None: it runs at import time); `hidden` are names of inner
    scopes."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            _function(node, walk, function, hidden)
        case ast.ClassDef():
            _class(node, walk, function, hidden)
        case ast.Lambda(args=arguments, body=body):
            for default in defaults_of(arguments):
                _statement(default, walk, function, hidden, why)
            _statement(body, walk, function, hidden | {each.arg for each in parameters_of(arguments)}, "a lambda")
        case ast.AnnAssign(target=target, annotation=annotation, value=value):
            if function is None:
                _annotation(annotation, walk, None, hidden, "an annotation")
            _statement(target, walk, function, hidden, why)
            if value is not None:
                _statement(value, walk, function, hidden, why)
        case ast.Name(id=name, ctx=ast.Load()):
            if name in walk.names and name not in hidden:
                walk.uses.append(_Use(name, node.lineno, why, function, is_annotation=False))
        case _ if isinstance(node, _COMPREHENSIONS):
            bound = {
                each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
            }
            for part in ast.iter_child_nodes(node):
                _statement(part, walk, function, hidden | bound, why)
        case _:
            for part in ast.iter_child_nodes(node):
                _statement(part, walk, function, hidden, why)


def _function(node: Function, walk: _Walk, function: Function | None, hidden: frozenset[str]) -> None:
    for decorator in node.decorator_list:
        _decorator(decorator, walk, function, hidden)
    for default in defaults_of(node.args):
        _statement(default, walk, function, hidden, "a default value")
    is_read = not all(map(_is_plain, node.decorator_list))
    for annotation in (*(each.annotation for each in parameters_of(node.args)), node.returns):
        if annotation is not None:
            why = "a decorator may read the annotations" if is_read else "an annotation"
            _annotation(annotation, walk, function, hidden, why, is_read=is_read)
    names = scope_names(node, has_walrus=True)
    outer = function or node
    for each in node.body:
        _statement(each, walk, outer, hidden | set(names.bound), "")


def _class(node: ast.ClassDef, walk: _Walk, function: Function | None, hidden: frozenset[str]) -> None:
    for decorator in node.decorator_list:
        _decorator(decorator, walk, function, hidden)
    for base in (*node.bases, *(keyword.value for keyword in node.keywords)):
        _statement(base, walk, function, hidden, "a base class")
    # Whoever derives a class may have its annotations read: pydantic, `NamedTuple`, an ORM.
    is_read = bool(node.bases or node.keywords) or not all(map(_is_plain, node.decorator_list))
    for each in node.body:
        if isinstance(each, ast.AnnAssign) and is_read:
            _annotation(each.annotation, walk, function, hidden, "a class may read its annotations", is_read=True)
            if each.value is not None:
                _statement(each.value, walk, function, hidden, "a class body")
        else:
            _statement(each, walk, function, hidden, "a class body")


def _decorator(node: ast.expr, walk: _Walk, function: Function | None, hidden: frozenset[str]) -> None:
    _statement(node, walk, function, hidden, "a decorator")
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            words = set(re.findall(r"\w+", each.value))
            # `skipif("sys.platform == 'win32'")` is evaluated with the module's names.
            if walk.names & words and not each.value.isidentifier():
                walk.refusal = walk.refusal or ("a string in a decorator mentions it", each.lineno)


def _annotation(
    node: ast.expr,
    walk: _Walk,
    function: Function | None,
    hidden: frozenset[str],
    why: str,
    *,
    is_read: bool = False,
) -> None:
    """Annotations that nobody evaluates are uses for a type checker only."""
    for each in ast.walk(node):
        quoted = _quoted_names(each)
        for name in [each.id] if isinstance(each, ast.Name) else quoted:
            if name in walk.names and name not in hidden:
                is_evaluated = is_read or not (walk.lazy or quoted)
                line = getattr(each, "lineno", node.lineno)
                walk.uses.append(_Use(name, line, why, function, is_annotation=not is_evaluated))


def _quoted_names(node: ast.AST) -> list[str]:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return []
    return re.findall(r"[^\W\d]\w*", node.value)


def _is_plain(decorator: ast.expr) -> bool:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    spelled = ast.unparse(target)
    return spelled.rpartition(".")[2] in _PLAIN_DECORATORS or spelled.startswith("pytest.mark.")


# Functions that run before any test does.


def _early_functions(tree: ast.Module, role: FileRole) -> set[int]:
    """The outermost functions (by `id`) that module level calls or hands on, and the hooks of collection."""
    functions: dict[str, list[Function]] = {}
    classes: dict[str, list[Function]] = {}
    for each in tree.body:
        _register(each, functions, classes)
    waiting = [name for node in _import_time_nodes(tree) for name in _referred(node, classes)]
    early: set[int] = set()
    for name, found in functions.items():
        if (
            name.startswith("pytest_")
            and not name.startswith(_LATER_HOOKS)
            and (role.has_hooks or name == "pytest_generate_tests")
        ):
            waiting += [name]
            early.update(map(id, found))
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for function in (*functions.get(name, ()), *classes.get(name, ())):
            early.add(id(function))
            for node in ast.walk(function):
                waiting += _referred(node, classes)
    return early


def _register(
    node: ast.AST, functions: dict[str, list[Function]], classes: dict[str, list[Function]], owner: str = ""
) -> None:
    if isinstance(node, _FUNCTIONS):
        functions.setdefault(node.name, []).append(node)
        if owner:
            classes.setdefault(owner, []).append(node)
        return
    inner = node.name if isinstance(node, ast.ClassDef) else owner
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
            _register(child, functions, classes, inner)


def _import_time_nodes(tree: ast.Module) -> Iterator[Any]:
    """Everything that runs while the file is imported, class bodies included."""
    waiting: list[Sequence[ast.AST]] = [tree.body]
    while waiting:
        for node in nodes_of_scope(waiting.pop()):
            yield node
            if isinstance(node, ast.ClassDef):
                waiting.append(node.body)


def _referred(node: Any, classes: dict[str, list[Function]]) -> list[str]:
    """What `node` calls or hands on by a plain name. A class that is only named makes no instance."""
    if isinstance(node, ast.Call):
        first = node.func
        while isinstance(first, (ast.Attribute, ast.Call)):
            first = first.value if isinstance(first, ast.Attribute) else first.func
        return [first.id] if isinstance(first, ast.Name) else []
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in classes:
        return [node.id]
    return []
