"""How each import of a file that fails resolves: what is remembered of it, as the tree will be another one tomorrow."""

from __future__ import annotations

from collections.abc import Iterator

from muster.facts.mentions import imported_everything
from muster.model.collection import Outcome
from muster.model.memory import ResolvedImport
from muster.ports import FileTree
from muster.usecases.explain_module import PartStep, steps_of_import
from muster.usecases.simulate import Simulation

MOST_FILES, MOST_IMPORTS = 50, 40
"""So many files are told of, and so many imports of each."""


def imports_of_failed_files(
    simulation: Simulation, tree: FileTree, root: str
) -> dict[str, tuple[ResolvedImport, ...]]:  # fmt: skip
    """The imports of the files that fail, by absolute path."""
    reports = simulation.collection.reports
    failed = dict.fromkeys(
        report.path for report in reports if report.outcome is Outcome.FAILED and report.path.endswith(".py")
    )
    paths = list(failed)[:MOST_FILES]
    return {
        path: tuple(_resolved(simulation, tree, path, root, modules))
        for path, modules in _modules(simulation, paths).items()
    }


def _modules(simulation: Simulation, paths: list[str]) -> dict[str, dict[str, int]]:
    """The modules that each of the files names, with the line of the first time; relative imports leave no doubt."""
    found: dict[str, dict[str, int]] = {}
    for path, mentions in simulation.store.mentions(paths):
        modules: dict[str, int] = {}
        for imported in imported_everything(mentions):
            if not imported.level and imported.module:
                modules.setdefault(imported.module, imported.line)
        found[path] = dict(list(modules.items())[:MOST_IMPORTS])
    return found


def _resolved(
    simulation: Simulation, tree: FileTree, path: str, root: str, modules: dict[str, int]
) -> Iterator[ResolvedImport]:
    for module, line in modules.items():
        steps = steps_of_import(simulation, tree, module, path, root)
        is_found = bool(steps) and steps[-1].found
        yield ResolvedImport(
            module=module,
            line=line,
            outcome="found" if is_found else "missing",
            steps=tuple(text for step in steps for text in _texts(step)),
        )


def _texts(step: PartStep) -> Iterator[str]:
    """The step as lines: where was looked, which entries have something, what came of it and why."""
    yield f"{step.name}, looked for on {step.searched}: {step.result}"
    for entry in step.entries:
        if entry.offers:
            origin = f", put there by {entry.origin}" if entry.origin else ""
            yield f"  {entry.entry}{origin}: {entry.offers}{' (taken)' if entry.wins else ''}"
    if step.rule:
        yield f"  {step.rule}"
