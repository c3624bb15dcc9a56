"""What is known while an invocation is resolved, and the questions that every step asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from muster.invocation.arguments import (
    Decided,
    decide_arguments,
)
from muster.invocation.commandline import CommandLine, Dialect, Parsed, program_name
from muster.invocation.configfile import ConfigSettings, ConfigValue
from muster.invocation.optiontable import WELL_KNOWN_PLUGIN_OPTIONS
from muster.invocation.plugins import (
    blocked_names,
    plugin_arguments,
)
from muster.invocation.refused import Refused
from muster.invocation.request import Additions, FindModule, Request
from muster.invocation.settingtable import setting_specs
from muster.invocation.values import Values
from muster.invocation.version import NEWEST_KNOWN, parse_pytest_version
from muster.model.environment import Environment, PluginOption
from muster.model.invocation import Invocation, Refusal
from muster.model.location import Location
from muster.ports import FileTree


class Resolution:
    """One run of pytest's start-up: what was found so far. A step may end it with `Refused`; what was found is kept."""

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

    def update_settings(self, overrides: ConfigSettings) -> None:
        """Lay `overrides` over the settings read so far."""
        self.settings.update(overrides)
        self.values = Values(self.settings, self.invocation.inifile, self.request.cwd, self.version)

    def warn(self, text: str, category: str = "PytestConfigWarning") -> None:
        """Keep a warning that pytest would print."""
        warnings = (*self.invocation.warnings, f"{category}: {text}")
        self.invocation = replace(self.invocation, warnings=warnings)

    def leading(self) -> tuple[str, ...]:
        """The folders that pytest and Python have put on the path so far, before the environment's own."""
        return (*self.invocation.pythonpath, *((self.request.cwd,) if self.request.cwd_on_path else ()))

    def with_plugins(self, *more: PluginOption) -> CommandLine:
        """The parser once plugins have registered their options."""
        known = self.environment.options or WELL_KNOWN_PLUGIN_OPTIONS
        return CommandLine(self.dialect, (*known, *more))

    def decide(self, parsed: Parsed) -> Decided:
        """The arguments that count."""
        return decide_arguments(
            self.tree,
            parsed.positionals,
            self.invocation.testpaths,
            pyargs=parsed.flag("pyargs"),
            cwd=self.request.cwd,
            rootdir=self.invocation.rootdir,
        )

    def may_be_defined_elsewhere(self) -> bool:
        """Whether something unseen may register options: an environment not asked, a conftest, a named plugin."""
        if not (self.environment.asked and self.environment.options):
            return True
        return self.additions is None or not self.additions.complete

    def value(self, name: str) -> object:
        """The setting's value or default; None where this pytest does not know it. Raises `Refused`."""
        spec = self.specs.get(name)
        return None if spec is None else self.values.get(spec)

    def items(self, name: str) -> list[object]:
        """The value of a setting that is a list. Raises `Refused`."""
        value = self.value(name)
        return list(value) if isinstance(value, list | tuple) else []

    def texts(self, name: str) -> tuple[str, ...]:
        """The value of a setting that is a list, as texts. Raises `Refused`."""
        return tuple(str(item) for item in self.items(name))

    def attempt(self, name: str) -> object:
        """The value, or its default after noting that pytest will refuse it later."""
        try:
            return self.value(name)
        except Refused as refused:
            if refused.refusal not in self.refusals:
                self.refusals.append(refused.refusal)
            return self.specs[name].default

    def attempted_texts(self, name: str) -> tuple[str, ...]:
        """As `attempt`, for a list."""
        value = self.attempt(name)
        return tuple(str(item) for item in value) if isinstance(value, list | tuple) else ()

    def flag(self, name: str) -> bool:
        """As `attempt`, for a boolean."""
        return bool(self.attempt(name))

    def located(self, refusal: Refusal) -> Refusal:
        """The refusal with the place of the option in `addopts`, where it comes from there."""
        if refusal.location is not None:
            return refusal
        return replace(refusal, location=self.location_of((*refusal.setting.split("/"), refusal.setting)))

    def location_of(self, flags: Sequence[str]) -> Location | None:
        """Where `addopts` holds one of `flags`; None where the command line does."""
        configured = self.settings.get("addopts")
        if configured is None or configured.origin == "override":
            return None
        options = self.addopts or _words_of(configured)
        for index, option in enumerate(options):
            if any(_is_spelling(option, flag) for flag in flags if flag):
                return _addopts_location(configured, option, index)
        return None


def _is_spelling(option: str, flag: str) -> bool:
    if option == flag or option.startswith(f"{flag}="):
        return True
    return len(flag) == 2 and flag.startswith("-") and option.startswith(flag) and not option.startswith("--")


def _addopts_location(configured: ConfigValue, option: str, index: int) -> Location:
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
