"""One pass over the mentions of many files for many words at once: who defines one, and which lines import one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from muster.facts.mentions import Mentions, imported_names, read_mentions
from muster.index.sightings import ImportLine
from muster.index.spelling import resolve_relative
from muster.ports import FileTree, ReadFailure

MentionsOf = Callable[[Iterable[str]], Iterable[tuple[str, Mentions]]]
"""The mentions of those files that can be read, in the order given."""


@dataclass(slots=True)
class Hits:
    """What one search found, by word; paths and lines in the order searched."""

    definers: dict[str, list[str]] = field(default_factory=dict)
    imports: dict[str, list[ImportLine]] = field(default_factory=dict)


def read_each(tree: FileTree) -> MentionsOf:
    """The mentions of files that nobody keeps any of."""

    def mentions(paths: Iterable[str]) -> Iterator[tuple[str, Mentions]]:
        for path in paths:
            try:
                yield path, read_mentions(tree.read(path))
            except ReadFailure:
                continue

    return mentions


def search_words(mentions: MentionsOf, paths: Iterable[str], words: Iterable[str], roots: Sequence[str]) -> Hits:
    """Which of `paths` seem to define one of `words`, and which import one; unreadable files are passed over."""
    names = {word.encode("utf-8", "surrogatepass"): word for word in sorted(words)}
    hits = Hits()
    if not names:
        return hits
    wanted = frozenset(names)
    for path, found in mentions(paths):
        for word in sorted(wanted.intersection(found.defined.split(b" "))):
            hits.definers.setdefault(names[word], []).append(path)
        for word in sorted(wanted.intersection(found.imported.split(b" "))):
            _note_imports(hits, path, found, word, names[word], roots)
    return hits


def _note_imports(hits: Hits, path: str, found: Mentions, word: bytes, name: str, roots: Sequence[str]) -> None:
    for each in imported_names(found, word):
        module = resolve_relative(each.module, each.level, path, roots)
        if name in (each.name, module.rpartition(".")[2]):
            hits.imports.setdefault(name, []).append(ImportLine(path, each.line, module, each.name))
