"""Another command of Muster in a process of its own, that nobody waits for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

LIMIT_S = 180
"""Its own alarm ends it then, whatever it hangs in."""

_CHILD = """
import signal, sys
signal.alarm({limit})
sys.path[:] = {paths!r}
sys.argv = {words!r}
from muster.cli.main import main
main()
"""


def start_detached(words: Sequence[str]) -> None:
    """Start `muster WORDS`, out of this terminal's reach and in no folder of the project's. Raises `OSError`."""
    paths = [os.path.abspath(entry) for entry in sys.path if entry]
    code = _CHILD.format(limit=LIMIT_S, paths=paths, words=["muster", *words])
    child = subprocess.Popen(
        [sys.executable, "-I", "-c", code],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    # Whoever adopts it will bury it: without this the standard library warns of a child that nobody waited for.
    child.returncode = 0
