"""Simulated sessions, kept from run to run: one holds as long as everything that it asked for is answered the same.

What it depends on is the command, the environment and the resolved configuration (its key), the variables that it looked at,
the content of every file whose facts it met, and every other answer of the tree. Where any of it differs the session is
simulated anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b

import msgspec

from muster.collection.encoding import Groups, decode_collection, encode_collection
from muster.facts.store import FactStore
from muster.model.collection import Collection
from muster.model.environment import Environment
from muster.model.invocation import Invocation
from muster.ports import FactCache, FileTree
from muster.trees.recorded import Answers

_KIND = "session"


class Looks(msgspec.Struct, frozen=True, array_like=True):
    """What a session looked at beside the tree: variables, and all of them (else empty) where somebody went through them.

    Both as digests: values may be secrets, which are not for us to write down.
    """

    variables: dict[str, bytes]
    all_variables: bytes = b""

    def hold(self, environ: Mapping[str, str]) -> bool:
        """Whether they are the same today."""
        return self == looks_at(environ, self.variables, whole=bool(self.all_variables))


def looks_at(environ: Mapping[str, str], names: Iterable[str], *, whole: bool) -> Looks:
    """The variables `names` as they are in `environ`, with all others where they were seen `whole`."""
    variables = {name: _digest(name, environ[name]) if name in environ else b"" for name in names}
    return Looks(variables, _digest(*(f"{name}={environ[name]}" for name in sorted(environ))) if whole else b"")


def _digest(*texts: str) -> bytes:
    return blake2b("\0".join(texts).encode("utf-8", "surrogateescape"), digest_size=20).digest()


class _Session(msgspec.Struct, frozen=True, array_like=True):
    """What a session told, and what it rests on: the answers of the tree, variables, and the content keys of files.

    `entered` are the files of which it ran functions: of all others only what stands at module level counts.
    """

    answers: Answers
    looks: Looks
    contents: dict[str, str]
    entered: frozenset[str]
    collection: bytes


def session_key(edition: str, environment: Environment, invocation: Invocation, *, grouped: bool) -> str:
    """The key of a session, "" for one that cannot be kept: `edition` tells one Muster from another, "" keeps nothing."""
    if not edition:
        return ""
    asked = (environment.fingerprint, environment.executable, environment.why, environment.asked, environment.problems)
    try:
        told = msgspec.msgpack.encode((edition, asked, invocation, grouped))
    except UnicodeEncodeError:
        return ""
    return blake2b(told, digest_size=20).hexdigest()


def recall_session(
    cache: FactCache, key: str, tree: FileTree, environ: Mapping[str, str], store: FactStore
) -> tuple[Collection, Groups] | None:
    """The session kept under `key`, if all that it rests on is as it was."""
    record = cache.load(_KIND, key) if key else None
    if record is None:
        return None
    try:
        session = msgspec.msgpack.decode(record, type=_Session)
        if (
            session.looks.hold(environ)
            and session.answers.hold(tree)
            and store.holds(session.contents, session.entered)
        ):
            return decode_collection(session.collection)
    except (msgspec.DecodeError, RecursionError):
        pass
    return None


def keep_session(
    cache: FactCache, key: str, rests_on: tuple[Answers, Looks], store: FactStore, told: tuple[Collection, Groups]
) -> None:
    """Keep what a session told under `key`, unless something kept it from being judged whole."""
    contents = store.content_keys()
    if not key or contents is None or any(problem.code in ("M001", "M002") for problem in told[0].problems):
        return
    try:
        session = _Session(*rests_on, contents, frozenset(store.entered()), encode_collection(*told))
        cache.store(_KIND, key, msgspec.msgpack.encode(session))
    except UnicodeEncodeError:
        return  # a name that is no text
