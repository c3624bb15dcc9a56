"""`.muster/alerts-owed` of a project: whether something could not be told, for a check that has no time to open the memory."""

from __future__ import annotations

import contextlib
import os

from muster.adapters.project_folder import FOLDER, open_project_folder

_NAME = "alerts-owed"


def has_alert_note(root: str) -> bool:
    """Whether it is there. What it says is not looked at: a tree may bring one along."""
    return os.path.lexists(os.path.join(root, FOLDER, _NAME))


def set_alert_note(root: str, *, is_wanted: bool) -> None:
    """Leave it, or take it away; where that is not possible, nothing is lost but a hint."""
    path = os.path.join(root, FOLDER, _NAME)
    with contextlib.suppress(OSError):
        if is_wanted:
            open_project_folder(root)
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
        elif os.path.lexists(path):
            os.unlink(path)
