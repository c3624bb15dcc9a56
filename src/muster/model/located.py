"""What `muster locate` tells of one module or name (`muster.locate/1`). Paths are relative to the root, as in the Report."""

from __future__ import annotations

from typing import Literal

import msgspec

from muster.model.report import CandidateReport, EvidenceItem

LOCATE_SCHEMA_NAME = "muster.locate/1"


class FoundAt(msgspec.Struct, frozen=True, kw_only=True):
    """Where it is today; `kind` says what (`module`, `package`, `namespace package`, `class`, `function`, `value`, `import`, ...)."""

    path: str
    line: int
    kind: str


class Move(msgspec.Struct, frozen=True, kw_only=True, rename={"before": "from", "after": "to"}):
    """What one commit did to it: `what` is `renamed`, `moved`, `deleted` or `removed`; `after` is "" where it is gone then."""

    what: str
    before: str
    after: str
    commit: str
    author: str
    date: str
    subject: str


class Importing(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which files import it: the statement, how many files have it, and the first of them."""

    statement: str
    files: int
    path: str
    line: int


class Located(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of it. `code` and `message` are those of the cause that an import of it would have, "" where it is found."""

    schema: Literal["muster.locate/1"]
    muster: str
    root: str
    module: str
    name: str
    found: bool
    places: tuple[FoundAt, ...]
    moves: tuple[Move, ...]
    code: str
    message: str
    evidence: tuple[EvidenceItem, ...]
    candidates: tuple[CandidateReport, ...]
    importers: tuple[Importing, ...]
    notes: tuple[str, ...]
