"""`muster serve`: the dashboard of the memory, and the door of `muster push`."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from muster.errors import MissingExtraError, UsageError
from muster.render.escape import escape_text
from muster.wiring import find_settings
from muster.wiring.alerts import telling_behind
from muster.wiring.memory import open_current_history
from muster.wiring.server import kept_current

_NEEDED = ("starlette", "uvicorn", "jinja2")


def run_serve(root: str, host: str, port: int, names: tuple[str, ...], max_body_mb: int, *, https: bool) -> int:
    """Serve the memory until Ctrl-C; 0 where SIGTERM ended it."""
    if not all(find_spec(name) for name in _NEEDED):
        raise MissingExtraError("the dashboard needs Starlette, uvicorn and Jinja: pip install 'pytest-muster[server]'")
    if not 0 <= port <= 65535:
        raise UsageError(f"--port {port}: there is no such port")
    if max_body_mb < 1:
        raise UsageError(f"--max-body {max_body_mb}: it takes a number of MiB")
    from muster.web.serve import serve  # what only a server needs
    from muster.web.server_settings import ServerSettings

    settings = ServerSettings(host, port, names, behind_tls=https, max_body_bytes=max_body_mb << 20)
    folder, project = find_settings(root)
    with (
        open_current_history(folder, project) as store,
        kept_current(folder, project, store, _tell),
        telling_behind(store, _tell) as after_push,
    ):
        if not settings.is_private and not store.tokens():
            _tell("nobody can read this yet: `muster token add NAME` makes a token")
        serve(store, settings, _tell, after_push)
    return 0


def _tell(text: str) -> None:
    print(f"muster: {escape_text(text)}", file=sys.stderr, flush=True)
