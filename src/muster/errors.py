"""The expected failures of Muster; each owns the exit code that the command line ends with."""

from __future__ import annotations


class MusterError(Exception):
    """Something the user can put right: the message says what, where and what to do."""

    exit_code = 4


class UsageError(MusterError):
    """An argument of Muster's own, or a value in `[tool.muster]`, that cannot be used."""


class MissingExtraError(MusterError):
    """A feature whose optional distributions are not installed; the message names the extra."""


class InternalError(MusterError):
    """A bug of Muster's own."""

    exit_code = 3


class HistoryError(MusterError):
    """The memory cannot be read or written: the message says which database, and why."""
