"""Two versions of a project in memory, simulated with the environment that runs the tests, and compared."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from textwrap import dedent

from muster.adapters.clock import SystemClock
from muster.adapters.disk_tree import DiskTree
from muster.adapters.environment import InterpreterQuery
from muster.adapters.fact_cache import NullFactCache
from muster.adapters.interpreters import choose_interpreter
from muster.adapters.parsing import SourceParser
from muster.model.report import Report
from muster.trees.memory import MemoryTree
from muster.trees.world import World
from muster.usecases.baseline import base_of_tree
from muster.usecases.command import PytestCommand
from muster.usecases.compare import compare
from muster.usecases.plan import Plan
from muster.usecases.simulate import Ports

ROOT = "/muster-comparison/project"


def world(files: Mapping[str, str]) -> World:
    """The project of `files` beside the disk; empty texts are no files."""
    contents = {f"{ROOT}/{path}": dedent(text).encode() for path, text in files.items() if text}
    return World(MemoryTree(contents, folders=[ROOT]), ROOT, {"/": DiskTree()})


def ports_of(files: Mapping[str, str]) -> Ports:
    """What simulating the project of `files` needs."""
    return Ports(world(files), NullFactCache(), _environment(), _parser())


def plan_of(*argv: str) -> Plan:
    """A session of pytest in the project's root."""
    return Plan(ROOT, PytestCommand(argv=argv), ROOT)


def compared(before: Mapping[str, str], after: Mapping[str, str], *argv: str) -> Report:
    """What became of the tests of `before` in `after`, which changes or (with an empty text) deletes files of it."""
    base = base_of_tree("base", "the version before", plan_of(*argv), world(before))
    return compare(ports_of({**before, **after}), SystemClock(), plan_of(*argv), base)


@cache
def _environment() -> InterpreterQuery:
    chosen = choose_interpreter(ROOT, named=sys.executable, setting=None, environ={}, own=sys.executable)
    return InterpreterQuery(chosen, ROOT, NullFactCache(), environ={})


@cache
def _parser() -> SourceParser:
    return SourceParser(sys.version_info[:2])
