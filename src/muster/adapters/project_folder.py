"""`.muster/` of a project: what belongs to this checkout alone. It ignores itself for git."""

from __future__ import annotations

import os

from muster.adapters.atomic import write_atomically

FOLDER = ".muster"


def open_project_folder(root: str) -> str:
    """The folder, made where it is not there. Raises `OSError`, also where it is a symlink: whoever made the tree chose
    where that leads."""
    folder = os.path.join(root, FOLDER)
    if os.path.islink(folder):
        raise OSError(f"{folder} is a symlink: it is not written")
    os.makedirs(folder, exist_ok=True)
    ignore = os.path.join(folder, ".gitignore")
    if not os.path.exists(ignore):
        write_atomically(ignore, b"*\n")
    return folder
