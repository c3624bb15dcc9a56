"""`muster collect`: standard output holds node ids and nothing else; all remarks go to standard error."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from muster.cli.recording import record_listing
from muster.cli.reports import known_format, write_text
from muster.model.report import NodeIds
from muster.render.escape import escape_text, has_control
from muster.render.json import render_json
from muster.render.quantity import render_quantity
from muster.usecases.collect import Listing, collect
from muster.usecases.simulate import Simulation
from muster.wiring import Choices, open_workspace

_SHOWN = 20


def run_collect(choices: Choices, format_: str, output: str) -> int:
    """List the node ids and return the exit code: 1 where files are missing from the list, 5 where it is empty."""
    known_format(format_)
    path = "" if output == "-" else output
    simulations: list[Simulation] = []
    with open_workspace(choices) as workspace:
        begun = workspace.clock.monotonic()
        listing = collect(workspace.ports, workspace.plan, simulations.append)
        simulated_s = workspace.clock.monotonic() - begun
    if format_ == "json":
        write_text(render_json(_node_ids(listing)), path)
    else:
        _write_plain(listing, path)
    _remark(listing)
    record_listing(workspace, choices, simulations[0], listing.exit_code, simulated_s)
    return listing.exit_code


def _node_ids(listing: Listing) -> NodeIds:
    return NodeIds(schema="muster.nodeids/1", nodeids=listing.nodeids, unexpanded=listing.unexpanded)


def _write_plain(listing: Listing, path: str) -> None:
    """One id a line. An id that cannot stand on a line is named on standard error instead."""
    plain = [nodeid for nodeid in listing.nodeids if not has_control(nodeid)]
    is_shown = not path and sys.stdout.isatty()
    write_text("".join(f"{escape_text(nodeid) if is_shown else nodeid}\n" for nodeid in plain), path)
    _say("cannot be written on a line of their own", [nodeid for nodeid in listing.nodeids if has_control(nodeid)])


def _remark(listing: Listing) -> None:
    _say("stand for all their parameters, which are not known without running code", listing.unexpanded)
    _say("cannot be collected (muster check says why)", listing.missing)
    _say("are undecided", listing.undecided)


def _say(what: str, names: Sequence[str]) -> None:
    if not names:
        return
    print(f"muster: {render_quantity(len(names), 'line')} {what}:", file=sys.stderr)
    for name in names[:_SHOWN]:
        print(f"  {escape_text(name)}", file=sys.stderr)
    if len(names) > _SHOWN:
        print(f"  and {len(names) - _SHOWN} more", file=sys.stderr)
