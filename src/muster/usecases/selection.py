"""What to simulate: the settings' command and categories, with the user's paths and options, as one plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from posixpath import isabs, join, normpath, relpath

from muster.errors import UsageError
from muster.model.invocation import Invocation
from muster.settings import Category, Settings
from muster.usecases.command import PytestCommand, extend_command, read_command
from muster.usecases.plan import ExpectedCategory, Plan, Standards


@dataclass(frozen=True, slots=True)
class Selection:
    """What a user asked for: paths as typed, names of categories, the command, and further options for pytest."""

    paths: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    invocation: str = ""
    options: tuple[str, ...] = ()


def plan_session(settings: Settings, selection: Selection, *, root: str, cwd: str, typed_in: str) -> Plan:
    """The session that `selection` asks for, run in the folder `cwd`; paths were typed in the folder `typed_in`.

    Raises `UsageError` for an unknown category, or categories that no one command selects.
    """
    chosen = [find_category(settings, name) for name in selection.categories]
    command = _team_command(settings, selection)
    paths = [
        *(rebase_path(path, typed_in, cwd) for path in selection.paths),
        *(rebase_path(path, root, cwd) for category in chosen for path in category.paths),
    ]
    options = [*_marker_options(chosen), *selection.options]
    command = extend_command(command, list(dict.fromkeys(paths)), options)
    return Plan(
        root=root,
        command=command,
        cwd=cwd,
        categories=selection.categories,
        standards=Standards(settings.severity, tuple(_expected(category, root) for category in chosen)),
        budget_s=_budget(settings, chosen),
        is_whole=selection == Selection(),
    )


def find_category(settings: Settings, name: str) -> Category:
    """The category `name`. Raises `UsageError` that lists what there is."""
    if name in settings.categories:
        return settings.categories[name]
    if name.endswith((".ini", ".cfg", ".toml")):
        raise UsageError(f"-c names a category here; give pytest its configuration file behind '--': -- -c {name}")
    known = ", ".join(sorted(settings.categories)) or "none; `muster init` proposes some"
    raise UsageError(f"there is no category '{name}' in [tool.muster.categories]; there are: {known}")


def rebase_path(path: str, typed_in: str, cwd: str) -> str:
    """The path or node id `path`, typed in one folder, as it is spelled in another."""
    file, separator, names = path.partition("::")
    if typed_in == cwd or isabs(file):
        return path
    return relpath(normpath(join(typed_in, file)), cwd) + separator + names


def _team_command(settings: Settings, selection: Selection) -> PytestCommand:
    if selection.invocation:
        return read_command(selection.invocation, "--invocation")
    if settings.invocation:
        return read_command(settings.invocation, "[tool.muster] invocation")
    return PytestCommand()


def _marker_options(categories: Sequence[Category]) -> list[str]:
    """`-m` for categories by marker. One pytest command cannot select some by path and others by marker."""
    markers = [category.markers for category in categories if category.markers]
    if not markers:
        return []
    if len(categories) > 1 and (len(markers) < len(categories) or any(category.paths for category in categories)):
        names = " and ".join(f"'{category.name}'" for category in categories)
        raise UsageError(f"no one pytest command selects the categories {names}: check them one at a time")
    return ["-m", markers[0] if len(markers) == 1 else " or ".join(f"({marker})" for marker in markers)]


def _expected(category: Category, root: str) -> ExpectedCategory:
    paths = tuple(normpath(join(root, path)) for path in category.paths)
    return ExpectedCategory(category.name, category.min_tests, paths, category.location)


def budget_of(settings: Settings, invocation: Invocation, root: str) -> float | None:
    """The budget for collecting what `invocation` asks for: that of the category that is just this, else the project's."""
    asked = {str(argument) for argument in invocation.arguments}
    for category in settings.categories.values():
        own = {normpath(join(root, path)) for path in category.paths}
        if (not own or own == asked) and category.markers == invocation.markexpr and category.budget_s is not None:
            return category.budget_s
    return settings.budget_s


def _budget(settings: Settings, categories: Sequence[Category]) -> float | None:
    """The budget of the one category that is checked, else the project's."""
    own = [category.budget_s for category in categories if category.budget_s is not None]
    return own[0] if len(categories) == 1 and own else settings.budget_s
