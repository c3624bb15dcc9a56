"""Facts of files by path: read once a session, parsed once per content.

The key of a record is the content and the file's base name (which stands in the parser's messages), the target Python and
the format. A stamp of the file system only spares reading again what cannot have changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from posixpath import basename

import msgspec

from muster.facts.mentions import MENTIONS_FORMAT, Mentions, decode_mentions, encode_mentions, read_mentions
from muster.facts.module_facts import (
    FORMAT,
    FunctionBody,
    ModuleFacts,
    SyntaxProblem,
    decode_bodies,
    decode_facts,
)
from muster.model.collection import Problem
from muster.model.location import Location
from muster.ports import FactCache, FileTree, Parser, ReadFailure

MOST_COMPARED = 50
"""Files of another content that are compared by what they say: beyond that many it is simpler to simulate anew."""

_BATCH = 2000
_MENTIONS = f"mentions-{MENTIONS_FORMAT}"


class FactStore:
    """The facts of every file that is asked for. `problems` are the files that could not be read.

    Most files lie below `root` or one of the `others`: what the cache knows of those is fetched at once.
    """

    def __init__(
        self,
        tree: FileTree,
        cache: FactCache,
        parser: Parser,
        target: tuple[int, int],
        root: str,
        others: Sequence[str] = (),
    ) -> None:
        self._tree = tree
        self._cache = cache
        self._parser = parser
        self._suffix = f"{target[0]}.{target[1]}.{FORMAT}".encode()
        self._facts: dict[str, ModuleFacts] = {}
        self._bodies: dict[str, dict[int, FunctionBody]] = {}
        self._keys: dict[str, str] = {}
        self._roots = (root, *others)
        self._stamped: dict[str, tuple[str, str]] | None = None
        self.problems: list[Problem] = []

    def facts(self, path: str) -> ModuleFacts:
        """What `path` says at module level; a file that cannot be read gives facts with that problem."""
        found = self._facts.get(path)
        if found is None:
            found = self._facts[path] = self._load(path)
        return found

    def body(self, path: str, line: int) -> FunctionBody | None:
        """The body of the function whose `def` stands at `line` of `path`."""
        bodies = self._bodies.get(path)
        if bodies is None:
            bodies = self._bodies[path] = self._load_bodies(path)
        return bodies.get(line)

    def content_key(self, path: str) -> str | None:
        """The key of the file's content, None where it cannot be read."""
        key = self._keys.get(path)
        if key is None:
            key = self._known_key(path) or self._read_key(path)[0]
            if key is not None:
                self._keys[path] = key
        return key

    def content_keys(self) -> dict[str, str] | None:
        """The key of every file whose facts were asked for so far; None where any of them could not be judged."""
        if self.problems or any(facts.undecided for facts in self._facts.values()):
            return None
        return dict(self._keys)

    def entered(self) -> list[str]:
        """The files whose function bodies were asked for so far."""
        return list(self._bodies)

    def holds(self, keys: Mapping[str, str], entered: Collection[str]) -> bool:
        """Whether each of these files still says what the content of that key said.

        Where another content says the same at module level, what its functions do matters for those `entered` only.
        """
        today = {path: self._key_today(path) for path in keys}
        changed = [path for path, key in keys.items() if today[path] != key]
        if None in today.values() or len(changed) > MOST_COMPARED:
            return False
        return all(self._says_the_same(path, keys[path], bodies=path in entered) for path in changed)

    def _says_the_same(self, path: str, key: str, *, bodies: bool) -> bool:
        before = self._cache.load("facts", key)
        if before is None or _decoded(before) != self.facts(path):
            return False
        old_bodies = self._cache.load("bodies", key) if bodies else None
        return not bodies or (old_bodies is not None and _decoded_bodies(old_bodies) == self._load_bodies(path))

    def _key_today(self, path: str) -> str | None:
        known = self._known_key(path)
        if known is not None:
            return known
        stamp = self._tree.stamp(path)
        try:
            return self._remembered_key(path, stamp, self._tree.read(path))
        except ReadFailure:
            return None

    def mentions(self, paths: Iterable[str]) -> Iterator[tuple[str, Mentions]]:
        """What each of those `paths` that can be read mentions, in their order; only what is not known yet is read."""
        pending = list(paths)
        for start in range(0, len(pending), _BATCH):
            yield from self._mentions_batch(pending[start : start + _BATCH])

    def prefetch(self, paths: Iterable[str]) -> None:
        """Load many files at once: records by the batch from the cache, the rest parsed by the batch."""
        pending = [path for path in dict.fromkeys(paths) if path not in self._facts]
        for start in range(0, len(pending), _BATCH):
            self._prefetch_batch(pending[start : start + _BATCH])

    def _mentions_batch(self, paths: list[str]) -> Iterator[tuple[str, Mentions]]:
        keys = {path: key for path in paths if (key := self._known_key(path)) is not None}
        records = self._cache.load_many(_MENTIONS, list(keys.values()))
        for path in paths:
            record = records.get(keys.get(path, ""))
            found = None if record is None else _decoded_mentions(record)
            if found is None:
                found = self._read_mentions(path)
            if found is not None:
                yield path, found

    def _read_mentions(self, path: str) -> Mentions | None:
        stamp = self._tree.stamp(path)
        try:
            source = self._tree.read(path)
        except ReadFailure:
            return None
        found = read_mentions(source)
        self._cache.store(_MENTIONS, self._remembered_key(path, stamp, source), encode_mentions(found))
        return found

    def _prefetch_batch(self, paths: list[str]) -> None:
        keys = {path: key for path in paths if (key := self._known_key(path)) is not None}
        records = self._cache.load_many("facts", list(keys.values()))
        missing: list[tuple[str, str, bytes]] = []
        for path in paths:
            record = records.get(keys.get(path, ""))
            if record is not None and (facts := _decoded(record)) is not None:
                self._keys[path] = keys[path]
                self._facts[path] = facts
                continue
            key, source = self._read_key(path)
            if key is not None and source is not None:
                missing.append((path, key, source))
        self._parse_missing(missing)

    def _parse_missing(self, missing: list[tuple[str, str, bytes]]) -> None:
        stored = self._cache.load_many("facts", [key for _, key, _ in missing])
        to_parse: list[tuple[str, str, bytes]] = []
        for path, key, source in missing:
            self._keys[path] = key
            facts = _decoded(stored[key]) if key in stored else None
            if facts is not None:
                self._facts[path] = facts
            else:
                to_parse.append((path, key, source))
        records = self._parser.parse_many([(path, source) for path, _, source in to_parse]) if to_parse else []
        for (path, key, _), record in zip(to_parse, records, strict=True):
            self._facts[path] = facts = decode_facts(record)
            self._keep(key, facts, record)

    def _load(self, path: str) -> ModuleFacts:
        key = self._known_key(path)
        record = self._cache.load("facts", key) if key is not None else None
        facts = None if record is None else _decoded(record)
        if facts is None:
            key, source = self._read_key(path)
            if key is None or source is None:
                return _unreadable(path, self.problems[-1].message)
            record = self._cache.load("facts", key)
            facts = None if record is None else _decoded(record)
            if facts is None:
                record = self._parser.parse(path, source)
                facts = decode_facts(record)
                self._keep(key, facts, record)
        if key is not None:
            self._keys[path] = key
        return facts

    def _keep(self, key: str, facts: ModuleFacts, record: bytes) -> None:
        # What is undecided today (a slow machine, an interpreter that may not be started) may be decided tomorrow.
        if not facts.undecided:
            self._cache.store("facts", key, record)

    def _load_bodies(self, path: str) -> dict[int, FunctionBody]:
        key = self.content_key(path)
        record = self._cache.load("bodies", key) if key is not None else None
        if record is None:
            try:
                source = self._tree.read(path)
            except ReadFailure:
                return {}
            record = self._parser.parse_bodies(path, source)
            if key is not None:
                self._cache.store("bodies", key, record)
        return _decoded_bodies(record)

    def _known_key(self, path: str) -> str | None:
        """The content key as remembered for the stamp that the file has now."""
        if path in self._keys:
            return self._keys[path]
        if self._stamped is None:
            self._stamped = {}
            for root in self._roots:
                self._stamped.update(self._cache.content_keys(root))
        remembered = self._stamped.get(path)
        if remembered is None or self._tree.stamp(path) != remembered[0]:
            return None
        return remembered[1]

    def _read_key(self, path: str) -> tuple[str | None, bytes | None]:
        stamp = self._tree.stamp(path)
        try:
            source = self._tree.read(path)
        except ReadFailure as failure:
            self.problems.append(Problem("M001", Location(path), str(failure)))
            return None, None
        return self._remembered_key(path, stamp, source), source

    def _remembered_key(self, path: str, stamp: str | None, source: bytes) -> str:
        key = self._key_of(path, source)
        if stamp is not None:
            self._cache.remember(path, stamp, key)
        return key

    def _key_of(self, path: str, source: bytes) -> str:
        digest = blake2b(source, digest_size=20)
        digest.update(b"\0" + basename(path).encode("utf-8", "surrogateescape") + b"\0" + self._suffix)
        return digest.hexdigest()


def _decoded(record: bytes) -> ModuleFacts | None:
    try:
        return decode_facts(record)
    except msgspec.DecodeError:
        return None


def _decoded_bodies(record: bytes) -> dict[int, FunctionBody]:
    try:
        return decode_bodies(record).by_line
    except msgspec.DecodeError:
        return {}


def _decoded_mentions(record: bytes) -> Mentions | None:
    try:
        return decode_mentions(record)
    except msgspec.DecodeError:
        return None


def _unreadable(path: str, reason: str) -> ModuleFacts:
    return ModuleFacts([], SyntaxProblem("OSError", reason), undecided=f"{basename(path)} cannot be read: {reason}")
