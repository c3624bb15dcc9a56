"""The first `[tool.muster]` of a project: what to write, and where. Planning only; nothing else is changed."""

from __future__ import annotations

import json
from dataclasses import dataclass

from muster.errors import UsageError
from muster.ports import EntryKind, FileTree, ReadFailure
from muster.usecases.propose import (
    ProposedCategory,
    ProposedCommand,
    find_test_folder,
    propose_categories,
    propose_commands,
)

_HEALTH_TEST = """\
from muster.api import assert_collectable


def test_every_file_collects() -> None:
    assert_collectable()
"""


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file to write: its absolute path, its whole new content, and what that changes, in words."""

    path: str
    content: bytes
    change: str


def plan_initialisation(tree: FileTree, root: str, *, health_test: bool = False) -> tuple[PlannedFile, ...]:
    """The files to write in `root`. Raises `UsageError` where Muster is configured already or a file is in the way."""
    _refuse_configured(tree, root)
    planned = [_plan_settings(tree, root)]
    if health_test:
        planned.append(_plan_health_test(tree, root))
    return tuple(planned)


def render_settings(commands: list[ProposedCommand], categories: list[ProposedCategory], newline: str = "\n") -> str:
    """The commented `[tool.muster]` table for these proposals."""
    lines = ["[tool.muster]", *_invocation_lines(commands), ""]
    lines += [
        "# What real pytest may need to collect, as a whole process; `muster check --confirm` measures it.",
        '# budget = "30s"',
    ]
    for category in categories:
        lines += ["", *_category_lines(category)]
    return newline.join(lines) + newline


def _refuse_configured(tree: FileTree, root: str) -> None:
    if tree.kind(f"{root}/muster.toml") is not None:
        raise UsageError(f"{root}/muster.toml exists already: edit it, or remove it first")
    document = _read_document(tree, f"{root}/pyproject.toml")
    if document is not None and "muster" in _tool_table(document):
        raise UsageError(f"{root}/pyproject.toml has a [tool.muster] already: edit it, or remove it first")


def _plan_settings(tree: FileTree, root: str) -> PlannedFile:
    commands, categories = propose_commands(tree, root), propose_categories(tree, root)
    path = f"{root}/pyproject.toml"
    if tree.kind(path) is not EntryKind.FILE:
        return PlannedFile(
            f"{root}/muster.toml", render_settings(commands, categories).encode(), "[tool.muster] (new file)"
        )
    before = _read(tree, path)
    newline = "\r\n" if b"\r\n" in before else "\n"
    gap = newline if before.endswith(b"\n") or not before else newline * 2
    after = before + (gap + render_settings(commands, categories, newline)).encode()
    if "muster" not in _tool_table(_parse(after, path)):
        raise UsageError(f"{path}: a [tool.muster] table cannot be added to it; put it into muster.toml by hand")
    return PlannedFile(path, after, "[tool.muster] added at the end")


def _plan_health_test(tree: FileTree, root: str) -> PlannedFile:
    folder = find_test_folder(tree, root)
    path = "/".join(part for part in (root, folder, "test_collectability.py") if part)
    if tree.kind(path) is not None:
        raise UsageError(f"{path} exists already: remove it first, or leave out --health-test")
    return PlannedFile(path, _HEALTH_TEST.encode(), "one test: every file of the suite collects (new file)")


def _invocation_lines(commands: list[ProposedCommand]) -> list[str]:
    lines = [
        "# The command that the team runs. Its options, and whether it is `python -m pytest`, decide what is collected."
    ]
    if not commands:
        return [*lines, '# invocation = "python -m pytest"']
    first, *others = commands
    lines.append(f"# From {first}.")
    lines.append(f"invocation = {_quote(first.command)}")
    if others:
        lines.append("# Found elsewhere:")
        lines += [f"#   {_quote(other.command)}  ({other})" for other in others]
    return lines


def _category_lines(category: ProposedCategory) -> list[str]:
    selection = (
        f"paths = [{', '.join(map(_quote, category.paths))}]"
        if category.paths
        else f"markers = {_quote(category.marker)}"
    )
    return [f"[tool.muster.categories.{category.name}]  # {category.why}", selection, "min_tests = 1"]


def _quote(text: str) -> str:
    """`text` as a basic string of TOML, which JSON's strings are."""
    return json.dumps(text, ensure_ascii=True).replace("\x7f", "\\u007f")


def _read_document(tree: FileTree, path: str) -> dict[str, object] | None:
    return _parse(_read(tree, path), path) if tree.kind(path) is EntryKind.FILE else None


def _read(tree: FileTree, path: str) -> bytes:
    try:
        return tree.read(path)
    except ReadFailure as error:
        raise UsageError(f"{path}: {error}") from error


def _parse(content: bytes, path: str) -> dict[str, object]:
    import tomlkit  # only `muster init` needs it
    from tomlkit.exceptions import ParseError

    try:
        return tomlkit.parse(content.decode("utf-8")).unwrap()
    except (ParseError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from error


def _tool_table(document: dict[str, object]) -> dict[str, object]:
    tool = document.get("tool")
    return tool if isinstance(tool, dict) else {}
