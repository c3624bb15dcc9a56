"""One configuration file as pytest reads it: its settings with their lines (`_pytest.config.findpaths`)."""

from __future__ import annotations

import posixpath
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from muster.invocation.inifile import IniError, IniValue, parse_ini
from muster.invocation.refused import Refused, escaping
from muster.invocation.version import PytestVersion
from muster.model.location import Location
from muster.ports import FileTree, ReadFailure
from muster.settings.tomllines import find_item_line, find_key_line


@dataclass(frozen=True, slots=True)
class ConfigValue:
    """A value as the file holds it; `mode` is `ini` (text, or a list of TOML values) or `toml` (native types).

    `origin` is `file` or `override`. `item_location(i)` is where its i-th item or line stands.
    """

    value: object
    location: Location
    mode: str = "ini"
    origin: str = "file"
    part_lines: tuple[int, ...] = ()

    def item_location(self, index: int) -> Location:
        """Where the item numbered `index` (of a list, or of the non-empty lines of a text) stands."""
        if index < len(self.part_lines):
            return Location(self.location.path, self.part_lines[index])
        return self.location


ConfigSettings = dict[str, ConfigValue]
_Loader = Callable[[FileTree, str, PytestVersion], ConfigSettings | None]

CFG_PYTEST_SECTION = "[pytest] section in setup.cfg files is no longer supported, change to [tool:pytest] instead."


def config_names(version: PytestVersion) -> tuple[str, ...]:
    """The names that pytest looks for in each folder, in order of precedence."""
    common = ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
    return ("pytest.toml", ".pytest.toml", *common) if version >= (9, 0, 0) else common


def load_config(tree: FileTree, path: str, version: PytestVersion) -> ConfigSettings | None:
    """The settings in the file, or None where it holds no pytest configuration. Raises `Refused`."""
    loader = find_loader(path, version)
    return None if loader is None else loader(tree, path, version)


def find_loader(path: str, version: PytestVersion) -> _Loader | None:
    """How pytest reads a file of this name, or None where it has no way."""
    name = posixpath.basename(path)
    suffix = posixpath.splitext(name)[1]
    match suffix:
        case ".ini":
            return _load_ini
        case ".cfg":
            return _load_cfg
        case ".toml":
            # Before 9.0, `pytest.toml` had no meaning of its own; 9.2 lets a file given by -c have a [pytest] table.
            if version >= (9, 0, 0) and name in ("pytest.toml", ".pytest.toml"):
                return _load_pytest_toml
            if version >= (9, 2, 0) and name != "pyproject.toml":
                return _load_custom_toml
            return _load_pyproject
        case _:
            # "pytest.ini" has the suffix ".ini"; ".pytest.ini" too. A name like ".ini" has none, for pathlib as for us.
            return None


def _load_ini(tree: FileTree, path: str, version: PytestVersion) -> ConfigSettings | None:
    sections = _parse_ini(tree, path)
    if "pytest" in sections:
        return _ini_settings(path, sections["pytest"])
    # An empty "pytest.ini" counts as configuration; ".pytest.ini" does since 9.0.
    always = ("pytest.ini", ".pytest.ini") if version >= (9, 0, 0) else ("pytest.ini",)
    return {} if posixpath.basename(path) in always else None


def _load_cfg(tree: FileTree, path: str, version: PytestVersion) -> ConfigSettings | None:
    sections = _parse_ini(tree, path)
    if "tool:pytest" in sections:
        return _ini_settings(path, sections["tool:pytest"])
    if "pytest" in sections:
        line = _header_line(tree, path, "pytest")
        raise escaping("Failed", CFG_PYTEST_SECTION, "[pytest]", Location(path, line))
    return None


def _load_pytest_toml(tree: FileTree, path: str, version: PytestVersion) -> ConfigSettings | None:
    text, document = _parse_toml(tree, path)
    return _pytest_table(path, text, document, version) or {}


def _load_custom_toml(tree: FileTree, path: str, version: PytestVersion) -> ConfigSettings | None:
    text, document = _parse_toml(tree, path)
    settings = _tool_pytest(path, text, document, version)
    if settings is None:
        return _pytest_table(path, text, document, version)
    if "pytest" in document:
        raise Refused(
            f"{path}: Cannot use both [pytest] and [tool.pytest]/[tool.pytest.ini_options] in the same file. "
            "Please use [pytest], which is what pytest's own configuration files use; the [tool.pytest] tables are "
            "meant for pyproject.toml.",
            "[pytest]",
            Location(path, find_key_line(text, ("pytest",))),
        )
    return settings


def _load_pyproject(tree: FileTree, path: str, version: PytestVersion) -> ConfigSettings | None:
    text, document = _parse_toml(tree, path)
    return _tool_pytest(path, text, document, version)


def _pytest_table(
    path: str, text: str, document: Mapping[str, object], version: PytestVersion
) -> ConfigSettings | None:
    if "pytest" in document:
        table = _as_table(document["pytest"], path, text, ("pytest",), "items")
        return _toml_settings(path, text, table, ("pytest",), "toml")
    top_level = [key for key, value in document.items() if not isinstance(value, dict)]
    if top_level and version >= (9, 2, 0):
        raise Refused(
            f"{path}: pytest configuration must be under a [pytest] table "
            f"(found top-level options: {', '.join(top_level)})",
            top_level[0],
            Location(path, find_key_line(text, (top_level[0],))),
        )
    return None


def _tool_pytest(path: str, text: str, document: Mapping[str, object], version: PytestVersion) -> ConfigSettings | None:
    tool = _as_table(document.get("tool", {}), path, text, ("tool",), "get")
    # Before 9.0 pytest only looked for "ini_options" in it.
    table = _as_table(
        tool.get("pytest", {}), path, text, ("tool", "pytest"), "items" if version >= (9, 0, 0) else "get"
    )
    native = {key: value for key, value in table.items() if key != "ini_options"}
    strings = table.get("ini_options")
    if version >= (9, 0, 0):
        if native and strings:
            raise Refused(
                f"{path}: Cannot use both [tool.pytest] (native TOML types) and "
                "[tool.pytest.ini_options] (string-based INI format) simultaneously. "
                "Please use [tool.pytest] with native TOML types (recommended) "
                "or [tool.pytest.ini_options] for backwards compatibility.",
                "[tool.pytest]",
                Location(path, find_key_line(text, ("tool", "pytest", next(iter(native))))),
            )
        if native:
            return _toml_settings(path, text, native, ("tool", "pytest"), "toml")
    if strings is None:
        return None
    where = ("tool", "pytest", "ini_options")
    return _toml_settings(path, text, _as_table(strings, path, text, where, "items"), where, "ini")


def _as_table(value: object, path: str, text: str, where: tuple[str, ...], method: str) -> Mapping[str, object]:
    """The value as a table. On anything else pytest calls the method all the same, and nobody catches the exception."""
    if isinstance(value, dict):
        return value
    raise escaping(
        "AttributeError",
        f"'{type(value).__name__}' object has no attribute '{method}'",
        f"[{'.'.join(where)}]",
        Location(path, find_key_line(text, where)),
    )


def _toml_settings(
    path: str, text: str, table: Mapping[str, object], where: tuple[str, ...], mode: str
) -> ConfigSettings:
    settings: ConfigSettings = {}
    for key, value in table.items():
        location = Location(path, find_key_line(text, (*where, key)))
        # In INI mode pytest keeps lists as they are and makes text of everything else.
        kept = value if mode == "toml" or isinstance(value, list) else str(value)
        items = value if isinstance(value, list) else [part for part in str(value).split("\n") if part.strip()]
        lines = tuple(find_item_line(text, (*where, key), str(item)) for item in items) if len(items) > 1 else ()
        settings[key] = ConfigValue(kept, location, mode, part_lines=lines)
    return settings


def _ini_settings(path: str, entries: Mapping[str, IniValue]) -> ConfigSettings:
    return {
        key: ConfigValue(entry.text, Location(path, entry.line), part_lines=entry.part_lines)
        for key, entry in entries.items()
    }


def _parse_ini(tree: FileTree, path: str) -> Mapping[str, Mapping[str, IniValue]]:
    try:
        return parse_ini(path, read_text(tree, path))
    except IniError as error:
        raise Refused(str(error), "", Location(path, error.line)) from None


def _parse_toml(tree: FileTree, path: str) -> tuple[str, Mapping[str, object]]:
    text = read_text(tree, path)
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"{path}: {error}", "", Location(path, _error_line(str(error), text))) from None
    except RecursionError:
        raise escaping("RecursionError", "maximum recursion depth exceeded", "", Location(path)) from None


def _error_line(words: str, text: str) -> int:
    """The line that tomllib names in its words (`(at line 3, column 4)` or `(at end of document)`)."""
    _, found, rest = words.rpartition("(at line ")
    if found:
        return int(rest.partition(",")[0])
    return max(1, len(text.splitlines()))


def _header_line(tree: FileTree, path: str, section: str) -> int:
    for line, content in enumerate(read_text(tree, path).splitlines(), 1):
        if content.startswith(f"[{section}]"):
            return line
    return 0


def read_text(tree: FileTree, path: str) -> str:
    """The file as pytest reads it: UTF-8, every kind of newline as `\\n`. Raises `Refused`."""
    try:
        text = tree.read(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise escaping("UnicodeDecodeError", str(error), "", Location(path)) from None
    except ReadFailure as error:
        raise escaping("OSError", str(error), "", Location(path)) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
