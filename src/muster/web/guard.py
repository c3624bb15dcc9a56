"""What every request passes before anything of ours looks at it, and what every answer carries."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from muster.web.rates import Rates, client_key
from muster.web.server_settings import ServerSettings

# Nothing inline and nothing from elsewhere: a name of a project that got past the escaping could still do nothing.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
HEALTH = "/healthz"
_MOST_ADDRESS_BYTES = 8192


class Guard:
    """ASGI middleware: the host that is named, how much and how often; headers that hold a browser back."""

    def __init__(self, app: ASGIApp, settings: ServerSettings, monotonic: Callable[[], float]) -> None:
        self._app = app
        self._settings = settings
        self._hosts = settings.answers_to
        self._rates = Rates(settings.rate, settings.burst, monotonic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # there are no web sockets here
        refusal = self._refusal(scope)
        answer = self._app if refusal is None else refusal
        await answer(scope, self._bounded(receive), self._hardened(send))

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        # Whoever watches over servers asks by address, and learns nothing that a name would have to protect.
        if scope["path"] != HEALTH and _host_of(headers) not in self._hosts:
            return PlainTextResponse("this server has another name; see `muster serve --name`\n", 421)
        if len(scope.get("raw_path") or b"") + len(scope.get("query_string") or b"") > _MOST_ADDRESS_BYTES:
            return PlainTextResponse("the address is too long\n", 414)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > self._settings.max_body_bytes:
            return PlainTextResponse(f"more than {self._settings.max_body_bytes} bytes\n", 413)
        wait_s = self._rates.wait_s(client_of(scope))
        if wait_s:
            return PlainTextResponse("too many requests\n", 429, {"Retry-After": str(wait_s)})
        return None

    def _bounded(self, receive: Receive) -> Receive:
        """`receive` that gives up on a body beyond the limit, whatever length it claimed."""
        received = 0

        async def bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._settings.max_body_bytes:
                raise HTTPException(413, f"more than {self._settings.max_body_bytes} bytes")
            return message

        return bounded

    def _hardened(self, send: Send) -> Send:
        async def hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
                if self._settings.behind_tls:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        return hardened


def client_of(scope: Scope) -> str:
    """Who sent the request, as the connection tells; what a header says of that, anybody can write."""
    client = cast(tuple[str, int] | None, scope.get("client"))
    return client_key(client[0]) if client else ""


def _host_of(headers: Headers) -> str:
    """The host that the request names, in lower case and without its port; "" where it is none."""
    if len(headers.getlist("host")) != 1:
        return ""
    host = headers["host"].lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
