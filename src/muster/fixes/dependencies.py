"""M107: a distribution that nobody declares is declared where the project declares the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array

from muster.fixes.site import Site
from muster.model.cause import Cause
from muster.model.fix import FileChange, Fix

_GROUPS = ("test", "tests", "testing", "dev")


def fix_undeclared(cause: Cause, site: Site) -> Iterator[Fix]:
    """One declaration; that it must be installed too is said with it."""
    if any(each.kind == "declared" for each in cause.evidence):
        return
    name = cause.subject
    change = _declared(name, site)
    if change is not None:
        yield Fix(
            "declare", f"declare {name} in {site.show(change.path)}", (change,), needs=f"{name} has to be installed too"
        )


def _declared(name: str, site: Site) -> FileChange | None:
    root = site.root.rstrip("/")
    pyproject = site.edit(f"{root}/pyproject.toml", lambda text: declare_in_toml(text, name))
    if pyproject is not None:
        return pyproject
    listing = site.tree.listing(site.root)
    for file in (
        "requirements-test.txt",
        "test-requirements.txt",
        "requirements-dev.txt",
        "dev-requirements.txt",
        "requirements.txt",
    ):
        if file in listing:
            return site.edit(f"{root}/{file}", lambda text: _appended(text, name))
    return None


def declare_in_toml(text: str, name: str) -> str | None:
    """`text`, a pyproject.toml, with `name` among what its tests need: a group or extra for them, else its dependencies."""
    try:
        document: Any = tomlkit.parse(text)
        array = _array_for_tests(document)
        if array is None:
            return None
        array.append(name)
        return tomlkit.dumps(document)
    except TOMLKitError:
        return None


def _array_for_tests(document: Any) -> Array | None:
    project = document.get("project", {})
    for table in (document.get("dependency-groups", {}), project.get("optional-dependencies", {})):
        for group in _GROUPS:
            if isinstance(table.get(group), Array):
                return table[group]  # type: ignore[no-any-return]  # because tomlkit's tables are untyped
    found = project.get("dependencies")
    return found if isinstance(found, Array) else None


def _appended(text: str, name: str) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text or text.endswith(("\n", "\r")) else newline
    return f"{text}{gap}{name}{newline}"
