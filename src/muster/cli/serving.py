"""Commands of a server: the dashboard, and who may read and push.

Each function is a command's grammar; what it does is imported once it is asked for.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Optional

import typer

from muster.cli.options import Root, Thunk

TokenName = Annotated[str, typer.Argument(metavar="NAME", help="What the token is called.")]


def serve(
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="N", help="0 takes any that is free.")] = 8750,
    name: Annotated[
        Optional[list[str]],  # noqa: UP045  # because typer reads the annotation at run time
        typer.Option("--name", metavar="HOST", help="A host name under which it is reached; repeatable."),
    ] = None,
    https: Annotated[bool, typer.Option("--https", help="Browsers reach it by HTTPS, through a proxy.")] = False,
    max_body: Annotated[int, typer.Option("--max-body", metavar="MIB", help="The largest push.")] = 16,
    root: Root = "",
) -> Thunk:
    """The dashboard of the history, /metrics for Prometheus, and the door of `muster push`.

    Reachable from this machine only, unless --host says otherwise: then everything but /healthz takes a token.
    """
    from muster.cli.serve import run_serve

    return partial(run_serve, root, host, port, tuple(name or ()), max_body, https=https)


def token_add(
    name: TokenName,
    write: Annotated[bool, typer.Option("--write", help="It may push, too.")] = False,
    root: Root = "",
) -> Thunk:
    """Make a token, and print it once."""
    from muster.cli.token import add_token

    return partial(add_token, root, name, write=write)


def token_list(root: Root = "") -> Thunk:
    """The tokens by name."""
    from muster.cli.token import list_tokens

    return partial(list_tokens, root)


def token_revoke(name: TokenName, root: Root = "") -> Thunk:
    """Withdraw a token."""
    from muster.cli.token import remove_token

    return partial(remove_token, root, name)
