"""Configured values and their types, as `Config.getini` converts them."""

from __future__ import annotations

import posixpath
import shlex
from dataclasses import dataclass

from muster.invocation.configfile import ConfigSettings, ConfigValue
from muster.invocation.refused import COLLECTOR_ERROR, INTERNAL_ERROR, UNCAUGHT, USAGE_ERROR, Refused
from muster.invocation.version import PytestVersion

IniType = str | tuple[str, ...]
"""A type's tag (`args`, `linelist`, `paths`, `string`, `bool`, `int`, `float`) or a union; a choice is `=text`."""


@dataclass(frozen=True, slots=True)
class IniSpec:
    """A registered setting: its type, its default, and when pytest first asks for it (`start`, `configure`, ...).

    `since` and `until` bound the versions that know it; `until` is the first that does not.
    """

    name: str
    type: IniType
    default: object
    asked: str = "later"
    since: PytestVersion = (0, 0, 0)
    until: PytestVersion = (999, 0, 0)
    aliases: tuple[str, ...] = ()

    def is_known(self, version: PytestVersion) -> bool:
        """Whether this version of pytest registers the setting so."""
        return self.since <= version < self.until


class ValueRefused(Exception):
    """What `getini` raises: `type` is `TypeError` or `ValueError`."""

    def __init__(self, type_: str, message: str) -> None:
        super().__init__(message)
        self.type = type_


@dataclass(frozen=True, slots=True)
class Values:
    """All configured values of a session, converted on demand."""

    settings: ConfigSettings
    inifile: str | None
    cwd: str
    version: PytestVersion

    def find(self, spec: IniSpec) -> ConfigValue | None:
        """The value that counts: an override before the file, the name itself before its aliases."""
        found = [self.settings[name] for name in (spec.name, *spec.aliases) if name in self.settings]
        if not found:
            return None
        return next((value for value in found if value.origin == "override"), found[0])

    def get(self, spec: IniSpec) -> object:
        """The converted value or the default. Raises `Refused` in the way this version of pytest does."""
        configured = self.find(spec)
        if configured is None:
            return spec.default
        try:
            return self._convert(spec, configured)
        except ValueRefused as problem:
            raise self._refusal(spec, configured, problem) from None

    def _refusal(self, spec: IniSpec, configured: ConfigValue, problem: ValueRefused) -> Refused:
        when = {"later": "end", "collection": "collector"}.get(spec.asked, spec.asked)
        if self.version >= (9, 2, 0):
            exit_code = COLLECTOR_ERROR if when == "collector" else USAGE_ERROR
            return Refused(str(problem), spec.name, configured.location, exit_code, when)
        # Before 9.2 the exception escapes: a traceback at the start, then an internal error, then a collector's error.
        exit_code = {"start": UNCAUGHT, "collector": COLLECTOR_ERROR}.get(when, INTERNAL_ERROR)
        return Refused(str(problem), spec.name, configured.location, exit_code, when, problem.type)

    def _convert(self, spec: IniSpec, configured: ConfigValue) -> object:
        if isinstance(spec.type, str):
            return self._convert_as(spec, spec.type, configured)
        choices_only = len(spec.type) == len([member for member in spec.type if member.startswith("=")])
        if choices_only:
            return self._choose(spec, spec.type, configured.value)
        for member in spec.type:
            try:
                if member.startswith("="):
                    return self._choose(spec, (member,), configured.value)
                return self._convert_as(spec, member, configured)
            except ValueRefused:
                continue
        expected = " | ".join(repr(m[1:]) if m.startswith("=") else m for m in spec.type)
        raise ValueRefused(
            "TypeError",
            f"{self.inifile}: config option '{spec.name}' expects one of {expected}, "
            f"got {type(configured.value).__name__}: {configured.value!r}",
        )

    def _choose(self, spec: IniSpec, members: tuple[str, ...], value: object) -> str:
        where = f"{self.inifile}: config option '{spec.name}' expects"
        if not isinstance(value, str):
            raise ValueRefused("TypeError", f"{where} a string, got {type(value).__name__}: {value!r}")
        if value not in [member[1:] for member in members]:
            choices = " | ".join(repr(member[1:]) for member in members)
            raise ValueRefused("ValueError", f"{where} one of {choices}, got {value!r}")
        return value

    def _convert_as(self, spec: IniSpec, tag: str, configured: ConfigValue) -> object:
        if configured.mode == "toml":
            return self._convert_toml(spec, tag, configured.value)
        return self._convert_ini(spec, tag, configured.value)

    def _convert_ini(self, spec: IniSpec, tag: str, value: object) -> object:
        match tag:
            case "paths":
                if self.inifile is None and self.version < (8, 1, 0):
                    # 8.0 asserts that there is an inifile.
                    raise ValueRefused("AssertionError", "")
                return [self._from_inifile(str(item)) for item in _split(value)]
            case "args":
                return _split(value)
            case "linelist":
                if isinstance(value, list):
                    return value
                return [line.strip() for line in str(value).split("\n") if line.strip()]
            case "bool":
                return _to_bool(str(value).strip())
            case "int" | "float":
                return _to_number(spec.name, tag, value)
            case _:
                return value

    def _convert_toml(self, spec: IniSpec, tag: str, value: object) -> object:
        where = f"{self.inifile}: config option '{spec.name}' expects"
        got = f"got {type(value).__name__}: {value!r}"
        match tag:
            case "paths" | "args" | "linelist":
                if not isinstance(value, list):
                    raise ValueRefused("TypeError", f"{where} a list for type '{tag}', {got}")
                for index, item in enumerate(value):
                    if not isinstance(item, str):
                        raise ValueRefused(
                            "TypeError",
                            f"{where} a list of strings, but item at index {index} is {type(item).__name__}: {item!r}",
                        )
                return [self._from_inifile(item) for item in value] if tag == "paths" else list(value)
            case "bool" if not isinstance(value, bool):
                raise ValueRefused("TypeError", f"{where} a bool, {got}")
            case "int" if not isinstance(value, int) or isinstance(value, bool):
                raise ValueRefused("TypeError", f"{where} an int, {got}")
            case "float" if not isinstance(value, (float, int)) or isinstance(value, bool):
                raise ValueRefused("TypeError", f"{where} a float, {got}")
            case "string" if not isinstance(value, str):
                raise ValueRefused("TypeError", f"{where} a string, {got}")
            case _:
                return value

    def _from_inifile(self, path: str) -> str:
        folder = posixpath.dirname(self.inifile) if self.inifile is not None else self.cwd
        # pathlib's `/` drops "." and double slashes but keeps "..": `sys.path` shows it so.
        return _pathlib_text(posixpath.join(folder, path))


def _pathlib_text(path: str) -> str:
    root = "//" if path.startswith("//") and not path.startswith("///") else "/"
    return root + "/".join(part for part in path.split("/") if part not in ("", "."))


def _split(value: object) -> list[object]:
    if isinstance(value, list):
        return value
    try:
        return list(shlex.split(str(value)))
    except ValueError as error:
        raise ValueRefused("ValueError", str(error)) from None


def _to_bool(text: str) -> bool:
    match text.lower():
        case "y" | "yes" | "t" | "true" | "on" | "1":
            return True
        case "n" | "no" | "f" | "false" | "off" | "0":
            return False
        case lowered:
            raise ValueRefused("ValueError", f"invalid truth value {lowered!r}")


def _to_number(name: str, tag: str, value: object) -> int | float:
    if not isinstance(value, str):
        kind = "int string" if tag == "int" else "float string"
        named = "integer" if tag == "int" else "float"
        article = "an" if tag == "int" else "a"
        raise ValueRefused(
            "TypeError", f"Expected {article} {kind} for option {name} of type {named}, but got: {value!r}"
        )
    try:
        return int(value) if tag == "int" else float(value)
    except ValueError as error:
        raise ValueRefused("ValueError", str(error)) from None
