"""What git ignores, read from the project's own `.gitignore` files: nothing of git is asked."""

from __future__ import annotations

from posixpath import dirname

from pathspec import GitIgnoreSpec

from muster.ports import FileTree, ReadFailure


class IgnoreRules:
    """The rules of the `.gitignore` files from `root` downwards; the deepest file that says anything of a path wins."""

    def __init__(self, tree: FileTree, root: str) -> None:
        self._tree, self._root = tree, root.rstrip("/")
        self._specs: dict[str, GitIgnoreSpec | None] = {}

    def ignores(self, path: str) -> bool:
        """Whether git ignores the absolute `path`: itself, or a folder above it."""
        parts = path.removeprefix(self._root + "/").split("/")
        if ".git" in parts or ".muster" in parts:
            return True
        above = [self._root + "/" + "/".join(parts[:length]) + "/" for length in range(1, len(parts))]
        return any(self._says(each) for each in [*above, path])

    def _says(self, path: str) -> bool:
        folder = dirname(path.rstrip("/"))
        while folder.startswith(self._root):
            spec = self._spec(folder)
            verdict = None if spec is None else spec.check_file(path.removeprefix(folder + "/")).include
            if verdict is not None:
                return verdict
            folder = dirname(folder)
        return False

    def _spec(self, folder: str) -> GitIgnoreSpec | None:
        if folder not in self._specs:
            self._specs[folder] = self._read(folder + "/.gitignore")
        return self._specs[folder]

    def _read(self, path: str) -> GitIgnoreSpec | None:
        try:
            lines = self._tree.read(path).decode("utf-8", "surrogateescape").splitlines()
            return GitIgnoreSpec.from_lines(lines)
        except (ReadFailure, ValueError):
            return None
