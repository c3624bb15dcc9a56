"""The command line as pytest's argument parser reads it: argparse itself, told pytest's options, with pytest's words.

argparse decides so much in its corners (clusters, `--`, abbreviations, intermixed positionals) that only argparse is
exact. Nothing of it touches the world here: files named by `@file` are read from the tree, errors are raised as data.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from muster.invocation.optiontable import CORE_NAMES, CORE_OPTIONS, OptionSpec
from muster.invocation.paths import absolute_path, exists, is_below, is_folder
from muster.invocation.refused import Refused, escaping
from muster.invocation.version import PytestVersion
from muster.model.environment import PluginOption
from muster.ports import FileTree, ReadFailure

FILE_OR_DIR = "file_or_dir"


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the words and rules of the parser depend on.

    `blocked` are the plugins that `-p no:NAME` on the command line itself keeps from registering their options.
    """

    tree: FileTree
    cwd: str
    version: PytestVersion
    python: tuple[int, int, int]
    program: str
    blocked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Parsed:
    """Options by destination, positional arguments in order, and unknown flags."""

    options: Mapping[str, Any]
    positionals: tuple[str, ...]
    unknown: tuple[str, ...]

    def flag(self, dest: str) -> bool:
        """Whether a flag was given."""
        return bool(self.options.get(dest, False))

    def text(self, dest: str) -> str | None:
        """The value of an option, or None where it was not given."""
        value = self.options.get(dest)
        return None if value is None else str(value)

    def texts(self, dest: str) -> tuple[str, ...]:
        """The values of an option that may be repeated."""
        return tuple(str(value) for value in self.options.get(dest) or ())


class UnrecognizedArguments(Exception):
    """Options that nobody registered: `flags` in order, and the words of the refusal."""

    def __init__(self, flags: Sequence[str], message: str) -> None:
        super().__init__(message)
        self.flags = tuple(flags)


class CommandLine:
    """pytest's parser with its own options and those of `plugins`, as registered at one moment of the start-up."""

    def __init__(self, dialect: Dialect, plugins: Iterable[PluginOption] = ()) -> None:
        self._dialect = dialect
        self._parser = _Parser(dialect)
        self._defaults: dict[str, object] = {}
        for option in CORE_OPTIONS:
            if option.is_known(dialect.version, dialect.blocked):
                self._add(option)
        for plugin_option in plugins:
            self._add_plugin_option(plugin_option)
        self._parser.add_argument(FILE_OR_DIR, nargs="*")

    def parse_known(self, argv: Sequence[str], extra: Mapping[str, str], source: str = "") -> Parsed:
        """What is known of `argv`; the rest is kept. `source` is `via addopts config` or the like. Raises `Refused`."""
        self._parser.extra, self._parser.source = dict(extra), source
        namespace, unknown = self._parser.parse_known_args(list(argv), self._fresh())
        positionals = list(getattr(namespace, FILE_OR_DIR))
        if self._dialect.version >= (9, 0, 0):
            # `parse_known_and_unknown_args`: positionals behind an option still are positionals.
            positionals += [text for text in unknown if not text.startswith("-")]
            unknown = [text for text in unknown if text.startswith("-")]
        return Parsed(vars(namespace), tuple(positionals), tuple(unknown))

    def parse(self, argv: Sequence[str], extra: Mapping[str, str]) -> Parsed:
        """`argv` parsed for good. Raises `Refused`, or `UnrecognizedArguments` for unknown options."""
        self._parser.extra, self._parser.source = dict(extra), ""
        if self._dialect.version >= (9, 0, 0):
            return self._parse_intermixed(argv)
        namespace, unknown = self._parser.parse_known_args(list(argv), self._fresh())
        if any(text.startswith("-") for text in unknown):
            lines = [_unrecognized(unknown), *(f"  {key}: {value}" for key, value in sorted(extra.items()))]
            raise UnrecognizedArguments(_flags(unknown), self._parser.words("\n".join(lines)))
        return Parsed(vars(namespace), (*getattr(namespace, FILE_OR_DIR), *unknown), ())

    def _parse_intermixed(self, argv: Sequence[str]) -> Parsed:
        with warnings.catch_warnings():
            # argparse before 3.12.8 warns of an empty positional that it sets itself.
            warnings.simplefilter("ignore")
            namespace, unknown = self._parser.parse_known_intermixed_args(list(argv), self._fresh())
        if unknown:
            raise UnrecognizedArguments(_flags(unknown), self._parser.words(_unrecognized(unknown)))
        return Parsed(vars(namespace), tuple(getattr(namespace, FILE_OR_DIR)), ())

    def _fresh(self) -> argparse.Namespace:
        return argparse.Namespace(**self._defaults)

    def _add(self, option: OptionSpec) -> None:
        details: dict[str, Any] = {"dest": option.dest, "default": option.default}
        if option.action == "override":
            details |= {"action": _OverrideIni, "const": option.ini, "nargs": 0}
        else:
            details["action"] = option.action
        if option.action in ("store", "append"):
            details |= {"type": self._conversion(option), "nargs": option.nargs or None}
            details["choices"] = option.choices or None
        if option.const is not None:
            details["const"] = option.const
        if option.action == "append":
            details["default"] = None
        self._parser.add_argument(*option.names, **details)
        # The first option of a destination sets its default (`Config._processopt`).
        self._defaults.setdefault(option.dest, None if option.action == "append" else option.default)

    def _conversion(self, option: OptionSpec) -> Callable[[str], object]:
        dialect = self._dialect
        match option.type:
            case "int":
                return int
            case "float":
                return float
            case "lower":
                return str.lower
            case "folder":
                return lambda text: _folder_argument(dialect, text, option.names[0])
            case "filename":
                return lambda text: _filename_argument(dialect, text, option.names[0])
            case "basetemp":
                return lambda text: _basetemp_argument(dialect, text)
            case "pdbcls":
                return _pdb_class_argument
            case _:
                return str

    def _add_plugin_option(self, option: PluginOption) -> None:
        names = [name for name in option.names if name not in self._parser.registered and name not in CORE_NAMES]
        if not names:
            return
        action = option.action.strip("_").lower().replace("_", "").removesuffix("action")
        details: dict[str, Any] = {"dest": option.dest or None}
        if option.nargs == "0" or action in ("storetrue", "storefalse", "storeconst", "count", "appendconst"):
            details |= {"action": "count" if action == "count" else "store_true"}
        else:
            details |= {"action": "append" if action in ("append", "extend") else "store"}
            details |= {"nargs": _nargs(option.nargs), "choices": option.choices or None}
        self._parser.add_argument(*names, **details)
        self._defaults.setdefault(option.dest, None)


def _nargs(text: str) -> str | int | None:
    if text in ("?", "*", "+"):
        return text
    return int(text) if text.isdigit() and int(text) > 1 else None


def _flags(unknown: Sequence[str]) -> list[str]:
    """The unknown options; all that is left over where it holds none (positionals that argparse could not place)."""
    return [text for text in unknown if text.startswith("-")] or list(unknown)


def _unrecognized(unknown: Iterable[str]) -> str:
    return f"unrecognized arguments: {' '.join(unknown)}"


class _OverrideIni(argparse.Action):
    """A flag that stands for `-o name=value`, in the order of the command line (`argparsing.OverrideIniAction`)."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: object = None,
    ) -> None:
        setattr(namespace, self.dest, True)
        overrides = list(getattr(namespace, "override_ini", None) or [])
        namespace.override_ini = [*overrides, self.const]


class _Parser(argparse.ArgumentParser):
    """argparse without the world: no terminal width, no files, no exit."""

    def __init__(self, dialect: Dialect) -> None:
        # "@" expands arguments from a file since 8.2.
        prefix = "@" if dialect.version >= (8, 2, 0) else None
        super().__init__(
            prog=dialect.program, usage="", add_help=False, allow_abbrev=False, fromfile_prefix_chars=prefix
        )
        self._dialect = dialect
        self.extra: dict[str, str] = {}
        self.source = ""

    @property
    def registered(self) -> Mapping[str, argparse.Action]:
        return self._option_string_actions

    def _get_formatter(self) -> argparse.HelpFormatter:
        return argparse.HelpFormatter(prog=self.prog, width=80)

    def words(self, message: str) -> str:
        """The refusal as pytest words it: usage, program, message and, since 9.0, where the configuration is."""
        text = f"{self.prog}: error: {message}"
        if self._dialect.version < (9, 0, 0):
            text += f" ({self.source})" if self.source else ""
        else:
            extra = self.extra | ({"config source": self.source} if self.source else {})
            text += "".join(f"\n  {key}: {value}" for key, value in sorted(extra.items()))
        return f"usage: {self.prog} [options] [file_or_dir] [file_or_dir] [...]\n{text}"

    def error(self, message: str) -> NoReturn:
        setting = message.removeprefix("argument ").partition(":")[0] if message.startswith("argument ") else ""
        raise Refused(self.words(message), setting)

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is None or value in action.choices:
            return
        # Python 3.12.8 and 3.13.1 stopped quoting the choices (cpython gh-117766).
        python = self._dialect.python
        quoted = python < (3, 12, 8) or (3, 13, 0) <= python < (3, 13, 1)
        choices = ", ".join(repr(choice) if quoted else str(choice) for choice in action.choices)
        raise argparse.ArgumentError(action, f"invalid choice: {value!r} (choose from {choices})")

    def _read_args_from_files(self, arg_strings: list[str]) -> list[str]:
        return self._expand(arg_strings, ())

    def _expand(self, arg_strings: Sequence[str], within: tuple[str, ...]) -> list[str]:
        expanded: list[str] = []
        for text in arg_strings:
            if not text.startswith("@"):
                expanded.append(text)
                continue
            path = absolute_path(text[1:], self._dialect.cwd)
            if path in within:
                raise escaping("RecursionError", "maximum recursion depth exceeded", text)
            lines = self._file_lines(path, text[1:])
            expanded.extend(self._expand(lines, (*within, path)))
        return expanded

    def _file_lines(self, path: str, name: str) -> list[str]:
        tree = self._dialect.tree
        if not exists(tree, path):
            self.error(f"[Errno 2] No such file or directory: '{name}'")
        if is_folder(tree, path):
            self.error(f"[Errno 21] Is a directory: '{name}'")
        try:
            content = tree.read(path)
        except ReadFailure as error:
            self.error(str(error))
        return content.decode("utf-8", "surrogateescape").replace("\r\n", "\n").replace("\r", "\n").splitlines()


def _folder_argument(dialect: Dialect, text: str, option: str) -> str:
    if not is_folder(dialect.tree, absolute_path(text, dialect.cwd)):
        raise Refused(f"{option} must be a directory, given: {text}", option)
    return text


def _filename_argument(dialect: Dialect, text: str, option: str) -> str:
    if is_folder(dialect.tree, absolute_path(text, dialect.cwd)):
        raise Refused(f"{option} must be a filename, given: {text}", option)
    return text


def _basetemp_argument(dialect: Dialect, text: str) -> str:
    # That folder is emptied, so it may not hold the working directory (`validate_basetemp`).
    if not text or is_below(dialect.cwd, absolute_path(text, dialect.cwd)):
        raise argparse.ArgumentTypeError(
            "basetemp must not be empty, the current working directory or any parent directory of it"
        )
    return text


def _pdb_class_argument(text: str) -> str:
    if ":" not in text:
        raise argparse.ArgumentTypeError(f"{text!r} is not in the format 'modname:classname'")
    return text


def program_name(version: PytestVersion, python: tuple[int, int, int], as_module: bool) -> str:
    """How pytest calls itself in its usage: 9.1 and Python 3.14 name the module, older ones the file it starts from."""
    if not as_module:
        return "pytest"
    return "python -m pytest" if version >= (9, 1, 0) or python >= (3, 14, 0) else "__main__.py"
