"""`muster accept`: write, list and prune the failures that are accepted for now."""

from __future__ import annotations

from muster.errors import UsageError
from muster.model.acceptance import Accepted
from muster.render.escape import escape_text
from muster.usecases.accept import Terms, accept, parse_terms
from muster.usecases.check import examine_whole, stale_in
from muster.usecases.plan import Plan
from muster.usecases.report import Checked, make_report
from muster.wiring import Choices, open_base_of, open_workspace, project_acceptances, write_acceptances


def run_accept(
    choices: Choices,
    wanted: tuple[str, ...],
    reason: str,
    expires: str,
    *,
    prune: bool,
    confirm: bool,
    base: str | None = None,
) -> int:
    """Accept the causes that are `wanted`, or prune, or list what is accepted; 0."""
    if prune and (wanted or reason or expires):
        raise UsageError("--prune goes alone: it removes what no longer matches any cause")
    if not wanted and not prune:
        if reason or expires:
            raise UsageError("which cause is to be accepted? its number in the report, or its fingerprint")
        return _list(choices)
    with open_workspace(choices) as workspace, open_base_of(workspace, choices, base) as opened:
        plan = workspace.plan
        if prune and not plan.is_whole:
            raise UsageError("--prune checks the whole project: give it no category, path or command")
        terms = None if prune else parse_terms(reason, expires, workspace.clock.now())
        # Whether something still occurs only the whole session can tell.
        confirmed = workspace.confirmation("whole" if prune else "doubtful") if confirm else None
        checked = examine_whole(workspace.ports, workspace.clock, plan, confirmed, opened, workspace.observations)
    if terms is not None:
        return _accept(checked, plan, wanted, terms)
    skipped = {*([] if confirm else ["observed"]), *([] if base is not None else ["compared"])}
    return _prune(checked, plan, skipped)


def _accept(checked: Checked, plan: Plan, wanted: tuple[str, ...], terms: Terms) -> int:
    entries, new = accept(make_report(checked), wanted, terms, plan.standards.accepted)
    path = write_acceptances(plan.root, entries)
    for entry in new:
        print(f"accepted until {entry.expires}: {escape_text(str(entry))}")
    print(f"{escape_text(path)} holds {_entries(len(entries))}; commit it")
    return 0


def _prune(checked: Checked, plan: Plan, skipped: set[str]) -> int:
    stale = stale_in(checked, plan)
    kept = tuple(entry for entry in plan.standards.accepted if entry not in stale)
    if stale:
        write_acceptances(plan.root, kept)
    for entry in stale:
        print(f"removed: {escape_text(str(entry))}, accepted until {entry.expires}: {escape_text(entry.reason)}")
    if unjudged := sum(entry.seen in skipped for entry in kept):
        print(f"{_entries(unjudged)} not judged: only --confirm or --base REF shows whether they still occur")
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
