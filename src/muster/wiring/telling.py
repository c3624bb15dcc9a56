"""What a command does for alerts once it has recorded something: it starts what tells them, and waits for nothing."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

from muster.adapters.alert_note import has_alert_note
from muster.adapters.disk_tree import DiskTree
from muster.settings import load_alert_targets
from muster.wiring.memory import has_history_extra


def start_telling(root: str) -> None:
    """Judge and tell the project at `root` in a process of its own. Where the user has no targets nothing happens.

    What stands in the way is said on standard error, in a line.
    """
    try:
        if not load_alert_targets(DiskTree(), os.environ) or not has_history_extra():
            return
        if find_spec("apprise") is None:
            _say("alerts are not sent: they need Apprise: pip install 'pytest-muster[alerts]'")
            return
        if has_alert_note(root):
            _say("alerts could not be sent the last time, and are tried again now; `muster alerts` says why")
        from muster.adapters.background import start_detached

        start_detached(["alerts", "send", "--root", os.path.abspath(root)])
    except Exception as error:  # the command has done its work: whatever goes wrong here is told and no more
        _say(f"alerts are not sent: {error}")


def _say(text: str) -> None:
    from muster.render.escape import escape_text

    print(f"muster: {escape_text(text)}", file=sys.stderr)
