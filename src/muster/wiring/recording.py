"""What a command leaves for the memory: a record in the project's spool, whatever happens without a word to its exit code."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from muster.adapters.git_head import read_head
from muster.adapters.record_spool import RecordSpool
from muster.model.memory import HistoryRecord
from muster.settings import Settings
from muster.usecases.ci_job import find_ci_job
from muster.usecases.remember import Provenance
from muster.usecases.wire import encode_record
from muster.wiring import Choices, Workspace
from muster.wiring.memory import has_history_extra, open_history, project_name, take_in_waiting
from muster.wiring.telling import start_telling

MOST_WAITING = 200
"""Where so many wait a command takes them into the memory itself, which costs it some seconds, and tries again once there are
as many more."""

_OFF = ("off", "0", "no", "false")


@dataclass(frozen=True, slots=True)
class Recorder:
    """Records what one command of a project did: all of some categories, or a part of them."""

    root: str
    settings: Settings
    now: str
    categories: tuple[str, ...] = ()
    whole: bool = True

    def keep(self, make: Callable[[Provenance], HistoryRecord]) -> str:
        """Keep the record that `make` makes; returns why that was not possible, else ""."""
        try:
            record = make(
                provenance_of(self.root, self.settings, self.now, categories=self.categories, whole=self.whole)
            )
            spool = RecordSpool(self.root)
            waiting = spool.keep(f"{record.recorded_at.replace(':', '')}-{record.id}", encode_record(record))
            if waiting % MOST_WAITING == 0 and has_history_extra():
                with open_history(self.root) as store:
                    take_in_waiting(self.root, store)
        except Exception as error:  # the command has done its work: whatever goes wrong here is told and no more
            return f"{type(error).__name__}: {error}"
        start_telling(self.root)
        return ""


def recorder_of(workspace: Workspace, choices: Choices, *, whole: bool | None = None) -> Recorder | None:
    """What records the session of `workspace`; None where it is not wanted. `whole` says so where `choices` do not."""
    if not choices.record or not is_recording_wanted(workspace.settings, os.environ):
        return None
    return Recorder(
        root=workspace.plan.root,
        settings=workspace.settings,
        now=workspace.clock.now(),
        categories=workspace.plan.categories,
        whole=_is_whole(choices, workspace.settings) if whole is None else whole,
    )


def is_recording_wanted(settings: Settings, environ: Mapping[str, str]) -> bool:
    """Whether anything is to be remembered: the user's word goes before the project's, and that before what is installed."""
    said = environ.get("MUSTER_HISTORY", "").lower()
    if said:
        return said not in _OFF
    return has_history_extra() if settings.history.record is None else settings.history.record


def provenance_of(
    root: str, settings: Settings, now: str, *, categories: tuple[str, ...] = (), whole: bool = True
) -> Provenance:
    """Where a record of the project at `root` comes from."""
    commit, branch = read_head(root)
    job = find_ci_job(os.environ)
    return Provenance(
        id=_new_id(),
        recorded_at=now,
        project=project_name(root, settings),
        commit=commit,
        branch=branch or job.branch,
        job=job.name,
        job_url=job.url,
        categories=categories,
        whole=whole,
        alerts=settings.alerts,
    )


def _new_id() -> str:
    """A UUID of version 7 (RFC 9562, 5.7): records of one second are in order by their ids."""
    milliseconds = time.time_ns() // 1_000_000 & (1 << 48) - 1
    bits = milliseconds << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return str(UUID(int=bits))


def complain(reason: str) -> None:
    """Say on standard error that nothing was recorded, where there is a reason."""
    if reason:
        from muster.render.escape import escape_text

        print(f"muster: this is not recorded in the history: {escape_text(reason)}", file=sys.stderr)


def _is_whole(choices: Choices, settings: Settings) -> bool:
    """Whether it was all of a category, or of what the team's command collects."""
    is_team_s = not choices.invocation or not settings.invocation or choices.invocation == settings.invocation
    return not choices.paths and not choices.options and is_team_s
