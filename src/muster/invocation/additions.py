"""What conftests and named plugins register, read from their source: options, settings and marker lines.

pytest learns them by running `pytest_addoption`. Here its calls of `addoption` and `addini` are read where they are
written out; whatever else the function does with the parser makes the answer incomplete, never wrong.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from muster.invocation.plugins import is_installed_plugin
from muster.invocation.request import Additions, FindModule
from muster.model.environment import Environment, IniOption, PluginOption
from muster.ports import FileTree, ReadFailure

_FLAG_ACTIONS = frozenset(("store_true", "store_false", "store_const", "append_const", "count"))
_VALUE_ACTIONS = frozenset(("store", "append", "extend"))
_PYTESTER_OPTIONS = (
    PluginOption(("--lsof",), "lsof", "0", action="store_true"),
    PluginOption(("--runpytest",), "runpytest", "1", ("inprocess", "subprocess")),
)
"""pytest's own plugin that is loaded only on request (`_pytest/pytester.py`)."""

_BODIES = ("body", "orelse", "finalbody", "handlers")


@dataclass(slots=True)
class _Found:
    options: list[PluginOption] = field(default_factory=list)
    settings: list[IniOption] = field(default_factory=list)
    markers: list[str] = field(default_factory=list)
    complete: bool = True


def read_additions(
    tree: FileTree,
    paths: Sequence[str],
    plugins: Iterable[str],
    environment: Environment,
    find_module: FindModule | None,
    leading: tuple[str, ...],
) -> Additions:
    """What the files `paths` and the plugins named `plugins` register, with the `pytest_plugins` that they name in turn."""
    found = _Found()
    pending, names, read = list(paths), list(plugins), set[str]()
    while pending or names:
        while names:
            name = names.pop()
            if name == "pytester":
                found.options.extend(_PYTESTER_OPTIONS)
            path = None if is_installed_plugin(name, environment) else _source_of(name, find_module, leading)
            if path is not None:
                pending.append(path)
            elif not is_installed_plugin(name, environment):
                found.complete = False
        path = pending.pop(0) if pending else ""
        if path and path not in read:
            read.add(path)
            names.extend(_read_file(tree, path, found))
    return Additions(tuple(found.options), tuple(found.settings), tuple(found.markers), found.complete)


def _source_of(name: str, find_module: FindModule | None, leading: tuple[str, ...]) -> str | None:
    path = find_module(name, leading) if find_module is not None and name else None
    return path if path and path.endswith(".py") else None


def _read_file(tree: FileTree, path: str, found: _Found) -> list[str]:
    """Add what the file registers to `found`; the plugins that it names."""
    try:
        module = ast.parse(tree.read(path))
    except (ReadFailure, SyntaxError, ValueError, RecursionError, MemoryError):
        found.complete = False
        return []
    named: list[str] = []
    for statement in _module_level(module.body):
        match statement:
            case ast.FunctionDef(name="pytest_addoption"):
                _read_hook(statement, found)
            case ast.ImportFrom(names=aliases) if any(a.name == "*" or _bound(a) in _NAMES for a in aliases):
                found.complete = False
            case ast.Assign(targets=[ast.Name(id="pytest_plugins")], value=value):
                texts = _texts(value)
                found.complete &= texts is not None
                named.extend(texts or ())
            case ast.Assign(targets=targets) if any(isinstance(t, ast.Name) and t.id in _NAMES for t in targets):
                found.complete = False
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.AugAssign(target=ast.Name(id=name)) if name in _NAMES:
                found.complete = False
            case _:
                pass
    for call in _calls(module, "addinivalue_line"):
        match call.args:
            case [ast.Constant(value="markers"), ast.Constant(value=str(line))]:
                found.markers.append(line)
            case [ast.Constant(value=str(name)), *_] if name != "markers":
                pass
            case _:
                found.complete = False
    return named


_NAMES = frozenset(("pytest_addoption", "pytest_plugins"))


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name


def _module_level(statements: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The statements that run with the module, those in branches included."""
    for statement in statements:
        yield statement
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for name in _BODIES:
                yield from _module_level(getattr(statement, name, ()))


def _read_hook(hook: ast.FunctionDef, found: _Found) -> None:
    for call in _calls(hook, "addoption"):
        option = _option(call)
        if option is None:
            found.complete = False
        else:
            found.options.append(option)
    for call in _calls(hook, "addini"):
        setting = _setting(call)
        if setting is None:
            found.complete = False
        else:
            found.settings.append(setting)
    found.complete &= not any(_hands_on_parser(node) for node in ast.walk(hook))


def _hands_on_parser(node: ast.AST) -> bool:
    """Whether the parser itself is given to another function, which may register more."""
    if not isinstance(node, ast.Call):
        return False
    values = [*node.args, *(keyword.value for keyword in node.keywords)]
    return any(isinstance(value, ast.Name) and value.id == "parser" for value in values)


def _calls(tree: ast.AST, method: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method:
            yield node


def _option(call: ast.Call) -> PluginOption | None:
    names = tuple(arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str))
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    if not names or len(names) < len(call.args) or None in keywords:
        return None
    action = _text(keywords.get("action"), "store")
    if action in _FLAG_ACTIONS:
        return PluginOption(names, _dest(names, keywords), "0", action="count" if action == "count" else "store_true")
    nargs = keywords.get("nargs")
    if action not in _VALUE_ACTIONS or not (nargs is None or isinstance(nargs, ast.Constant)):
        return None
    choices = keywords.get("choices")
    allowed = () if choices is None else _texts(choices) or ()
    count = "1" if nargs is None else str(nargs.value)
    return PluginOption(names, _dest(names, keywords), count, tuple(allowed), action)


def _dest(names: Sequence[str], keywords: dict[str | None, ast.expr]) -> str:
    given = _text(keywords.get("dest"), "")
    long = next((name for name in names if name.startswith("--")), names[0])
    return given or long.lstrip("-").replace("-", "_")


def _setting(call: ast.Call) -> IniOption | None:
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    name = _text(call.args[0] if call.args else keywords.get("name"), "")
    if not name or None in keywords:
        return None
    type_ = _text(call.args[2] if len(call.args) > 2 else keywords.get("type"), "string")
    aliases = keywords.get("aliases")
    return IniOption(name, type_, tuple(_texts(aliases) or ()) if aliases is not None else ())


def _text(node: ast.expr | None, default: str) -> str:
    """The text of a constant, the default where there is none, "" where it is something else."""
    if node is None:
        return default
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _texts(node: ast.expr) -> list[str] | None:
    """The texts of a constant (split at commas, as pytest does) or of a list or tuple of constants."""
    match node:
        case ast.Constant(value=str(text)):
            return [name for name in text.split(",") if name]
        case ast.List(elts=items) | ast.Tuple(elts=items):
            texts = [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
            return texts if len(texts) == len(items) else None
        case _:
            return None
