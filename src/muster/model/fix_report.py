"""What `muster fix` says (`muster.fixes/1`): each round of fixes, what was chosen, and what they do together."""

from __future__ import annotations

from typing import Literal

import msgspec

from muster.model.report import CauseReport, Verdict

FIXES_SCHEMA_NAME = "muster.fixes/1"


class ChosenFix(msgspec.Struct, frozen=True, kw_only=True):
    """A fix that is part of the patch: the cause's id in its round, and the fix's id."""

    cause: int
    fix: str
    title: str


class FixRound(msgspec.Struct, frozen=True, kw_only=True):
    """One look at the session: its causes with their fixes tried, and those that were chosen."""

    number: int
    causes: tuple[CauseReport, ...]
    chosen: tuple[ChosenFix, ...]


class FixReport(msgspec.Struct, frozen=True, kw_only=True):
    """Every round, and the patch of all chosen fixes with its own verdict; `confirmed` is that of a real collection.

    `applied` are the files that were written, relative to `root`; `commits` the ids of the commits made. `left` counts the
    causes of severity error that the patch does not put right.
    """

    schema: Literal["muster.fixes/1"]
    muster: str
    root: str
    rounds: tuple[FixRound, ...]
    patch: str
    files: tuple[str, ...]
    verdict: Verdict | None
    confirmed: Verdict | None = None
    left: int = 0
    applied: tuple[str, ...] = ()
    commits: tuple[str, ...] = ()
