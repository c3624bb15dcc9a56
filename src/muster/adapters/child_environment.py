"""The variables that a program inherits which runs in an examined folder."""

from __future__ import annotations

import os


def inherited_environment() -> dict[str, str]:
    """The caller's variables, `PATH` without its relative entries: "." would find a program of the examined folder."""
    absolute = (entry for entry in os.get_exec_path() if os.path.isabs(entry))
    return {**os.environ, "PATH": os.pathsep.join(absolute)}
