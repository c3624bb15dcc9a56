"""One state of the project's sources, taken apart file by file when it is asked for."""

from __future__ import annotations

from collections.abc import Callable

from muster.facts.blocks import Block, read_blocks
from muster.ports import FileTree, ReadFailure

ReadBlocks = Callable[[str], "tuple[Block, ...] | None"]
ReadSource = Callable[[str], "bytes | None"]


class Version:
    """The blocks of files by their absolute paths; `read` answers None where there is no such file, and `source` also where
    the text is not known."""

    def __init__(self, read: ReadBlocks, source: ReadSource = lambda path: None) -> None:
        self._read = read
        self.source = source
        self._files: dict[str, tuple[Block, ...] | None] = {}
        self._by_names: dict[str, dict[tuple[str, ...], list[Block]]] = {}

    @classmethod
    def of_tree(cls, tree: FileTree) -> Version:
        """The files of `tree`."""

        def source(path: str) -> bytes | None:
            try:
                return tree.read(path)
            except ReadFailure:
                return None

        def read(path: str) -> tuple[Block, ...] | None:
            text = source(path)
            return text if text is None else read_blocks(text) if path.endswith(".py") else ()

        return cls(read, source)

    def has(self, path: str) -> bool:
        """Whether the file is there."""
        self.blocks(path)
        return self._files[path] is not None

    def blocks(self, path: str) -> tuple[Block, ...]:
        """The blocks of the file, none where it is not there."""
        if path not in self._files:
            self._files[path] = self._read(path)
        return self._files[path] or ()

    def outline(self, path: str) -> list[tuple[tuple[str, ...], int, str]]:
        """The names, line and digest of each of its blocks."""
        return [(block.names, block.line, block.digest) for block in self.blocks(path)]

    def named(self, path: str, names: tuple[str, ...]) -> list[Block]:
        """The blocks of the file that bear `names`, in the order of lines: the last one is what a reader of the module
        finds, unless another runs later."""
        index = self._by_names.get(path)
        if index is None:
            index = self._by_names[path] = {}
            for block in self.blocks(path):
                index.setdefault(block.names, []).append(block)
        return index.get(names, [])

    def at(self, path: str, line: int) -> Block | None:
        """The function whose `def`, or whose first decorator, stands at `line`."""
        for block in self.blocks(path):
            if block.kind == "function" and block.line - len(block.decorators) <= line <= block.line:
                return block
        return None
