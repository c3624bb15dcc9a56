"""Which plugins the command asks for, and whether pytest finds them (`PytestPluginManager`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from muster.invocation.refused import INTERNAL_ERROR, UNCAUGHT, Refused, escaping
from muster.invocation.request import FindModule
from muster.invocation.version import PytestVersion
from muster.model.environment import Distribution, Environment

_ESSENTIAL = frozenset({"mark", "main", "runner", "fixtures", "helpconfig"})
_BUILTIN = _ESSENTIAL | frozenset(
    (
        "python terminal debugging unittest capture skipping legacypath tmpdir monkeypatch recwarn pastebin nose "
        "assertion junitxml doctest cacheprovider freeze_support setuponly setupplan stepwise warnings logging reports "
        "python_path unraisableexception threadexception faulthandler subtests pytester pytester_assertions "
        "terminalprogress pytestconfig"
    ).split()
)


def is_installed_plugin(name: str, environment: Environment) -> bool:
    """Whether the name is one of pytest's own plugins or an entry point, whose options the environment tells."""
    if name in _BUILTIN or name.startswith("_pytest."):
        return True
    if any(name in plugin for plugin in environment.withheld_plugins):
        return False
    return any(name in plugin for dist in environment.distributions for plugin in dist.pytest_plugins)


def is_entry_point(name: str, environment: Environment) -> bool:
    """Whether an installed distribution registers a plugin of this name."""
    return any(name == own for dist in environment.distributions for own, _ in dist.pytest_plugins)


def plugin_arguments(argv: Sequence[str]) -> Iterator[str]:
    """The values of `-p` as `consider_preparse` reads them: before any parsing, spelled `-p NAME` or `-pNAME`."""
    arguments = iter(argv)
    for argument in arguments:
        if argument == "-p":
            value = next(arguments, None)
            if value is None:
                return
            yield value.strip()
        elif argument.startswith("-p"):
            yield argument[2:].strip()


def refuse_blocking(plugins: Iterable[str], version: PytestVersion) -> None:
    """Raise `Refused` for a `-p no:NAME` that pytest does not allow."""
    for plugin in plugins:
        if not plugin.startswith("no:"):
            continue
        name = plugin[3:]
        # "essential" plugins (`_pytest.config.essential_plugins`).
        if name in _ESSENTIAL:
            raise Refused(f"plugin {name} cannot be disabled", "-p")
        if name.endswith("conftest.py") and version >= (9, 1, 0):
            raise Refused(
                f"Blocking conftest files using -p is not supported: -p no:{name}\n"
                "conftest.py files are not plugins and cannot be disabled via -p.\n",
                "-p",
            )


def blocked_names(plugins: Iterable[str]) -> frozenset[str]:
    """The plugin names that `-p no:NAME` blocks in the end; a later `-p NAME` unblocks."""
    blocked: set[str] = set()
    for plugin in plugins:
        name = plugin.removeprefix("no:")
        names = {name, f"pytest_{name}"}
        blocked = blocked | names if plugin.startswith("no:") else blocked - names
    return frozenset(blocked)


def refuse_missing(
    names: Iterable[str],
    environment: Environment,
    find_module: FindModule,
    leading: tuple[str, ...],
    version: PytestVersion,
    setting: str,
) -> None:
    """Raise `Refused` for a plugin that is neither pytest's own, nor an entry point, nor a module that can be found."""
    entry_points = {name for dist in environment.distributions for name, _ in dist.pytest_plugins}
    for name in names:
        if not name:
            exit_code = INTERNAL_ERROR if version >= (9, 2, 0) else UNCAUGHT
            raise Refused("Empty module name", setting, exit_code=exit_code, type_="ValueError")
        if name.startswith("no:") or name in _BUILTIN or name in entry_points:
            continue
        missing = _first_missing(name, find_module, leading)
        if missing is None:
            continue
        words = f'Error importing plugin "{name}": No module named {missing!r}'
        if version >= (9, 2, 0):
            raise Refused(words, setting)
        raise escaping("ImportError", words, setting)


def _first_missing(name: str, find_module: FindModule, leading: tuple[str, ...]) -> str | None:
    """The outermost part of the dotted name that cannot be found; Python imports the parents first."""
    parent = name.rpartition(".")[0]
    missing = _first_missing(parent, find_module, leading) if parent else None
    if missing is None and find_module(name, leading) is None:
        return name
    return missing


def missing_required(
    required: Iterable[str],
    distributions: Iterable[Distribution],
    blocked: frozenset[str],
    loaded: frozenset[str] | None,
) -> list[str]:
    """Which of `required_plugins` no loaded entry point provides, sorted (`Config._validate_plugins`).

    `loaded` names the only entry points that are loaded, where autoloading is off.
    """
    versions = {
        dist.name: dist.version
        for dist in distributions
        if any(name not in blocked and (loaded is None or name in loaded) for name, _ in dist.pytest_plugins)
    }
    return [text for text in sorted(required) if not _is_provided(text, versions)]


def _is_provided(text: str, versions: dict[str, str]) -> bool:
    # Few projects have `required_plugins`, and these modules pull in many others.
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.version import InvalidVersion, Version

    try:
        requirement = Requirement(text)
        version = versions.get(requirement.name)
        return version is not None and requirement.specifier.contains(Version(version), prereleases=True)
    except (InvalidRequirement, InvalidVersion):
        return False
