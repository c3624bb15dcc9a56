"""The server as one ASGI application: which address is answered by whom, and who may ask it."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from muster.errors import MusterError
from muster.ports import HistoryStore
from muster.render.escape import escape_text
from muster.web.access import Access
from muster.web.assets import Asset, read_assets
from muster.web.doors import Doors
from muster.web.guard import HEALTH, Guard
from muster.web.ingestion import AfterPush, Ingestion, Tell
from muster.web.metrics import Metrics
from muster.web.pages import Pages
from muster.web.rendering import make_renderer
from muster.web.server_settings import ServerSettings


def make_application(
    store: HistoryStore,
    settings: ServerSettings,
    tell: Tell,
    monotonic: Callable[[], float] = time.monotonic,
    after_push: AfterPush = lambda records: None,
) -> ASGIApp:
    """The dashboard over `store`. `tell` gets a line for each event that the server's operator should see, `after_push`
    the records of each push."""
    assets = read_assets()
    access = Access(store, settings, monotonic)
    render = make_renderer(assets)
    doors = Doors(access, render, settings, lambda: is_well(store))
    application = Starlette(
        routes=[
            *_public_routes(doors, assets),
            *_readers_routes(access, Pages(store, render), Metrics(store)),
            Route("/api/v1/records", Ingestion(store, access, settings, tell, after_push).push, methods=["POST"]),
        ],
        exception_handlers={HTTPException: doors.refused, MusterError: doors.refused, Exception: doors.refused},
    )
    return Guard(_Quiet(application, tell), settings, monotonic)


def _public_routes(doors: Doors, assets: Mapping[str, Asset]) -> list[Route]:
    """What takes no token: being asked for one, whether the server is well, and its own files."""
    return [
        Route(HEALTH, doors.healthz),
        Route("/login", doors.show_login, methods=["GET"]),
        Route("/login", doors.sign_in, methods=["POST"]),
        Route("/logout", doors.sign_out, methods=["POST"]),
        *(Route(asset.address, _serving(asset)) for asset in assets.values()),
    ]


def _readers_routes(access: Access, pages: Pages, metrics: Metrics) -> list[Route]:
    shown = {
        "/": pages.overview,
        "/causes": pages.causes,
        "/cause": pages.cause,
        "/file": pages.file,
        "/runs": pages.runs,
        "/run": pages.run,
        "/changes": pages.changes,
        "/change": pages.change,
        "/metrics": metrics.show,
    }
    return [Route(path, access.readers_only(endpoint)) for path, endpoint in shown.items()]


def _serving(asset: Asset) -> Callable[[Request], Response]:
    """Serves `asset` from memory; its address changes with its content."""
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return lambda request: Response(asset.content, headers=headers, media_type=asset.media_type)


def is_well(store: HistoryStore) -> bool:
    """Whether the store answers."""
    try:
        store.tokens()
    except MusterError:
        return False
    return True


class _Quiet:
    """Tells of an error that nobody expected in escaped lines: messages of exceptions quote what strangers sent."""

    def __init__(self, app: ASGIApp, tell: Tell) -> None:
        self._app = app
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # the person who asked has been answered by then
            for line in "".join(traceback.format_exception(error)).splitlines():
                self._tell(escape_text(line))
