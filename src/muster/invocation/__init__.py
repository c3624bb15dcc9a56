"""What was pytest told? rootdir, inifile, options, arguments and conftests, exactly as pytest itself resolves them."""

from muster.invocation.command import Command, parse_command
from muster.invocation.conftests import conftests_for, initial_conftests
from muster.invocation.request import Additions, FindModule, Request
from muster.invocation.resolve import resolve_invocation

__all__ = [
    "Additions",
    "Command",
    "FindModule",
    "Request",
    "conftests_for",
    "initial_conftests",
    "parse_command",
    "resolve_invocation",
]
