"""What was pytest told? The start of a pytest session (`Config.parse`), step by step, with nothing imported."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace

from packaging.version import InvalidVersion, Version

from muster.invocation.additions import read_additions
from muster.invocation.arguments import (
    ArgumentRules,
    Decided,
    decide_arguments,
    normalize_arguments,
    resolve_argument,
)
from muster.invocation.commandline import CommandLine, Dialect, Parsed, UnrecognizedArguments, program_name
from muster.invocation.configfile import ConfigSettings, ConfigValue
from muster.invocation.conftests import find_anchors, initial_conftests
from muster.invocation.expressions import ExpressionRefused, parse_expression, refuse_unknown_markers
from muster.invocation.filters import (
    FilterBroken,
    FilterModuleMissing,
    FilterRefused,
    check_filter_module,
    parse_warning_filter,
)
from muster.invocation.optiontable import CHANGES_COLLECTION, CORE_NAMES, WELL_KNOWN_PLUGIN_OPTIONS
from muster.invocation.paths import absolute_path, exists
from muster.invocation.plugins import (
    blocked_names,
    missing_required,
    plugin_arguments,
    refuse_blocking,
    refuse_missing,
)
from muster.invocation.refused import Refused, escaping
from muster.invocation.request import Additions, FindModule, Request
from muster.invocation.rootdir import determine_setup, parse_overrides
from muster.invocation.settingtable import WELL_KNOWN_PLUGIN_SETTINGS, setting_specs
from muster.invocation.values import Values
from muster.invocation.version import NEWEST_KNOWN, parse_pytest_version
from muster.model.environment import Environment, PluginOption
from muster.model.invocation import Argument, Invocation, Refusal, Setting
from muster.model.location import Location
from muster.ports import FileTree

_STAGES = ("start", "conftest", "configure", "collection", "collector", "end")


def resolve_invocation(
    tree: FileTree,
    environment: Environment,
    request: Request,
    *,
    find_module: FindModule | None = None,
    additions: Additions | None = None,
) -> Invocation:
    """The command as pytest resolves it. What pytest refuses is in `refusals`, in the order that it would be met.

    `find_module` answers for `--pyargs`, `-p` and warning categories; without it they are taken on trust. `additions`
    are the options and settings that the project's own conftests and plugins register; by default they are read from
    their source, and where that does not tell all, unknown options are tolerated and listed in `unmodelled`.
    """
    return _Resolution(tree, environment, request, find_module, additions).resolve()


class _Resolution:
    """One run of pytest's start-up. Each step may end it with `Refused`; what was found until then is kept."""

    def __init__(
        self,
        tree: FileTree,
        environment: Environment,
        request: Request,
        find_module: FindModule | None,
        additions: Additions | None,
    ) -> None:
        self.tree = tree
        self.environment = environment
        self.request = request
        self.find_module = find_module
        self.additions = additions
        known = environment.pytest_version
        self.version = parse_pytest_version(known) if known else NEWEST_KNOWN
        program = program_name(self.version, environment.version, request.cwd_on_path)
        # Only what the command line itself blocks is blocked before the plugins register their options and settings.
        blocked = blocked_names(name for name in plugin_arguments(request.argv) if name.startswith("no:"))
        self.dialect = Dialect(tree, request.cwd, self.version, environment.version, program, blocked)
        registered = environment.ini_options + (additions.settings if additions else ())
        self.specs = setting_specs(self.version, registered, blocked)
        self.argv = list(request.argv)
        self.settings: ConfigSettings = {}
        self.values = Values(self.settings, None, request.cwd, self.version)
        self.addopts: tuple[str, ...] = ()
        self.parsed = Parsed({}, (), ())
        self.arguments: tuple[str, ...] = ()
        self.extra: dict[str, str] = {}
        self.unmodelled: list[str] = []
        self.refusals: list[Refusal] = []
        self.invocation = Invocation(
            command=request.command,
            why=request.why,
            argv=request.argv,
            cwd=request.cwd,
            rootdir=request.cwd,
            pytest_version=self.version,
            cwd_on_path=request.cwd_on_path,
        )

    def resolve(self) -> Invocation:
        try:
            self._start()
            self._configure()
            self._collect()
            self._end()
        except Refused as refused:
            self.refusals.append(self._located(refused.refusal))
        return replace(
            self.invocation,
            settings={name: _as_setting(name, value) for name, value in self.settings.items()},
            refusals=tuple(sorted(self.refusals, key=lambda refusal: _STAGES.index(refusal.when))),
            unmodelled=tuple(dict.fromkeys(self.unmodelled)),
        )

    # What pytest does before its session begins.

    def _start(self) -> None:
        refuse_blocking([name for name in plugin_arguments(self.argv) if name.startswith("no:")], self.version)
        core = CommandLine(self.dialect)
        self._prepend_environment_options(core)
        self._find_root(core)
        self._prepend_addopts(core)
        self.parsed = core.parse_known(self.argv, self.extra)
        if self.version >= (9, 1, 0):
            # One level of overrides that addopts brings in, as `--strict-markers` does (pytest issue 14442).
            self._update_settings(parse_overrides(self.parsed.texts("override_ini"), self.invocation.inifile))
        self._check_minversion()
        if self.parsed.text("assertmode") == "rewrite":
            self._check_rewriter()
        if self.version >= (8, 4, 0):
            self._set_pythonpath()
        if self.version >= (9, 2, 0):
            self._check_filters()
        self._load_plugins()
        self.parsed = self._with_plugins().parse_known(self.argv, self.extra)
        self._check_required_plugins()
        if self.version < (8, 1, 0) and self.parsed.flag("strict"):
            self._warn("The --strict option is deprecated, use --strict-markers instead.", "PytestRemovedIn8Warning")
        self._set_confcutdir()
        if self.version < (8, 4, 0):
            self._check_filters()
            self._set_pythonpath()
        elif self.version < (9, 2, 0):
            self._check_filters()
        self._find_initial_conftests()
        self._read_additions()
        self._parse_for_good()
        self._set_options()
        decided = self._decide(self.parsed)
        self.arguments = decided.arguments
        self.invocation = replace(self.invocation, arguments_from=decided.source)
        for warning in decided.warnings:
            self._warn(warning)

    def _prepend_environment_options(self, core: CommandLine) -> None:
        text = self.request.environ.get("PYTEST_ADDOPTS", "")
        if not text:
            return
        options = _split_shell(text, "PYTEST_ADDOPTS", None)
        core.parse_known(options, {}, "via PYTEST_ADDOPTS")
        self.argv = [*options, *self.argv]

    def _find_root(self, core: CommandLine) -> None:
        parsed = core.parse_known(self.argv, {})
        setup = determine_setup(
            self.tree,
            self.version,
            inifile=parsed.text("inifilename"),
            rootdir_option=parsed.text("rootdir") or None,
            arguments=(*parsed.positionals, *parsed.unknown),
            cwd=self.request.cwd,
            environ=self.request.environ,
        )
        self.settings = dict(setup.settings)
        self._update_settings({})
        self.invocation = replace(self.invocation, rootdir=setup.rootdir, inifile=setup.inifile)
        self.extra = {"rootdir": setup.rootdir, "inifile": str(setup.inifile)}
        self._update_settings(parse_overrides(parsed.texts("override_ini"), setup.inifile))

    def _update_settings(self, overrides: ConfigSettings) -> None:
        self.settings.update(overrides)
        self.values = Values(self.settings, self.invocation.inifile, self.request.cwd, self.version)

    def _prepend_addopts(self, core: CommandLine) -> None:
        options = self._list("addopts")
        configured = self.settings.get("addopts")
        for index, option in enumerate(options):
            if not isinstance(option, str):
                message = f"expected str, bytes or os.PathLike object, not {type(option).__name__}"
                where = configured.item_location(index) if configured else None
                raise escaping("TypeError", message, "addopts", where)
        self.addopts = tuple(str(option) for option in options)
        core.parse_known(self.addopts, self.extra, "via addopts config")
        self.argv = [*self.addopts, *self.argv]

    def _check_minversion(self) -> None:
        configured = self.settings.get("minversion")
        if configured is None or (self.version < (9, 0, 0) and configured.origin == "override"):
            return
        minimum = configured.value if self.version < (9, 1, 0) else self.values.get(self.specs["minversion"])
        if not minimum:
            return
        if not isinstance(minimum, str) and self.version < (9, 1, 0):
            message = f"{self.invocation.inifile}: 'minversion' must be a single value"
            raise Refused(message, "minversion", configured.location)
        actual = self.environment.pytest_version or ".".join(map(str, self.version))
        try:
            # From 9.1 on, pytest hands over whatever the file holds.
            too_old = Version(minimum) > Version(actual)  # type: ignore[arg-type]  # because of that
        except (InvalidVersion, TypeError) as error:
            raise escaping(type(error).__name__, str(error), "minversion", configured.location) from None
        if too_old:
            message = f"{self.invocation.inifile}: 'minversion' requires pytest-{minimum}, actual pytest-{actual}'"
            raise Refused(message, "minversion", configured.location)

    def _check_rewriter(self) -> None:
        """The assertion rewriter asks for `python_files` first; until 9.1 it forgave a ValueError, but no TypeError."""
        try:
            self._value("python_files")
        except Refused as refused:
            if self.version >= (9, 2, 0):
                raise
            if refused.refusal.type == "TypeError":
                refusal = refused.refusal
                raise escaping("TypeError", refusal.message, "python_files", refusal.location) from None

    def _set_pythonpath(self) -> None:
        self.invocation = replace(self.invocation, pythonpath=self._texts("pythonpath"))

    def _check_filters(self) -> None:
        configured = self.settings.get("filterwarnings")
        filters = self._texts("filterwarnings")
        self.invocation = replace(self.invocation, filterwarnings=filters)
        if "warnings" in blocked_names(plugin_arguments(self.argv)):
            return
        for index, text in enumerate(filters):
            self._check_filter(text, "filterwarnings", configured.item_location(index) if configured else None)
        for text in self.parsed.texts("pythonwarnings"):
            self._check_filter(text, "-W", None)

    def _check_filter(self, text: str, setting: str, location: Location | None) -> None:
        try:
            parsed = parse_warning_filter(text, self.version)
            if self.find_module is not None:
                check_filter_module(text, parsed, self.find_module, self._leading(), self.version)
        except FilterBroken as problem:
            raise escaping(self._pattern_error(), str(problem), setting, location) from None
        except FilterRefused as problem:
            raise Refused(str(problem), setting, location) from None
        except FilterModuleMissing as problem:
            self._warn(str(problem))

    def _pattern_error(self) -> str:
        return "PatternError" if self.environment.version >= (3, 13, 0) else "error"

    def _warn(self, text: str, category: str = "PytestConfigWarning") -> None:
        warnings = (*self.invocation.warnings, f"{category}: {text}")
        self.invocation = replace(self.invocation, warnings=warnings)

    def _leading(self) -> tuple[str, ...]:
        """The folders that pytest and Python have put on the path so far, before the environment's own."""
        return (*self.invocation.pythonpath, *((self.request.cwd,) if self.request.cwd_on_path else ()))

    def _load_plugins(self) -> None:
        plugins = tuple(plugin_arguments(self.argv))
        refuse_blocking(plugins, self.version)
        named = tuple(name for name in self.request.environ.get("PYTEST_PLUGINS", "").split(",") if name)
        disabled = bool(self.request.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"))
        self.invocation = replace(
            self.invocation,
            plugins=plugins,
            environment_plugins=named,
            autoload_disabled=disabled or self.parsed.flag("disable_plugin_autoload"),
        )
        if self.find_module is not None:
            find, leading = self.find_module, self._leading()
            refuse_missing(plugins, self.environment, find, leading, self.version, "-p")
            refuse_missing(named, self.environment, find, leading, self.version, "PYTEST_PLUGINS")

    def _with_plugins(self, *more: PluginOption) -> CommandLine:
        known = self.environment.options or WELL_KNOWN_PLUGIN_OPTIONS
        return CommandLine(self.dialect, (*known, *more))

    def _check_required_plugins(self) -> None:
        required = self._texts("required_plugins")
        self.invocation = replace(self.invocation, required_plugins=required)
        if not required or not (self.environment.asked or self.environment.distributions):
            return
        plugins = self.invocation.plugins
        explicit = frozenset((*plugins, *self.invocation.environment_plugins))
        loaded = explicit if self.invocation.autoload_disabled else None
        missing = missing_required(required, self.environment.distributions, blocked_names(plugins), loaded)
        if missing:
            where = self.settings["required_plugins"].location
            raise Refused(f"Missing required plugins: {', '.join(missing)}", "required_plugins", where)

    def _set_confcutdir(self) -> None:
        given = self.parsed.text("confcutdir")
        inifile = self.invocation.inifile
        default = posixpath.dirname(inifile) if inifile is not None else self.invocation.rootdir
        confcutdir = absolute_path(given, self.request.cwd) if given else default
        self.invocation = replace(self.invocation, confcutdir=confcutdir, noconftest=self.parsed.flag("noconftest"))

    def _find_initial_conftests(self) -> None:
        testpaths = self._texts("testpaths")
        namespace_packages = bool(self._value("consider_namespace_packages"))
        self.invocation = replace(self.invocation, testpaths=testpaths, consider_namespace_packages=namespace_packages)
        decided = self._decide(self.parsed)
        anchors = find_anchors(self.tree, decided.arguments, self.request.cwd)
        self.invocation = replace(self.invocation, conftest_anchors=anchors)

    def _read_additions(self) -> None:
        """What the initial conftests and the plugins named by the command register, unless the caller knows better."""
        if self.additions is None:
            named = [name for name in self.invocation.plugins if not name.startswith("no:")]
            withheld = () if self.invocation.autoload_disabled else self.environment.withheld_plugins
            self.additions = read_additions(
                self.tree,
                initial_conftests(self.tree, self.invocation),
                (*named, *self.invocation.environment_plugins, *(module for _, module in withheld)),
                self.environment,
                self.find_module,
                self._leading(),
            )
        registered = self.environment.ini_options + self.additions.settings
        self.specs = setting_specs(self.version, registered, self.dialect.blocked)

    def _decide(self, parsed: Parsed) -> Decided:
        return decide_arguments(
            self.tree,
            parsed.positionals,
            self.invocation.testpaths,
            pyargs=parsed.flag("pyargs"),
            cwd=self.request.cwd,
            rootdir=self.invocation.rootdir,
        )

    def _parse_for_good(self) -> None:
        added = self.additions.options if self.additions else ()
        try:
            self.parsed = self._with_plugins(*added).parse(self.argv, self.extra)
        except UnrecognizedArguments as problem:
            if not self._may_be_defined_elsewhere():
                where = self._location_of(problem.flags)
                raise Refused(str(problem), problem.flags[0], where, when="conftest") from None
            guessed = tuple(self._guess_option(flag) for flag in problem.flags)
            self.unmodelled.extend(f"{flag}: an option that no known plugin defines" for flag in problem.flags)
            self.parsed = self._with_plugins(*added, *guessed).parse_known(self.argv, self.extra)

    def _may_be_defined_elsewhere(self) -> bool:
        """Whether something unseen may register options: an environment not asked, a conftest, a named plugin."""
        if not (self.environment.asked and self.environment.options):
            return True
        return self.additions is None or not self.additions.complete

    def _guess_option(self, flag: str) -> PluginOption:
        """An unknown option takes the next argument where that is no option and no path."""
        name, assigned, _ = flag.partition("=")
        position = self.argv.index(flag) + 1 if flag in self.argv else len(self.argv)
        following = self.argv[position] if position < len(self.argv) else "-"
        takes_value = bool(assigned) or not (
            following.startswith("-") or exists(self.tree, absolute_path(following.split("::")[0], self.request.cwd))
        )
        return PluginOption((name,), name.lstrip("-").replace("-", "_"), "1" if takes_value else "0")

    def _set_options(self) -> None:
        parsed = self.parsed
        self.invocation = replace(
            self.invocation,
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
        )
        self._note_unmodelled()

    def _note_unmodelled(self) -> None:
        cached = {"failedfirst": "--ff", "newfirst": "--nf", "stepwise": "--sw", "stepwise_skip": "--sw-skip"}
        self.unmodelled.extend(
            f"{name}: reorders or drops tests by what earlier runs left in the cache"
            for dest, name in cached.items()
            if self.parsed.flag(dest)
        )
        for option in (*self.environment.options, *WELL_KNOWN_PLUGIN_OPTIONS):
            if (
                option.dest in CHANGES_COLLECTION
                and self.parsed.options.get(option.dest)
                and not CORE_NAMES & {*option.names}
            ):
                self.unmodelled.append(f"{option.names[0]}: a plugin's option that adds, drops or reorders tests")

    # What `pytest_configure` asks for.

    def _configure(self) -> None:
        for spec in self.specs.values():
            if spec.asked == "configure":
                self.values.get(spec)
        self._check_log_levels()
        mark = str(self._value("empty_parameter_set_mark") or "skip")
        if self.version < (9, 2, 0) and mark not in ("skip", "xfail", "fail_at_collect"):
            raise Refused(
                f"empty_parameter_set_mark must be one of skip, xfail or fail_at_collect but it is {mark!r}",
                "empty_parameter_set_mark",
                self.settings["empty_parameter_set_mark"].location,
                when="configure",
            )
        self.invocation = replace(
            self.invocation,
            markers=self._texts("markers"),
            empty_parameter_set_mark=mark,
            strict_markers=self._is_strict("strict_markers"),
            strict_config=self._is_strict("strict_config"),
            strict_parametrization_ids=self._is_strict("strict_parametrization_ids"),
        )

    def _check_log_levels(self) -> None:
        if "logging" in blocked_names(self.invocation.plugins):
            return
        for name in ("log_level", "log_file_level", "log_cli_level"):
            level = self.parsed.options.get(name)
            level = self._value(name) if level is None else level
            if isinstance(level, str) and level and not _is_log_level(level.upper()):
                raise Refused(
                    f"'{level.upper()}' is not recognized as a logging level name for '{name}'. "
                    "Please consider passing the logging level num instead.",
                    name,
                    self.settings[name].location if name in self.settings else None,
                    when="configure",
                )

    def _is_strict(self, name: str) -> bool:
        if self.version < (9, 0, 0):
            # Flags only; `--strict` was a deprecated spelling of `--strict-markers`.
            return self.parsed.flag(name) or (name == "strict_markers" and self.parsed.flag("strict"))
        # Unset, each follows `strict`.
        return self._flag("strict") if self._attempt(name) is None else self._flag(name)

    # What the session asks for while it collects.

    def _collect(self) -> None:
        self.invocation = replace(
            self.invocation,
            norecursedirs=self._attempted_texts("norecursedirs"),
            python_files=self._attempted_texts("python_files"),
            python_classes=self._attempted_texts("python_classes"),
            python_functions=self._attempted_texts("python_functions"),
            collect_imported_tests=self._flag("collect_imported_tests")
            if "collect_imported_tests" in self.specs
            else True,
            doctest_encoding=str(self._attempt("doctest_encoding") or "utf-8"),
            escape_test_ids=not self._flag("disable_test_id_escaping_and_forfeit_all_rights_to_community_support"),
        )
        rules = ArgumentRules(
            self.version,
            self.request.cwd,
            self.invocation.pyargs,
            self.find_module,
            self._leading(),
            self.invocation.consider_namespace_packages,
        )
        arguments: list[Argument] = []
        for text in self.arguments:
            try:
                arguments.append(resolve_argument(self.tree, text, rules))
            except Refused as refused:
                # pytest stops at the first one; the good ones are kept for those who want to know more.
                self.refusals.append(self._located(refused.refusal))
        if self.version >= (9, 0, 0) and not self.invocation.keep_duplicates:
            self.invocation = replace(self.invocation, arguments=normalize_arguments(arguments))
        else:
            self.invocation = replace(self.invocation, arguments=tuple(arguments))

    # What pytest looks at once everything is collected.

    def _end(self) -> None:
        for option, text in (("-k", self.invocation.keyword), ("-m", self.invocation.markexpr)):
            try:
                if text:
                    self._check_expression(option, text)
            except ExpressionRefused as problem:
                self.refusals.append(Refusal(str(problem), option, self._location_of((option,)), when="end"))
                break
        self._check_unknown_settings()

    def _check_expression(self, option: str, text: str) -> None:
        expression = parse_expression(text, option, self.version)
        strict = option == "-m" and self.invocation.strict_markers and self.version >= (9, 2, 0)
        if strict and not self._may_be_defined_elsewhere():
            added = self.additions.markers if self.additions else ()
            refuse_unknown_markers(expression, (*self.environment.markers, *self.invocation.markers, *added))

    def _check_unknown_settings(self) -> None:
        known = {name for spec in self.specs.values() for name in (spec.name, *spec.aliases)}
        if not (self.environment.asked and self.environment.ini_options):
            known |= WELL_KNOWN_PLUGIN_SETTINGS
        unknown = sorted(
            name
            for name, value in self.settings.items()
            # Before 9.0 overrides were looked up by name and never listed.
            if name not in known and not (self.version < (9, 0, 0) and value.origin == "override")
        )
        if not unknown:
            return
        if self._may_be_defined_elsewhere():
            self.unmodelled.extend(f"{name}: a setting that no known plugin defines" for name in unknown)
        elif self.invocation.strict_config:
            where = self.settings[unknown[0]].location
            self.refusals.append(Refusal(f"Unknown config option: {unknown[0]}\n", unknown[0], where, when="end"))
        else:
            for name in unknown:
                self._warn(f"Unknown config option: {name}")

    # Values and locations.

    def _value(self, name: str) -> object:
        spec = self.specs.get(name)
        return None if spec is None else self.values.get(spec)

    def _list(self, name: str) -> list[object]:
        value = self._value(name)
        return list(value) if isinstance(value, list | tuple) else []

    def _texts(self, name: str) -> tuple[str, ...]:
        return tuple(str(item) for item in self._list(name))

    def _attempt(self, name: str) -> object:
        """The value, or its default after noting that pytest will refuse it later."""
        return self._noting(name, lambda: self._value(name))

    def _attempted_texts(self, name: str) -> tuple[str, ...]:
        value = self._attempt(name)
        return tuple(str(item) for item in value) if isinstance(value, list | tuple) else ()

    def _flag(self, name: str) -> bool:
        return bool(self._attempt(name))

    def _noting(self, name: str, read: Callable[[], object]) -> object:
        try:
            return read()
        except Refused as refused:
            if refused.refusal not in self.refusals:
                self.refusals.append(refused.refusal)
            return self.specs[name].default

    def _located(self, refusal: Refusal) -> Refusal:
        """The refusal with the place of the option in `addopts`, where it comes from there."""
        if refusal.location is not None:
            return refusal
        return replace(refusal, location=self._location_of((*refusal.setting.split("/"), refusal.setting)))

    def _location_of(self, flags: Sequence[str]) -> Location | None:
        """Where `addopts` holds one of `flags`; None where the command line does."""
        configured = self.settings.get("addopts")
        if configured is None or configured.origin == "override":
            return None
        options = self.addopts or _words_of(configured)
        for index, option in enumerate(options):
            if any(_is_spelling(option, flag) for flag in flags if flag):
                return _addopts_location(self.tree, configured, option, index)
        return None


def _is_log_level(name: str) -> bool:
    """Whether `logging` has the level, or it is a number."""
    if name in ("CRITICAL", "DEBUG", "ERROR", "FATAL", "INFO", "NOTSET", "WARN", "WARNING"):
        return True
    try:
        int(name)
    except ValueError:
        return False
    return True


def _is_spelling(option: str, flag: str) -> bool:
    if option == flag or option.startswith(f"{flag}="):
        return True
    return len(flag) == 2 and flag.startswith("-") and option.startswith(flag) and not option.startswith("--")


def _addopts_location(tree: FileTree, configured: ConfigValue, option: str, index: int) -> Location:
    """The line of `addopts` that holds the option: by item in a TOML list, by text in the lines of an INI value."""
    if isinstance(configured.value, list):
        return configured.item_location(index)
    lines = [line for line in str(configured.value).split("\n") if line.strip()]
    for position, line in enumerate(lines):
        if option in line:
            return configured.item_location(position)
    return configured.location


def _words_of(configured: ConfigValue) -> tuple[str, ...]:
    if isinstance(configured.value, list):
        return tuple(str(item) for item in configured.value)
    return tuple(str(configured.value).split())


def _split_shell(text: str, setting: str, location: Location | None) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise escaping("ValueError", str(error), setting, location) from None


def _as_setting(name: str, configured: ConfigValue) -> Setting:
    value = configured.value
    if isinstance(value, list):
        return Setting(name, [str(item) for item in value], configured.location, configured.mode)
    if isinstance(value, str | bool | int | float):
        return Setting(name, value, configured.location, configured.mode)
    return Setting(name, str(value), configured.location, configured.mode)
