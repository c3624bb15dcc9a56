"""A recorded baseline (`muster.baseline/1`): the tests of a project, and what is needed to judge later what became of them."""

from __future__ import annotations

from typing import Literal

import msgspec


class RecordedTest(msgspec.Struct, frozen=True, array_like=True):
    """A test: its node id, the file that defines it below the root, the line there, and whether its parameters are known."""

    nodeid: str
    path: str
    line: int
    expanded: bool


class RecordedBlock(msgspec.Struct, frozen=True, array_like=True):
    """A class, function or value as `muster.facts.blocks` tells it, without its text."""

    names: tuple[str, ...]
    kind: str
    line: int
    digest: str
    bases: tuple[str, ...]
    decorators: tuple[str, ...]
    within: tuple[str, ...]
    reads: tuple[str, ...]


class BaselineRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What `muster baseline record` writes; paths are relative to the root. `blocked` are files that could not be collected."""

    schema: Literal["muster.baseline/1"]
    muster: str
    recorded_at: str
    command: str
    rootdir: str
    tests: tuple[RecordedTest, ...]
    blocked: tuple[str, ...]
    files: dict[str, tuple[RecordedBlock, ...]]
