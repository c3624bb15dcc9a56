"""Running a file that failed once more, every failing statement taken as an unknown value: what stands behind it.

Such a run decides nothing. It counts the tests that the failure blocks and meets the failures that come next; functions
are followed one level deep, and nothing of the session changes.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from muster.execution.machine import Machine
from muster.execution.raised import Raised
from muster.execution.values import ModuleValue, Value
from muster.model.collection import Confidence, Frame, RaisedException

CALL_BUDGET = 1_500
CALL_DEPTH = 1


class Aside:
    """The module table of such runs, and the exceptions that were passed over in each file."""

    def __init__(self, machine: Machine) -> None:
        self.modules: dict[str, Value] = dict(machine.modules)
        self.preloaded: dict[str, str] = dict(machine.preloaded)
        self.met: dict[str, list[Raised]] = {}

    def note(self, file: str, raised: Raised) -> None:
        """Keep what a statement at module level of `file` raised."""
        self.met.setdefault(file, []).append(raised)


@contextmanager
def put_aside(machine: Machine, files: frozenset[str]) -> Iterator[None]:
    """Everything that the code within does to the process is undone at the end; failing statements of `files` are passed over."""
    if machine.aside is None:
        machine.aside = Aside(machine)
    containers: list[Any] = [machine.sys_path, machine.import_hooks, machine.filters, machine.effects, machine.waits]
    lists = [(container, container[:]) for container in containers]
    environ, environ_unsure = machine.environ.content(), machine.environ.unsure
    markers, exhausted = set(machine.registered_markers), set(machine.exhausted)
    names = ("modules", "preloaded", "path_trusted", "cwd", "call_budget", "call_depth", "lenient_files", "trace")
    kept = {name: getattr(machine, name) for name in names}
    machine.modules, machine.preloaded = machine.aside.modules, machine.aside.preloaded
    machine.trace = None
    machine.call_budget, machine.call_depth, machine.lenient_files = CALL_BUDGET, CALL_DEPTH, files
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(machine, name, value)
        for container, content in lists:
            container[:] = content
        machine.environ.clear()
        machine.environ.update(environ)
        machine.environ.unsure = environ_unsure
        machine.registered_markers, machine.exhausted = markers, exhausted


def failures_behind(machine: Machine, path: str, failure: RaisedException) -> tuple[RaisedException, ...]:
    """What the file `path` shows once the statement that raised `failure` is passed over, each exception once.

    Nothing where running it again did not meet `failure` itself: then the state was another.
    """
    if machine.aside is None:
        return ()
    told = {(failure.type, failure.message)}
    found: list[RaisedException] = []
    is_met = False
    for file in dict.fromkeys((posixpath.normpath(path), *(frame.path for frame in reversed(failure.frames)))):
        for raised in machine.aside.met.get(file, ()):
            key = (raised.type_name, raised.message)
            is_met |= key == (failure.type, failure.message)
            if key in told or raised.is_skip or raised.confidence is Confidence.UNDECIDED:
                continue
            told.add(key)
            found.append(_seen_from(raised, _way_to(failure.frames, file)))
    return tuple(found) if is_met else ()


def _way_to(frames: Sequence[Frame], file: str) -> tuple[Frame, ...]:
    """The frames of the imports that lead to `file`, outermost first."""
    place = next((place for place, frame in enumerate(frames) if frame.path == file), len(frames))
    return tuple(frames[:place])


def _seen_from(raised: Raised, way: tuple[Frame, ...]) -> RaisedException:
    told = raised.describe()
    confidence = Confidence.LIKELY if told.confidence is Confidence.CERTAIN else told.confidence
    return RaisedException(told.type, told.message, (*way, *told.frames), told.detail, confidence)


def module_for(machine: Machine, path: str) -> ModuleValue:
    """The module that a file is imported as, not run yet."""
    from muster.execution.testfiles import module_root, stem_of

    root_name = module_root(machine, path)
    return ModuleValue(root_name[1] if root_name else stem_of(path), path, "source")
