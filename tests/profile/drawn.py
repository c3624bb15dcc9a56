"""A traced session, drawn: which module imports which, and what each took by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from muster.model.collection import Collection, Frame
from muster.model.profile import HeavyStatement
from muster.model.trace import ImportStatement, ImportTiming, TimedStep, TracedSession

ROOT = "/r"
PYTEST = "/env/lib/site-packages/_pytest/pathlib.py"


def is_own(path: str) -> bool:
    return path.startswith(ROOT + "/")


def session(
    seconds: Mapping[str, float],
    imports: Sequence[tuple[str, str]],
    steps: Sequence[TimedStep] = (),
    own: Sequence[str] = (),
) -> TracedSession:
    """A session in which each importer asks for each module on a line of its own, in this order; "pytest" is the first of them.

    Modules are imported one after the other by who asks first; those named in `own` are the project's.
    """
    files = {name: f"{ROOT}/{name}.py" if name in own else f"/env/lib/site-packages/{name}.py" for name in seconds}
    files["pytest"] = PYTEST
    lines: dict[str, int] = {}
    statements, first = [], {}
    for importer, imported in imports:
        line = lines[importer] = lines.get(importer, 0) + 1
        statements.append(ImportStatement(importer, files[importer], "", line, importer != "pytest", imported, 0, ()))
        first.setdefault(imported, (importer, line))
    below: dict[str, list[str]] = {}
    for imported, (importer, _) in first.items():
        below.setdefault(importer, []).append(imported)
    timings: list[ImportTiming] = []

    def run(name: str, at: float) -> float:
        began = at
        for child in below.get(name, ()):
            at = run(child, at)
        at += seconds.get(name, 0.0)
        if name != "pytest":
            importer, line = first[name]
            timing = ImportTiming(
                name, files[name], Frame(files[importer], line), "", began, at - began, seconds[name], True
            )
            timings.append(timing)
        return at

    end = run("pytest", 1.0)
    moments = {
        "start": 0.5,
        "configure": 0.8,
        "collection": 0.9,
        "collected": end,
        "exit": end + 0.25,
        "end": end + 0.5,
    }
    return TracedSession(
        Collection(), imports=tuple(timings), moments=moments, statements=tuple(statements), steps=tuple(steps)
    )


def deferrable(path: str, line: int, module: str, aliases: tuple[str, ...]) -> HeavyStatement:
    """A file that uses everything in one function only."""
    return HeavyStatement(path, line, module, aliases, "functions", functions=1)


def needed(path: str, line: int, module: str, aliases: tuple[str, ...]) -> HeavyStatement:
    """A file that needs everything at import time."""
    return HeavyStatement(path, line, module, aliases, "import time", "a base class", 9)
