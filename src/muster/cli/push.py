"""`muster push`: what is recorded here goes to a team's server."""

from __future__ import annotations

import sys
from functools import partial
from typing import Annotated

import typer

from muster.cli.options import Root, Thunk


def push(
    url: Annotated[
        str,
        typer.Argument(
            metavar="[URL]", help="The server, https://HOST; by default MUSTER_PUSH_URL.", show_default=False
        ),
    ] = "",
    token: Annotated[
        str, typer.Option("--token", metavar="TOKEN", help="A token that may write; MUSTER_PUSH_TOKEN hides it better.")
    ] = "",
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Send the token without encryption to a host that is not this one.")
    ] = False,
    root: Root = "",
) -> Thunk:
    """Send what is recorded to a team's server.

    Everything that it has not confirmed yet, each record once. Ends with 1 where the server did not take all of it, and
    says so: what it did not take is sent again by the next push.
    """
    return partial(run_push, url, token, root, insecure=insecure)


def run_push(url: str, token: str, root: str, *, insecure: bool) -> int:
    """Send the records and return the exit code: 0 the server has them all, 1 it does not."""
    from muster.errors import UsageError
    from muster.render.escape import escape_text
    from muster.render.quantity import render_quantity
    from muster.usecases.push import push
    from muster.wiring import find_settings
    from muster.wiring.memory import open_current_history, push_target, team_server
    from muster.wiring.server import current_time

    if not (url and token):
        said = push_target()
        url, token = url or said.url, token or said.token
    if not url:
        raise UsageError("where to? muster push URL, or MUSTER_PUSH_URL")
    if not token:
        raise UsageError("a server takes records with a token only: --token, or MUSTER_PUSH_TOKEN")
    server = team_server(url, token, insecure=insecure)
    folder, settings = find_settings(root)
    with open_current_history(folder, settings) as store:
        delivery = push(store, server, current_time)
    took = [f"{render_quantity(delivery.accepted, 'record')} taken"] if delivery.accepted else []
    took += [f"{render_quantity(delivery.known, 'record')} there already"] if delivery.known else []
    if took or delivery.is_complete:
        print(f"{escape_text(server.name)}: {', '.join(took) or 'nothing to send'}")
    for refusal in delivery.refused:
        _complain(f"the server refused {refusal.id}: {refusal.reason}")
    if delivery.failure:
        _complain(f"NOT pushed: {render_quantity(delivery.waiting, 'record')}. {delivery.failure}")
    return 0 if delivery.is_complete else 1


def _complain(text: str) -> None:
    from muster.render.escape import escape_text

    print(f"muster: {escape_text(text)}", file=sys.stderr)
