"""A TOML table read strictly: every key is asked for by type, and what nobody asked for is an error with its line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from muster.errors import UsageError
from muster.model.location import Location
from muster.settings.durations import parse_duration
from muster.settings.tomllines import find_key_line


class Table:
    """One table of a file. Readers return their default for an absent key and raise `UsageError` for a wrong value."""

    def __init__(self, path: str, text: str, where: tuple[str, ...], content: Mapping[str, object]) -> None:
        self._path = path
        self._text = text
        self._where = where
        self._content = content

    @property
    def location(self) -> Location:
        """Where the table begins."""
        return Location(self._path, find_key_line(self._text, self._where))

    def keys(self) -> Iterable[str]:
        """The keys as written."""
        return self._content.keys()

    def refuse_unknown(self, known: Iterable[str]) -> None:
        """Raise `UsageError` for the first key that is not among `known`."""
        names = sorted(known)
        for key in self._content:
            if key not in names:
                raise self.error(key, f"unknown key '{key}' in {self}{nearest(key, names)}")

    def string(self, key: str, *, expands: bool = False) -> str:
        """A text, "" by default. `${NAME}` in it is an error unless it `expands`."""
        value = self._content.get(key, "")
        if not isinstance(value, str):
            raise self._wrong_type(key, "a string")
        if key in self._content and not value.strip():
            raise self.error(key, f"'{key}' is empty")
        if "${" in value and not expands:
            raise self.error(key, f"'{key}' may not hold ${{NAME}}: variables are filled in only in a service's url")
        return value

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of texts, empty by default."""
        value = self._content.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong_type(key, "a list of strings")
        if key in self._content and (not value or not all(item.strip() for item in value)):
            raise self.error(key, f"'{key}' is empty")
        return tuple(value)

    def count(self, key: str) -> int:
        """A whole number of at least 0, which is the default."""
        value = self._content.get(key, 0)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self._wrong_type(key, "a whole number, 0 or more")
        return value

    def flag(self, key: str) -> bool:
        """True or false, false by default."""
        value = self._content.get(key, False)
        if not isinstance(value, bool):
            raise self._wrong_type(key, "true or false")
        return value

    def date(self, key: str) -> str:
        """A day as TOML writes it (`2026-12-31`), in ISO 8601; "" by default."""
        value = self._content.get(key, "")
        if key in self._content and (not isinstance(value, date) or isinstance(value, datetime)):
            raise self._wrong_type(key, "a date such as 2026-12-31, without quotes")
        return str(value)

    def seconds(self, key: str) -> float | None:
        """A duration in seconds, None by default."""
        if key not in self._content:
            return None
        value = self._content[key]
        seconds = parse_duration(value) if isinstance(value, str) else None
        if seconds is None or seconds <= 0:
            raise self._wrong_type(key, 'a duration such as "10s" or "1m30s"')
        return seconds

    def tables(self, key: str) -> dict[str, Table]:
        """The tables below `key` by name."""
        value = self._content.get(key, {})
        if not isinstance(value, dict):
            raise self._wrong_type(key, "a table")
        inner = Table(self._path, self._text, (*self._where, key), value)
        return {name: inner.table(name) for name in value}

    def table(self, key: str) -> Table:
        """The table `key`, empty by default."""
        value = self._content.get(key, {})
        if not isinstance(value, dict):
            raise self._wrong_type(key, "a table")
        return Table(self._path, self._text, (*self._where, key), value)

    def error(self, key: str, message: str) -> UsageError:
        """The error with the place of `key`."""
        line = find_key_line(self._text, (*self._where, key))
        return UsageError(f"{Location(self._path, line)}: {message}")

    def _wrong_type(self, key: str, wanted: str) -> UsageError:
        return self.error(key, f"'{key}' in {self} must be {wanted}, not {self._content[key]!r}")

    def __str__(self) -> str:
        return f"[{'.'.join(self._where)}]" if self._where else "the file"


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the nearest of `known`, else what there is."""
    names = sorted(known)
    if close := difflib.get_close_matches(word, names, 1):
        return f"; did you mean '{close[0]}'?"
    return f"; it takes {', '.join(names)}" if names else ""
