"""The server as a process: it listens, and answers until it is told to end."""

from __future__ import annotations

import socket

import uvicorn

from muster.errors import UsageError
from muster.ports import HistoryStore
from muster.web.app import make_application
from muster.web.ingestion import AfterPush, Tell
from muster.web.server_settings import ServerSettings

_MOST_CONNECTIONS = 512
_GRACE_S = 10


def serve(store: HistoryStore, settings: ServerSettings, tell: Tell, after_push: AfterPush) -> None:
    """Answer requests until Ctrl-C or SIGTERM. Raises `UsageError` where the address cannot be listened at."""
    application = make_application(store, settings, tell, after_push=after_push)
    listening = _listen(settings)
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    tell(f"listening at http://{shown}:{port}/" + ("" if settings.is_private else ", which asks for a token"))
    config = uvicorn.Config(
        application,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        # uvicorn would believe what a request's headers say of its sender, if it comes from this machine.
        proxy_headers=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=_GRACE_S,
    )
    uvicorn.Server(config).run(sockets=[listening])


def _listen(settings: ServerSettings) -> socket.socket:
    try:
        family, kind, _, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        # Named as TCP, or asyncio does not turn Nagle's algorithm off: each answer to a kept connection then takes 40 ms more.
        listening = socket.socket(family, kind, socket.IPPROTO_TCP)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            # It takes connections at once: whoever reads where it listens may come before anything answers.
            listening.listen(_MOST_CONNECTIONS)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        raise UsageError(f"cannot listen at {settings.host}:{settings.port}: {error.strerror or error}") from error
    return listening
