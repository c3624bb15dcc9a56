"""What pluggy refuses of a conftest or plugin of the project (`PluginManager._verify_hook`, `check_pending`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from muster.collection.definitions import find_function_at
from muster.collection.executor import Executor
from muster.collection.outcomes import refused_plugin
from muster.collection.spelling import spell
from muster.execution.raised import Raised
from muster.execution.values import FunctionValue, ModuleValue

PREFIX = "pytest_"
Hooks = Mapping[str, tuple[str, ...]]


def hook_functions(module: ModuleValue) -> list[tuple[str, FunctionValue]]:
    """The functions that pytest takes for hook implementations, by name."""
    return [
        (name, value)
        for name, value in sorted(module.namespace.items(), key=lambda pair: pair[0])
        if name.startswith(PREFIX) and name != "pytest_plugins" and isinstance(value, FunctionValue)
    ]


def find_refused_hook(name: str, module: ModuleValue, hooks: Hooks) -> Raised | None:
    """What pluggy says of the first hook with an argument that its specification lacks, when `name` is registered."""
    for hook, function in hook_functions(module):
        if hook not in hooks:
            continue
        unknown = [argument for argument in _mandatory(function) if argument not in hooks[hook]]
        if unknown:
            arguments = "{" + ", ".join(map(repr, unknown)) + "}"
            return refused_plugin(
                f"Plugin {name!r} for hook {hook!r}\nhookimpl definition: {_definition(function)}\n"
                f"Argument(s) {arguments} are declared in the hookimpl but can not be found in the hookspec",
                function.file,
                function.line,
            )
    return None


def find_unknown_hook(modules: Iterable[ModuleValue], hooks: Hooks, executor: Executor) -> Raised | None:
    """What pluggy says of the first hook that no specification knows, at the end of collection."""
    for module in modules:
        for hook, function in hook_functions(module):
            if hook not in hooks and not _is_optional(function, executor):
                return refused_plugin(f"unknown hook {hook!r} in plugin {spell(module)}", function.file, function.line)
    return None


def _is_optional(function: FunctionValue, executor: Executor) -> bool:
    """Whether `hookimpl(optionalhook=True)` stands above it."""
    facts = executor.facts(function.file)
    statement = find_function_at(facts.body, function.line) if facts is not None else None
    return statement is not None and "optionalhook" in repr(statement[3])


def _mandatory(function: FunctionValue) -> list[str]:
    positional, arguments, _, _, _ = function.params or ((), (), None, (), None)
    return [pair[0] for pair in (*positional, *arguments) if pair[1] is None]


def _definition(function: FunctionValue) -> str:
    """`name(arguments)`, as far as it is written without defaults and annotations."""
    positional, arguments, star, keywords, double_star = function.params or ((), (), None, (), None)
    names = [pair[0] for pair in (*positional, *arguments)]
    names += [f"*{star}"] if star else (["*"] if keywords else [])
    names += [pair[0] for pair in keywords]
    names += [f"**{double_star}"] if double_star else []
    return f"{function.name}({', '.join(names)})"
