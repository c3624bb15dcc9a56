"""Which `conftest.py` files pytest loads, and when (`PytestPluginManager._set_initial_conftests`)."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterable, Iterator, Sequence

from muster.invocation.paths import absolute_path, exists, is_below, is_file, is_folder, lineage
from muster.model.invocation import Invocation
from muster.ports import FileTree


def initial_conftests(tree: FileTree, invocation: Invocation) -> tuple[str, ...]:
    """The conftests that are loaded before collection, in order, each once.

    For every argument: those from the outermost folder down to it, then those of its `test*` subfolders. pytest takes
    those subfolders in the order of the file system; here they are sorted.
    """
    if invocation.noconftest:
        return ()
    ordered: dict[str, None] = {}
    for anchor in invocation.conftest_anchors:
        folder = posixpath.dirname(anchor) if is_file(tree, anchor) else anchor
        ordered.update(dict.fromkeys(conftests_for(tree, invocation, folder)))
    return tuple(ordered)


def conftests_for(tree: FileTree, invocation: Invocation, folder: str) -> tuple[str, ...]:
    """The conftests that apply to `folder`, outermost first; none above `confcutdir`."""
    if invocation.noconftest:
        return ()
    candidates = (
        posixpath.join(parent, "conftest.py")
        for parent in reversed(list(lineage(folder)))
        if is_in_confcutdir(invocation.confcutdir, parent)
    )
    return tuple(path for path in candidates if is_file(tree, path))


def is_in_confcutdir(confcutdir: str | None, folder: str) -> bool:
    """Whether a conftest in `folder` may be loaded: not above `confcutdir`, but beside it (pytest issue 9767)."""
    return confcutdir is None or folder == confcutdir or not is_below(confcutdir, folder)


def find_anchors(tree: FileTree, arguments: Sequence[str], cwd: str) -> tuple[str, ...]:
    """Files and folders from which initial conftests are looked for; the working directory where no argument exists."""
    anchors: list[str] = []
    for argument in arguments:
        anchor = absolute_path(argument.split("::")[0], cwd)
        if exists(tree, anchor):
            anchors.extend(_with_test_folders(tree, anchor))
    return tuple(anchors or _with_test_folders(tree, cwd))


def _with_test_folders(tree: FileTree, anchor: str) -> Iterator[str]:
    yield anchor
    for name in _test_names(tree.listing(anchor)):
        path = posixpath.join(anchor, name)
        if is_folder(tree, path):
            yield path


def _test_names(names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if fnmatch.fnmatchcase(name, "test*"))
