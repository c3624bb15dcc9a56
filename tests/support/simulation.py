"""The simulated half of a scenario: its files in memory, at a path where nothing is on disk."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from tests.support.oracle import Oracle, base_environ, scenario_environ
from tests.support.outcome import codes_of
from tests.support.scenario import ROOT, ExpectLine, Scenario

from muster.adapters.disk_tree import DiskTree
from muster.adapters.environment import InterpreterQuery
from muster.adapters.fact_cache import NullFactCache
from muster.adapters.interpreters import choose_interpreter
from muster.adapters.parsing import SourceParser
from muster.model.cause import Cause
from muster.model.collection import Collection
from muster.trees.memory import MemoryTree
from muster.trees.world import World
from muster.usecases.diagnose import Standards, diagnose
from muster.usecases.simulate import Ports, Request, simulate

MEMORY_ROOT = "/muster-scenario/project"


@dataclass(frozen=True, slots=True)
class Simulated:
    """What the simulation makes of a scenario, and why."""

    collection: Collection
    causes: tuple[Cause, ...]
    groups: tuple[tuple[str, ...], ...] = ()


def simulated(scenario: Scenario, mode: str, oracle: Oracle) -> Simulated:
    """The simulation of the scenario's command, in the environment of the oracle's interpreter."""
    environ = scenario_environ(scenario, MEMORY_ROOT)
    tree = World(_project(scenario), MEMORY_ROOT, {"/": DiskTree()})
    pythons = tuple((name, value) for name, value in environ.items() if name.startswith("PYTHON"))
    query = _environment(oracle.interpreter, pythons)
    ports = Ports(tree, NullFactCache(), query, _parser(oracle.interpreter, oracle.versions[1]), environ)
    as_module = scenario.command != "pytest"
    argv = tuple(argument.replace(ROOT, MEMORY_ROOT) for argument in scenario.arguments(mode))
    cwd = os.path.normpath(os.path.join(MEMORY_ROOT, scenario.cwd))
    simulation = simulate(ports, Request(argv, cwd, scenario.command, "scenario", as_module), grouped=True)
    causes, _ = diagnose(
        simulation.collection,
        simulation.invocation,
        simulation.environment,
        tree,
        simulation.store.facts,
        Standards(),
    )
    groups = tuple(tuple(os.path.relpath(path, MEMORY_ROOT) for path in group) for group in simulation.groups)
    return Simulated(simulation.collection, tuple(causes), groups)


def cause_differences(expected: Sequence[ExpectLine], simulation: Simulated) -> list[str]:
    """Cause codes, culprits and losses that the block names and the diagnosis does not."""
    told = [f"{cause.code} {cause.culprit or '-'} {cause.subject}" for cause in simulation.causes]
    wrong = [
        f"no such cause: {line}" for line in expected if not (line.diverges or _is_confirmed(line, simulation.causes))
    ]
    return [*wrong, f"causes: {told}"] if wrong else _group_differences(expected, simulation.groups)


def _group_differences(expected: Sequence[ExpectLine], groups: Sequence[tuple[str, ...]]) -> list[str]:
    """Where the block says which files belong together (`-`: none do), the simulation must say the same of all files."""
    wanted = {line.rest for line in expected if line.verb == "together"}
    told = {" ".join(group) for group in groups} or {"-"}
    return [f"together: {sorted(told)}, expected {sorted(wanted)}"] if wanted and wanted != told else []


def _is_confirmed(line: ExpectLine, causes: Sequence[Cause]) -> bool:
    """Whether the causes bear out what the line says of them; a line that says nothing is borne out."""
    match line.verb:
        case "error" | "abort" | "refused":
            node, codes = codes_of(line)
            path = os.path.join(MEMORY_ROOT, node.partition("::")[0])
            return all(_has_cause(code, path, line.verb, causes) for code in codes)
        case "cause":
            code, place, subject = [*line.rest.split(" ", 2), ""][:3]
            return any(
                cause.code == code and _place(cause) == place and subject in ("", cause.subject) for cause in causes
            )
        case "lost":
            code, number = line.rest.split(" ")
            lost = sum(cause.lost_count or len(cause.lost) for cause in causes if cause.code == code)
            return lost == int(number)
        case _:
            return True


def _has_cause(code: str, path: str, verb: str, causes: Sequence[Cause]) -> bool:
    """Whether a cause of that code blocks the file, or a file of the folder, that the line is about."""
    return any(
        cause.code == code
        and (verb != "error" or any(victim == path or victim.startswith(f"{path}/") for victim in cause.victims))
        for cause in causes
    )


def _place(cause: Cause) -> str:
    """The culprit as `path:line`, relative to the project."""
    return re.sub(f"^{re.escape(MEMORY_ROOT)}/", "", str(cause.culprit)) if cause.culprit else "-"


def _project(scenario: Scenario) -> MemoryTree:
    def placed(name: str) -> str:
        return os.path.join(MEMORY_ROOT, name)

    files = {
        placed(name): content.replace(ROOT.encode(), MEMORY_ROOT.encode()) for name, content in scenario.files.items()
    }
    links = {placed(name): target for name, target in scenario.symlinks.items()}
    return MemoryTree(files, links, [MEMORY_ROOT, *map(placed, scenario.folders)])


@cache
def _environment(interpreter: str, pythons: tuple[tuple[str, str], ...]) -> InterpreterQuery:
    environ = base_environ() | dict(pythons)
    chosen = choose_interpreter(MEMORY_ROOT, named=interpreter, setting="", environ=environ, own=interpreter)
    return InterpreterQuery(chosen, MEMORY_ROOT, NullFactCache(), environ=environ, own=interpreter)


@cache
def _parser(interpreter: str, version: str) -> SourceParser:
    major, minor, *_ = version.split(".")
    return SourceParser((int(major), int(minor)), interpreter=interpreter)
