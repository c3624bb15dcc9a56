"""What pytest does before its session begins: from the command line to the initial conftests (`Config.parse`)."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from packaging.version import InvalidVersion, Version

from muster.invocation.additions import read_additions
from muster.invocation.commandline import FILE_OR_DIR, CommandLine, UnrecognizedArguments
from muster.invocation.conftests import find_anchors, initial_conftests
from muster.invocation.filters import (
    FilterBroken,
    FilterModuleMissing,
    FilterRefused,
    check_filter_module,
    parse_warning_filter,
)
from muster.invocation.optiontable import CHANGES_COLLECTION, CORE_NAMES, CORE_OPTIONS, WELL_KNOWN_PLUGIN_OPTIONS
from muster.invocation.paths import absolute_path, exists
from muster.invocation.plugins import (
    blocked_names,
    is_entry_point,
    missing_required,
    plugin_arguments,
    refuse_blocking,
    refuse_missing,
)
from muster.invocation.refused import Refused, escaping
from muster.invocation.rootdir import determine_setup, parse_overrides
from muster.invocation.settingtable import setting_specs
from muster.invocation.state import Resolution
from muster.model.environment import PluginOption
from muster.model.location import Location

_CORE_DESTINATIONS = frozenset((FILE_OR_DIR, *(option.dest for option in CORE_OPTIONS)))


def start_up(state: Resolution) -> None:
    """Everything up to the final parse of the command line, in pytest's order, which the version decides."""
    refuse_blocking([name for name in plugin_arguments(state.argv) if name.startswith("no:")], state.version)
    core = CommandLine(state.dialect)
    _prepend_environment_options(state, core)
    _find_root(state, core)
    _prepend_addopts(state, core)
    state.parsed = core.parse_known(state.argv, state.extra)
    if state.version >= (9, 1, 0):
        # One level of overrides that addopts brings in, as `--strict-markers` does (pytest issue 14442).
        state.update_settings(parse_overrides(state.parsed.texts("override_ini"), state.invocation.inifile))
    _check_minversion(state)
    if state.parsed.text("assertmode") == "rewrite":
        _check_rewriter(state)
    if state.version >= (8, 4, 0):
        _set_pythonpath(state)
    if state.version >= (9, 2, 0):
        _check_filters(state)
    _load_plugins(state)
    state.parsed = state.with_plugins().parse_known(state.argv, state.extra)
    _check_required_plugins(state)
    if state.version < (8, 1, 0) and state.parsed.flag("strict"):
        state.warn("The --strict option is deprecated, use --strict-markers instead.", "PytestRemovedIn8Warning")
    _set_confcutdir(state)
    if state.version < (8, 4, 0):
        _check_filters(state)
        _set_pythonpath(state)
    elif state.version < (9, 2, 0):
        _check_filters(state)
    _find_initial_conftests(state)
    _read_additions(state)
    _parse_for_good(state)
    _set_options(state)
    decided = state.decide(state.parsed)
    state.arguments = decided.arguments
    state.invocation = replace(state.invocation, arguments_from=decided.source)
    for warning in decided.warnings:
        state.warn(warning)


def _prepend_environment_options(state: Resolution, core: CommandLine) -> None:
    text = state.request.environ.get("PYTEST_ADDOPTS", "")
    if not text:
        return
    options = _split_shell(text, "PYTEST_ADDOPTS", None)
    core.parse_known(options, {}, "via PYTEST_ADDOPTS")
    state.argv = [*options, *state.argv]


def _find_root(state: Resolution, core: CommandLine) -> None:
    parsed = core.parse_known(state.argv, {})
    setup = determine_setup(
        state.tree,
        state.version,
        inifile=parsed.text("inifilename"),
        rootdir_option=parsed.text("rootdir") or None,
        arguments=(*parsed.positionals, *parsed.unknown),
        cwd=state.request.cwd,
        environ=state.request.environ,
    )
    state.settings = dict(setup.settings)
    state.update_settings({})
    state.invocation = replace(state.invocation, rootdir=setup.rootdir, inifile=setup.inifile)
    state.extra = {"rootdir": setup.rootdir, "inifile": str(setup.inifile)}
    state.update_settings(parse_overrides(parsed.texts("override_ini"), setup.inifile))


def _prepend_addopts(state: Resolution, core: CommandLine) -> None:
    options = state.items("addopts")
    configured = state.settings.get("addopts")
    for index, option in enumerate(options):
        if not isinstance(option, str):
            message = f"expected str, bytes or os.PathLike object, not {type(option).__name__}"
            where = configured.item_location(index) if configured else None
            raise escaping("TypeError", message, "addopts", where)
    state.addopts = tuple(str(option) for option in options)
    core.parse_known(state.addopts, state.extra, "via addopts config")
    state.argv = [*state.addopts, *state.argv]


def _check_minversion(state: Resolution) -> None:
    configured = state.settings.get("minversion")
    if configured is None or (state.version < (9, 0, 0) and configured.origin == "override"):
        return
    minimum = configured.value if state.version < (9, 1, 0) else state.values.get(state.specs["minversion"])
    if not minimum:
        return
    if not isinstance(minimum, str) and state.version < (9, 1, 0):
        message = f"{state.invocation.inifile}: 'minversion' must be a single value"
        raise Refused(message, "minversion", configured.location)
    actual = state.environment.pytest_version or ".".join(map(str, state.version))
    try:
        # From 9.1 on, pytest hands over whatever the file holds.
        too_old = Version(minimum) > Version(actual)  # type: ignore[arg-type]  # because of that
    except (InvalidVersion, TypeError) as error:
        raise escaping(type(error).__name__, str(error), "minversion", configured.location) from None
    if too_old:
        message = f"{state.invocation.inifile}: 'minversion' requires pytest-{minimum}, actual pytest-{actual}'"
        raise Refused(message, "minversion", configured.location)


def _check_rewriter(state: Resolution) -> None:
    """The assertion rewriter asks for `python_files` first; until 9.1 it forgave a ValueError, but no TypeError."""
    try:
        state.value("python_files")
    except Refused as refused:
        if state.version >= (9, 2, 0):
            raise
        if refused.refusal.type == "TypeError":
            refusal = refused.refusal
            raise escaping("TypeError", refusal.message, "python_files", refusal.location) from None


def _set_pythonpath(state: Resolution) -> None:
    state.invocation = replace(state.invocation, pythonpath=state.texts("pythonpath"))


def _check_filters(state: Resolution) -> None:
    configured = state.settings.get("filterwarnings")
    filters = state.texts("filterwarnings")
    state.invocation = replace(state.invocation, filterwarnings=filters)
    if "warnings" in blocked_names(plugin_arguments(state.argv)):
        return
    for index, text in enumerate(filters):
        _check_filter(state, text, "filterwarnings", configured.item_location(index) if configured else None)
    for text in state.parsed.texts("pythonwarnings"):
        _check_filter(state, text, "-W", None)


def _check_filter(state: Resolution, text: str, setting: str, location: Location | None) -> None:
    try:
        parsed = parse_warning_filter(text, state.version)
        if state.find_module is not None:
            check_filter_module(text, parsed, state.find_module, state.leading(), state.version)
    except FilterBroken as problem:
        raise escaping(_pattern_error(state), str(problem), setting, location) from None
    except FilterRefused as problem:
        raise Refused(str(problem), setting, location) from None
    except FilterModuleMissing as problem:
        state.warn(str(problem))


def _pattern_error(state: Resolution) -> str:
    return "PatternError" if state.environment.version >= (3, 13, 0) else "error"


def _load_plugins(state: Resolution) -> None:
    plugins = tuple(plugin_arguments(state.argv))
    refuse_blocking(plugins, state.version)
    named = tuple(name for name in state.request.environ.get("PYTEST_PLUGINS", "").split(",") if name)
    disabled = bool(state.request.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"))
    state.invocation = replace(
        state.invocation,
        plugins=plugins,
        environment_plugins=named,
        autoload_disabled=disabled or state.parsed.flag("disable_plugin_autoload"),
    )
    if state.find_module is not None:
        find, leading = state.find_module, state.leading()
        refuse_missing(plugins, state.environment, find, leading, state.version, "-p")
        refuse_missing(named, state.environment, find, leading, state.version, "PYTEST_PLUGINS")


def _check_required_plugins(state: Resolution) -> None:
    required = state.texts("required_plugins")
    state.invocation = replace(state.invocation, required_plugins=required)
    if not required or not (state.environment.asked or state.environment.distributions):
        return
    plugins = state.invocation.plugins
    explicit = frozenset((*plugins, *state.invocation.environment_plugins))
    loaded = explicit if state.invocation.autoload_disabled else None
    missing = missing_required(required, state.environment.distributions, blocked_names(plugins), loaded)
    if missing:
        where = state.settings["required_plugins"].location
        raise Refused(f"Missing required plugins: {', '.join(missing)}", "required_plugins", where)


def _set_confcutdir(state: Resolution) -> None:
    given = state.parsed.text("confcutdir")
    inifile = state.invocation.inifile
    default = posixpath.dirname(inifile) if inifile is not None else state.invocation.rootdir
    confcutdir = absolute_path(given, state.request.cwd) if given else default
    state.invocation = replace(state.invocation, confcutdir=confcutdir, noconftest=state.parsed.flag("noconftest"))


def _find_initial_conftests(state: Resolution) -> None:
    testpaths = state.texts("testpaths")
    namespace_packages = bool(state.value("consider_namespace_packages"))
    state.invocation = replace(state.invocation, testpaths=testpaths, consider_namespace_packages=namespace_packages)
    decided = state.decide(state.parsed)
    anchors = find_anchors(state.tree, decided.arguments, state.request.cwd)
    state.invocation = replace(state.invocation, conftest_anchors=anchors)


def _read_additions(state: Resolution) -> None:
    """What the initial conftests and the plugins named by the command register, unless the caller knows better."""
    if state.additions is None:
        named = [name for name in state.invocation.plugins if not name.startswith("no:")]
        withheld = () if state.invocation.autoload_disabled else state.environment.withheld_plugins
        state.additions = read_additions(
            state.tree,
            initial_conftests(state.tree, state.invocation),
            (*named, *state.invocation.environment_plugins, *(module for _, module in withheld)),
            state.environment,
            state.find_module,
            state.leading(),
        )
        asked = (*named, *state.invocation.environment_plugins)
        if state.invocation.autoload_disabled and any(is_entry_point(name, state.environment) for name in asked):
            # The environment was asked without them, so their options are not known.
            state.additions = replace(state.additions, complete=False)
    registered = state.environment.ini_options + state.additions.settings
    state.specs = setting_specs(state.version, registered, state.dialect.blocked)


def _parse_for_good(state: Resolution) -> None:
    added = state.additions.options if state.additions else ()
    try:
        state.parsed = state.with_plugins(*added).parse(state.argv, state.extra)
    except UnrecognizedArguments as problem:
        if not state.may_be_defined_elsewhere():
            where = state.location_of(problem.flags)
            raise Refused(str(problem), problem.flags[0], where, when="conftest") from None
        guessed = tuple(_guess_option(state, flag) for flag in problem.flags)
        state.unmodelled.extend(f"{flag}: an option that no known plugin defines" for flag in problem.flags)
        state.parsed = state.with_plugins(*added, *guessed).parse_known(state.argv, state.extra)


def _guess_option(state: Resolution, flag: str) -> PluginOption:
    """An unknown option takes the next argument where that is no option and no path."""
    name, assigned, _ = flag.partition("=")
    position = state.argv.index(flag) + 1 if flag in state.argv else len(state.argv)
    following = state.argv[position] if position < len(state.argv) else "-"
    takes_value = bool(assigned) or not (
        following.startswith("-") or exists(state.tree, absolute_path(following.split("::")[0], state.request.cwd))
    )
    return PluginOption((name,), name.lstrip("-").replace("-", "_"), "1" if takes_value else "0")


def _set_options(state: Resolution) -> None:
    parsed = state.parsed
    state.invocation = replace(
        state.invocation,
        collects=not (parsed.flag("help") or parsed.flag("version") or parsed.flag("markers")),
        import_mode=parsed.text("importmode") or "prepend",
        ignore=parsed.texts("ignore"),
        ignore_glob=parsed.texts("ignore_glob"),
        deselect=parsed.texts("deselect"),
        keyword=(parsed.text("keyword") or "").lstrip(),
        markexpr=parsed.text("markexpr") or "",
        maxfail=int(parsed.text("maxfail") or 0),
        continue_on_collection_errors=parsed.flag("continue_on_collection_errors"),
        keep_duplicates=parsed.flag("keepduplicates"),
        collect_in_virtualenv=parsed.flag("collect_in_virtualenv"),
        pyargs=parsed.flag("pyargs"),
        doctest_modules=parsed.flag("doctestmodules"),
        doctest_glob=parsed.texts("doctestglob") or ("test*.txt",),
        doctest_ignore_import_errors=parsed.flag("doctest_ignore_import_errors"),
        doctest_continue_on_failure=parsed.flag("doctest_continue_on_failure"),
        last_failed=parsed.flag("lf"),
        failed_first=parsed.flag("failedfirst"),
        options={dest: value for dest, value in _foreign(parsed.options) if value is not None},
    )
    _note_unmodelled(state)


def _foreign(options: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The options that are not pytest's own, lists as tuples."""
    for dest, value in options.items():
        if dest not in _CORE_DESTINATIONS:
            yield dest, tuple(map(str, value)) if isinstance(value, list) else value


def _note_unmodelled(state: Resolution) -> None:
    cached = {"failedfirst": "--ff", "newfirst": "--nf", "stepwise": "--sw", "stepwise_skip": "--sw-skip"}
    state.unmodelled.extend(
        f"{name}: reorders or drops tests by what earlier runs left in the cache"
        for dest, name in cached.items()
        if state.parsed.flag(dest)
    )
    for option in (*state.environment.options, *WELL_KNOWN_PLUGIN_OPTIONS):
        if (
            option.dest in CHANGES_COLLECTION
            and state.parsed.options.get(option.dest)
            and not CORE_NAMES & {*option.names}
        ):
            state.unmodelled.append(f"{option.names[0]}: a plugin's option that adds, drops or reorders tests")


def _split_shell(text: str, setting: str, location: Location | None) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise escaping("ValueError", str(error), setting, location) from None
