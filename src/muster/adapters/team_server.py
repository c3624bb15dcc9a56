"""A team's server, spoken to over HTTP: a push goes out, and goes out again where the server may take it later."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from email.message import Message
from ipaddress import ip_address
from typing import IO
from urllib.parse import SplitResult, urlsplit

from muster import __version__
from muster.errors import UsageError
from muster.ports import DeliveryFailure

PATH = "/api/v1/records"
TIMEOUT_S = 30.0
PAUSES_S = (1.0, 3.0, 9.0)
"""Between one try and the next."""

MOST_ANSWER_BYTES, MOST_PAUSE_S = 8 << 20, 60.0
_LATER = frozenset((408, 425, 429, 500, 502, 503, 504))
_MEANINGS = {
    301: "it lies elsewhere, and a token is not sent there",
    302: "it lies elsewhere, and a token is not sent there",
    307: "it lies elsewhere, and a token is not sent there",
    308: "it lies elsewhere, and a token is not sent there",
    400: "it does not understand the push",
    401: "it does not know the token",
    403: "the token may not write",
    404: "there is no muster server at this address",
    413: "a record is larger than it takes",
    429: "it is asked too often",
}


class HttpTeamServer:
    """`ports.TeamServer` at `url`. Raises `UsageError` for a url that a token must not be sent to."""

    def __init__(self, url: str, token: str, *, insecure: bool = False, pauses_s: Sequence[float] = PAUSES_S) -> None:
        self._url = _checked(url, insecure=insecure)
        self._token = token
        self._pauses_s = pauses_s
        # The system's proxies are used; of redirects urllib would follow with the token to wherever they lead.
        self._opener = urllib.request.build_opener(_NoRedirects)

    @property
    def name(self) -> str:
        """The address."""
        return self._url

    def deliver(self, body: bytes) -> bytes:
        """The server's answer to the push `body`."""
        for pause_s in (*self._pauses_s, None):
            try:
                return self._send(body)
            except _TryLater as later:
                if pause_s is None:
                    tries = len(self._pauses_s) + 1
                    raise DeliveryFailure(f"{self._url} did not take it in {tries} tries: {later}") from later
                time.sleep(max(pause_s, later.pause_s))
        raise AssertionError("unreachable")

    def _send(self, body: bytes) -> bytes:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "User-Agent": f"muster/{__version__}",
        }
        request = urllib.request.Request(self._url + PATH, data=body, headers=headers, method="POST")
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                content: bytes = answer.read(MOST_ANSWER_BYTES + 1)
        except urllib.error.HTTPError as error:
            with error:
                raise _failure(self._url, error.code, error.headers) from error
        except urllib.error.URLError as error:
            raise _TryLater(str(error.reason)) from error
        except (OSError, http.client.HTTPException) as error:
            raise _TryLater(str(error) or type(error).__name__) from error
        if len(content) > MOST_ANSWER_BYTES:
            raise DeliveryFailure(f"{self._url} answers with more than {MOST_ANSWER_BYTES} bytes")
        return content


class _TryLater(Exception):
    """It may work later, after `pause_s` at least."""

    def __init__(self, reason: str, pause_s: float = 0.0) -> None:
        super().__init__(reason)
        self.pause_s = pause_s


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """Nothing: the answer is the redirect itself."""


def _failure(url: str, code: int, headers: Message) -> Exception:
    meaning = _MEANINGS.get(code, http.client.responses.get(code, "no answer that is known"))
    if code not in _LATER:
        return DeliveryFailure(f"{url} did not take it: {code}, {meaning}")
    wanted = headers.get("Retry-After", "")
    return _TryLater(f"{code}, {meaning}", min(float(wanted), MOST_PAUSE_S) if wanted.isdecimal() else 0.0)


def _checked(url: str, *, insecure: bool) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise UsageError(f"'{url}' is no address of a server: {error}") from error
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise UsageError(f"'{_shown(parts)}' is no address of a server: it takes https://HOST[:PORT][/PATH]")
    if parts.username is not None or parts.password is not None:
        raise UsageError("the address of a server holds no name and no password: a token goes with --token")
    if parts.scheme == "http" and not insecure and not _is_loopback(host):
        raise UsageError(
            f"{url} is not https: anyone on the way could read the token (--insecure sends it nevertheless)"
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def _shown(parts: SplitResult) -> str:
    """The address without what may be a secret."""
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
