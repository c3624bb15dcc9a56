"""Signing in and out, and whether the server is well."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from muster.errors import MusterError
from muster.web.access import COOKIE, SESSION_S, Access, refuse_foreign_forms
from muster.web.bodies import read_body
from muster.web.rendering import Renderer
from muster.web.server_settings import ServerSettings

_MOST_FORM_BYTES = 4096
# An address of ours: `//elsewhere` and `/\elsewhere` lead away.
_OWN_ADDRESS = re.compile(r"/(?![/\\])[!-\[\]-~]*", re.ASCII)


class Doors:
    """The pages that are open to everybody."""

    def __init__(self, access: Access, render: Renderer, settings: ServerSettings, is_well: Callable[[], bool]) -> None:
        self._access = access
        self._render = render
        self._settings = settings
        self._is_well = is_well

    async def show_login(self, request: Request) -> Response:
        """The form that takes a token."""
        return self._form(request.query_params.get("next", "/"), is_wrong=False)

    async def sign_in(self, request: Request) -> Response:
        """A session for the token of the form, and the page that was wanted."""
        refuse_foreign_forms(request)
        body = await read_body(request, self._settings, at_most=_MOST_FORM_BYTES)
        form = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
        wanted = form.get("next", ["/"])[0]
        session = await self._access.sign_in(request, form.get("token", [""])[0])
        if not session:
            return self._form(wanted, is_wrong=True)
        answer = RedirectResponse(_own_address(wanted), 303)
        answer.set_cookie(
            COOKIE, session, max_age=SESSION_S, httponly=True, samesite="strict", secure=self._settings.behind_tls
        )
        return answer

    async def sign_out(self, request: Request) -> Response:
        """The session ends."""
        refuse_foreign_forms(request)
        self._access.sign_out(request)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=self._settings.behind_tls)
        return answer

    async def healthz(self, request: Request) -> Response:
        """Whether the store answers; nothing else is told to whoever asks."""
        is_well = await run_in_threadpool(self._is_well)
        return PlainTextResponse("ok\n" if is_well else "the store does not answer\n", 200 if is_well else 503)

    async def refused(self, request: Request, error: Exception) -> Response:
        """What a person or a program is told of a request that was not answered."""
        status, message = 500, "something went wrong here, which the server's log tells"
        headers: Mapping[str, str] | None = None
        if isinstance(error, MusterError):
            status, message, headers = 503, "the store does not answer", {"Retry-After": "5"}
        elif isinstance(error, HTTPException):
            status, message, headers = error.status_code, error.detail, error.headers
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(self._render("error.html", status=status, message=message), status, headers)
        return PlainTextResponse(f"{message}\n", status, headers)

    def _form(self, wanted: str, *, is_wrong: bool) -> Response:
        page = self._render("login.html", next=_own_address(wanted), is_wrong=is_wrong)
        return HTMLResponse(page, 401 if is_wrong else 200)


def _own_address(wanted: str) -> str:
    return wanted if _OWN_ADDRESS.fullmatch(wanted) else "/"
