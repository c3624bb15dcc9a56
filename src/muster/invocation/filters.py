"""Warning filters: `action:message:category:module:line`, as `_pytest.config.parse_warning_filter` reads them."""

from __future__ import annotations

import builtins
import re
from dataclasses import dataclass

from muster.invocation.request import FindModule
from muster.invocation.version import PytestVersion

_ACTIONS = ("default", "always", "ignore", "module", "once", "error")
_DOCUMENTATION = "https://docs.python.org/3/library/warnings.html#describing-warning-filters"


@dataclass(frozen=True, slots=True)
class WarningFilter:
    """One filter; `category` is a dotted class name as written, "" for every warning."""

    action: str
    message: str = ""
    category: str = ""
    module: str = ""
    line: int = 0


class FilterRefused(Exception):
    """A malformed filter; the text is pytest's."""


class FilterBroken(FilterRefused):
    """A pattern that Python itself refuses while pytest applies the filter: an exception that escapes (before 8.4)."""


class FilterModuleMissing(Exception):
    """The module of the category's class does not exist; the text is what pytest 9.0 and later warn of."""


def parse_warning_filter(text: str, version: PytestVersion) -> WarningFilter:
    """The parts of one filter. Raises `FilterRefused`. A category outside the builtins is not looked up."""
    fields = text.split(":")
    if len(fields) > 5:
        raise FilterRefused(_words(text, _too_many(len(fields))))
    action, message, category, module, line = (part.strip() for part in (*fields, "", "", "", "")[:5])
    action = _parse_action(text, action)
    _check_category(text, category, version)
    number = _parse_line(text, line)
    _check_patterns(text, (message, module), version)
    return WarningFilter(action, message, category, module, number)


def check_filter_module(
    text: str, parsed: WarningFilter, find_module: FindModule, leading: tuple[str, ...], version: PytestVersion
) -> None:
    """Raise `FilterRefused` (before 9.0) or `FilterModuleMissing` where the category's module is nowhere."""
    parts = parsed.category.split(".")[:-1]
    for end in range(1, len(parts) + 1):
        name = ".".join(parts[:end])
        if find_module(name, leading) is not None:
            continue
        if version < (9, 0, 0):
            raise FilterRefused(_words(text, f"ModuleNotFoundError: No module named {name!r}"))
        raise FilterModuleMissing(f"Failed to import filter module {name!r}: {text}")


def _check_patterns(text: str, patterns: tuple[str, ...], version: PytestVersion) -> None:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            if version < (8, 4, 0):
                raise FilterBroken(str(error)) from None
            raise FilterRefused(_words(text, f"Invalid regex {pattern!r}: {error}")) from None


def _words(text: str, error: str) -> str:
    return f"while parsing the following warning configuration:\n\n  {text}\n\nThis error occurred:\n\n{error}\n"


def _too_many(count: int) -> str:
    return (
        f"Too many fields ({count}), expected at most 5 separated by colons:\n\n"
        f"  action:message:category:module:line\n\nFor more information please consult: {_DOCUMENTATION}\n"
    )


def _parse_action(text: str, action: str) -> str:
    """The full name of an action that may be abbreviated (`warnings._getaction`)."""
    if not action:
        return "default"
    if action == "all":
        return "always"
    for known in _ACTIONS:
        if known.startswith(action):
            return known
    raise FilterRefused(_words(text, f"invalid action: {action!r}"))


def _check_category(text: str, category: str, version: PytestVersion) -> None:
    if not category or "." in category:
        return
    found = getattr(builtins, category, None)
    if found is None:
        raise FilterRefused(_words(text, f"AttributeError: module 'builtins' has no attribute '{category}'"))
    if not isinstance(found, type):
        raise FilterRefused(_words(text, "TypeError: issubclass() arg 1 must be a class"))
    if not issubclass(found, Warning):
        module = "pytest" if version >= (9, 0, 0) else "_pytest.config.exceptions"
        raise FilterRefused(_words(text, f"{module}.UsageError: {found} is not a Warning subclass"))


def _parse_line(text: str, line: str) -> int:
    if not line:
        return 0
    try:
        number = int(line)
    except ValueError as error:
        raise FilterRefused(_words(text, f"invalid lineno {line!r}: {error}")) from None
    if number < 0:
        raise FilterRefused(_words(text, f"invalid lineno {line!r}: number is negative"))
    return number
