"""`muster accept`: write, list and prune the failures that are accepted for now."""

from __future__ import annotations

from muster.errors import UsageError
from muster.model.acceptance import Accepted
from muster.render.escape import escape_text
from muster.usecases.accept import accept
from muster.usecases.acceptance import stale_acceptances
from muster.usecases.check import examine_whole
from muster.usecases.report import make_report
from muster.wiring import Choices, open_workspace, project_acceptances, write_acceptances


def run_accept(
    choices: Choices, wanted: tuple[str, ...], reason: str, expires: str, *, prune: bool, confirm: bool
) -> int:
    """Accept the causes that are `wanted`, or prune, or list what is accepted; 0."""
    if prune and (wanted or reason or expires):
        raise UsageError("--prune goes alone: it removes what no longer matches any cause")
    if not wanted and not prune:
        if reason or expires:
            raise UsageError("which cause is to be accepted? its number in the report, or its fingerprint")
        return _list(choices)
    return _prune(choices, confirm=confirm) if prune else _accept(choices, wanted, reason, expires, confirm=confirm)


def _accept(choices: Choices, wanted: tuple[str, ...], reason: str, expires: str, *, confirm: bool) -> int:
    with open_workspace(choices) as workspace:
        observed = workspace.observed if confirm else None
        report = make_report(examine_whole(workspace.ports, workspace.clock, workspace.plan, observed))
        known = workspace.plan.standards.accepted
        entries, new = accept(report, wanted, reason, expires, known)
        path = write_acceptances(workspace.plan.root, entries)
    for entry in new:
        print(f"accepted until {entry.expires}: {escape_text(str(entry))}")
    print(f"{escape_text(path)} holds {_entries(len(entries))}; commit it")
    return 0


def _prune(choices: Choices, *, confirm: bool) -> int:
    with open_workspace(choices) as workspace:
        plan = workspace.plan
        if not plan.is_whole:
            raise UsageError("--prune checks the whole project: give it no category, path or command")
        observed = workspace.observed if confirm else None
        checked = examine_whole(workspace.ports, workspace.clock, plan, observed)
        stale = stale_acceptances(checked.causes, plan.standards.accepted, checked.root, was_run=confirm)
        kept = tuple(entry for entry in plan.standards.accepted if entry not in stale)
        if stale:
            write_acceptances(plan.root, kept)
    for entry in stale:
        print(f"removed: {escape_text(str(entry))}, accepted until {entry.expires}: {escape_text(entry.reason)}")
    left = sum(entry.seen == "observed" for entry in kept)
    if left and not confirm:
        print(f"{_entries(left)} seen only in a real run: --prune --confirm judges them too")
    print(f"{_entries(len(stale))} removed, {len(kept)} kept")
    return 0


def _list(choices: Choices) -> int:
    entries, today = project_acceptances(choices.root)
    for entry in entries:
        print(_line(entry, today))
    print(f"{_entries(len(entries))} accepted")
    return 0


def _line(entry: Accepted, today: str) -> str:
    until = f"expired on {entry.expires}" if entry.has_expired(today) else f"until {entry.expires}"
    place = f" ({escape_text(entry.place)})" if entry.place else ""
    return f"{entry.fingerprint}  {until}  {escape_text(str(entry))}{place}: {escape_text(entry.reason)}"


def _entries(number: int) -> str:
    return "1 failure" if number == 1 else f"{number} failures"
