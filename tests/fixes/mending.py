"""A small project on disk, mended: what was proposed, and what real pytest collects before and after."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from muster.usecases.fix import FixPlan, FixRequest, ProvedFix, plan_fixes
from muster.wiring import Choices, open_workspace, project_writer


@dataclass(frozen=True)
class Mended:
    """The plan, and real pytest's node ids and exit code before and after it was applied."""

    plan: FixPlan
    before: tuple[set[str], int]
    after: tuple[set[str], int]

    @property
    def fixes(self) -> list[ProvedFix]:
        """Every fix of every cause of the first round."""
        return [proved for fixes in self.plan.rounds[0].fixes for proved in fixes]

    def verdict(self, kind: str) -> str:
        """The state of the first fix of that kind."""
        return next(proved.verdict.state for proved in self.fixes if proved.fix.kind == kind)

    @property
    def chosen(self) -> list[str]:
        """The kinds of the chosen fixes."""
        return [stage.chosen.fix.kind for stage in self.plan.stages]


def write_project(root: Path, files: Mapping[str, str]) -> Path:
    """The files of a project; one without configuration gets a plain one."""
    for name, text in {"pytest.ini": "[pytest]\npythonpath = .\n", **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return root


def plan_of(root: Path, request: FixRequest = FixRequest()) -> FixPlan:  # noqa: B008  # because it is frozen
    """The plan for the project at `root`."""
    with open_workspace(Choices(root=str(root), python=sys.executable)) as workspace:
        return plan_fixes(workspace.ports, workspace.clock, workspace.plan, request)


def mend(root: Path, request: FixRequest = FixRequest()) -> Mended:  # noqa: B008  # because it is frozen
    """Plan, apply, and ask real pytest before and after."""
    before = collected(root)
    plan = plan_of(root, request)
    if plan.changes:
        project_writer(str(root)).apply(plan.changes)
    return Mended(plan, before, collected(root))


def collected(root: Path, *arguments: str) -> tuple[set[str], int]:
    """What real pytest collects, and its exit code."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHONPATH"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=root, env=environ | {"PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return {line for line in done.stdout.splitlines() if "::" in line and " " not in line}, done.returncode
