"""Commands of alerts: what is wrong, whether targets can be reached, and telling them.

Each function is a command's grammar; what it does is imported once it is asked for.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from muster.cli.options import Root, Thunk
from muster.errors import UsageError

Format = Annotated[str, typer.Option("--format", metavar="FORMAT", help="text or json.")]


def alerts(context: typer.Context, format: Format = "text", root: Root = "") -> Thunk | None:
    """What is wrong by the rules of [tool.muster.alerts], and who knows of it.

    Tells nobody: that happens behind each recorded check, behind each push to a server, and by `muster alerts send`.
    """
    if context.invoked_subcommand is not None:
        if root or format != "text":
            raise UsageError(f"options go behind '{context.invoked_subcommand}'")
        return None
    from muster.cli.alerts import run_alerts

    return partial(run_alerts, root, format)


def alerts_test(format: Format = "text", root: Root = "") -> Thunk:
    """Send a test message to each of your targets, and say what came of each.

    Targets are MUSTER_ALERT_TARGETS, urls of Apprise with blanks between them, or [alerts.targets] of your own config.toml.
    """
    from muster.cli.alerts import run_alerts_test

    return partial(run_alerts_test, root, format)


def alerts_send(format: Format = "text", root: Root = "") -> Thunk:
    """Tell your targets now what is new, and wait for it.

    A check does this behind your back. A CI job that ends at once, with all its processes, calls it as its last step.
    """
    from muster.cli.alerts import run_alerts_send

    return partial(run_alerts_send, root, format)
