"""M107 and M108: a distribution that nobody declares is declared where the project declares the others; one whose version is
at odds gets the bound within which it has what is imported."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array

from muster.fixes.site import Site
from muster.fixes.source import Places
from muster.model.cause import Cause
from muster.model.fix import FileChange, Fix

_CHANGED = re.compile(r"(?P<version>\d+(?:\.\d+)+) (?P<what>moved|removed|brought|has)\b")
_ONE = r"[<>=!~]=?=?[ ]*[\w.*+!-]+"
_GROUPS = ("test", "tests", "testing", "dev")


def fix_undeclared(cause: Cause, site: Site) -> Iterator[Fix]:
    """One declaration; that it must be installed too is said with it."""
    if any(each.kind == "declared" for each in cause.evidence):
        return
    name = cause.subject
    change = _declared(name, site)
    is_guess = any(each.kind == "provider" and "(a guess" in each.text for each in cause.evidence)
    if change is not None:
        title = f"declare {name} in {site.show(change.path)}" + (", if that is its name" if is_guess else "")
        yield Fix("declare", title, (change,), choice=is_guess, needs=f"{name} has to be installed too")


def fix_at_odds(cause: Cause, site: Site) -> Iterator[Fix]:
    """The declaration with a bound, where it is known which versions have what is missing."""
    installed = next((each.text for each in cause.evidence if each.kind == "installed"), "")
    note = next((each.text for each in cause.evidence if each.kind == "versions"), "")
    name, bound = installed.rpartition(" ")[0], _bound(note)
    if not name or not bound:
        return
    needs = f"a version of {name} {bound} has to be installed too"
    lines = [
        (each.path, each.line)
        for each in cause.evidence
        if each.kind == "declared" and each.text.startswith("declared")
    ]
    for path, line in lines:
        change = site.edit(path, lambda text, at=line: with_bound(text, at, name, bound))  # type: ignore[misc]  # because mypy cannot type defaults of a lambda
        if change is not None:
            yield Fix("bound", f"declare {name}{bound} in {site.show(path)}:{line}", (change,), needs=needs)
            return
    change = _declared(name + bound, site) if not lines else None
    if change is not None:
        yield Fix("bound", f"declare {name}{bound} in {site.show(change.path)}", (change,), needs=needs)


def _bound(note: str) -> str:
    """`>=2.0` or `<2.0`, from words such as `NAME 2.0 removed it`; "" where they speak of no version."""
    found = _CHANGED.search(note)
    if found is None:
        return ""
    return f"{'>=' if found['what'] == 'brought' else '<'}{found['version']}"


def with_bound(text: str, line: int, name: str, bound: str) -> str | None:
    """`text` with the version that the requirement `name` on `line` asks for replaced by `bound`; its extras, markers and
    quotes stay."""
    places = Places(text)
    start, end = places.line_start(line), places.line_start(line + 1)
    spelled = "[-_.]+".join(map(re.escape, re.split(r"[-_.]+", name)))
    requirement = re.compile(
        rf"(?<![\w.-])({spelled}(?:\[[^\]]*\])?)(?![\w.-])(?:[ ]*{_ONE}(?:[ ]*,[ ]*{_ONE})*)?", re.IGNORECASE
    )
    found = requirement.search(text, start, end)
    return text[: found.end(1)] + bound + text[found.end() :] if found is not None else None


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
