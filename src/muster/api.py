"""Muster for Python code: three functions, typed and stable. None of them runs anything of the examined project.

from muster.api import assert_collectable


def test_every_file_collects() -> None:
    assert_collectable("mission_critical")
"""

from __future__ import annotations

from collections.abc import Sequence

from muster.model.report import Report
from muster.render.layout import Canvas
from muster.render.text import render_text
from muster.usecases.check import check as check_session
from muster.usecases.check import check_exit_code
from muster.usecases.collect import Listing
from muster.usecases.collect import collect as collect_session
from muster.wiring import Choices, open_workspace, settings_categories

__all__ = ["Listing", "Report", "assert_collectable", "check", "collect"]


def check(
    *paths: str,
    categories: Sequence[str] = (),
    invocation: str = "",
    python: str = "",
    root: str = "",
    options: Sequence[str] = (),
    confirm: bool = False,
) -> Report:
    """What pytest would collect, what it would not, and why.

    `paths` are files, folders or node ids as pytest takes them; none means what the command itself collects.
    `categories` are names of `[tool.muster.categories]`. `invocation` is the command to simulate (default: the
    project's setting, else `pytest`), `python` the project's interpreter, `root` the project's folder (default: found
    from the working directory), `options` further arguments for pytest. `confirm` also runs the real collection, and
    with it the project's code. Raises `muster.errors.MusterError` for what cannot be used.
    """
    with open_workspace(_choices(paths, categories, invocation, python, root, options)) as workspace:
        observed = workspace.observed if confirm else None
        return check_session(workspace.ports, workspace.clock, workspace.plan, observed)


def collect(
    *paths: str,
    categories: Sequence[str] = (),
    invocation: str = "",
    python: str = "",
    root: str = "",
    options: Sequence[str] = (),
) -> Listing:
    """The node ids that pytest would collect, in its order; the parameters are those of `check`."""
    with open_workspace(_choices(paths, categories, invocation, python, root, options)) as workspace:
        return collect_session(workspace.ports, workspace.plan)


def assert_collectable(*categories_or_paths: str, invocation: str = "", python: str = "", root: str = "") -> None:
    """Raise `AssertionError` with the whole report unless every file of these categories or paths collects.

    A name that is a category of `[tool.muster.categories]` is one; everything else is a path. No name at all means what
    the command itself collects. A selection without any test is a failure too.
    """
    known = settings_categories(root)
    categories = [name for name in categories_or_paths if name in known]
    paths = [name for name in categories_or_paths if name not in known]
    report = check(*paths, categories=categories, invocation=invocation, python=python, root=root)
    if check_exit_code(report) != 0:
        raise AssertionError("the suite does not collect\n\n" + render_text(report, Canvas(width=100)))


def _choices(
    paths: Sequence[str], categories: Sequence[str], invocation: str, python: str, root: str, options: Sequence[str]
) -> Choices:
    return Choices(
        paths=tuple(paths),
        categories=tuple(categories),
        invocation=invocation,
        python=python,
        root=root,
        options=tuple(options),
    )
