"""One file collected alone: the other experiment, which tells what the session's order has to do with it."""

from __future__ import annotations

from dataclasses import replace
from posixpath import relpath

from muster.usecases.command import extend_command
from muster.usecases.plan import Plan, Standards


def plan_of_file(plan: Plan, path: str) -> Plan:
    """The plan of the same command for nothing but the file at the absolute `path`."""
    command = extend_command(plan.command, [relpath(path, plan.cwd)], [])
    return replace(plan, command=command, categories=(), standards=Standards())
