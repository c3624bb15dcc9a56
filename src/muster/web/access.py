"""Who may see and who may push: tokens, and the sessions of browsers that showed one."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from hashlib import sha256
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from muster.model.memory import StoredToken
from muster.ports import HistoryStore
from muster.usecases.tokens import recognise_token
from muster.web.guard import client_of
from muster.web.rates import Rates
from muster.web.server_settings import ServerSettings

Endpoint = Callable[[Request], Awaitable[Response]]
COOKIE = "muster_session"
SESSION_S = 12 * 3600
_MOST_SESSIONS = 10_000
# A proxy on this machine makes every visitor look like one of it.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


class Access:
    """The door. Reading is free only where nobody else can reach the server; pushing always takes a token that may write."""

    def __init__(self, store: HistoryStore, settings: ServerSettings, monotonic: Callable[[], float]) -> None:
        self._store = store
        self._settings = settings
        self._monotonic = monotonic
        self._sessions: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._failures = Rates(settings.failures_per_s, settings.failures_burst, monotonic)

    def readers_only(self, endpoint: Endpoint) -> Endpoint:
        """`endpoint` for those who may read; people are shown the way to the form where a token is asked for."""

        async def guarded(request: Request) -> Response:
            if self.is_open(request) or await self.holder(request) is not None:
                return await endpoint(request)
            if request.method != "GET" or "text/html" not in request.headers.get("accept", ""):
                raise HTTPException(401, "a token is needed", {"WWW-Authenticate": "Bearer"})
            if "hx-request" in request.headers:  # the session ended while the page stood open
                return Response(status_code=401, headers={"HX-Refresh": "true"})
            return RedirectResponse("/login?" + urlencode({"next": _address_of(request)}), 303)

        return guarded

    def is_open(self, request: Request) -> bool:
        """Whether reading takes no token: only this machine can have sent the request."""
        return self._settings.is_private and not any(name in request.headers for name in _FORWARDED)

    async def holder(self, request: Request) -> StoredToken | None:
        """The token that the request shows, itself or by its session."""
        scheme, _, presented = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return await self._recognise(request, presented.strip())
        session = request.cookies.get(COOKIE, "")
        return await run_in_threadpool(self._holder_of_session, session) if session else None

    async def require_writer(self, request: Request) -> StoredToken:
        """The token of whoever pushes. A session does not do: only what was given a token for it writes."""
        if "authorization" not in request.headers:
            raise HTTPException(401, "a token with write scope is needed", {"WWW-Authenticate": "Bearer"})
        token = await self.holder(request)
        if token is None:
            raise HTTPException(401, "the token is not known", {"WWW-Authenticate": "Bearer"})
        if token.scope != "write":
            raise HTTPException(403, "the token has no write scope")
        return token

    async def sign_in(self, request: Request, presented: str) -> str:
        """The new session of a browser whose person typed the token `presented`; "" where it is none."""
        token = await self._recognise(request, presented.strip())
        if token is None:
            return ""
        session = secrets.token_urlsafe(32)
        self._sessions[_key(session)] = (token.id, self._monotonic() + SESSION_S)
        if len(self._sessions) > _MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return session

    def sign_out(self, request: Request) -> None:
        """End the session of the request."""
        self._sessions.pop(_key(request.cookies.get(COOKIE, "")), None)

    async def _recognise(self, request: Request, presented: str) -> StoredToken | None:
        token = await run_in_threadpool(recognise_token, self._store, presented)
        if token is None:
            wait_s = self._failures.wait_s(client_of(request.scope))
            if wait_s:
                raise HTTPException(429, "too many wrong tokens", {"Retry-After": str(wait_s)})
        return token

    def _holder_of_session(self, session: str) -> StoredToken | None:
        """The token behind a session: one that is withdrawn ends its sessions too."""
        token_id, until = self._sessions.get(_key(session), ("", 0.0))
        return self._store.token(token_id) if self._monotonic() < until else None


def refuse_foreign_forms(request: Request) -> None:
    """Raise where another site's page sent the form. Every browser of today says where a form came from."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    own = {f"{scheme}://{request.headers['host']}" for scheme in ("http", "https")}
    if site not in ("same-origin", "none") or (origin is not None and origin not in own):
        raise HTTPException(403, "the form came from another site")


def _address_of(request: Request) -> str:
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


def _key(session: str) -> str:
    """What a session is kept under: whoever reads our memory cannot use it, and finding it takes the same time for each."""
    return sha256(session.encode("utf-8", "replace")).hexdigest()
