"""Where a service is: its URL taken apart, with what is secret in it known and never shown.

url       = scheme "://" [ user [ ":" password ] "@" ] hosts [ "/" path ] [ "?" query ] [ "#" fragment ]
hosts     = host [ ":" port ] ( "," host [ ":" port ] )*     more than one, or none, only for postgresql
host      = name | IPv4 | "[" IPv6 "]"
scheme    = "postgresql" | "postgres", each also with "+driver" | "redis" | "rediss" | "http" | "https" | "ws" | "wss"
          | "tcp" | "dns"

Userinfo ends at the last "@" before the first "/", "?" or "#" (RFC 3986, 3.2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MASK = "***"

KINDS = {
    "postgres": "postgresql", "postgresql": "postgresql", "redis": "redis", "rediss": "redis", "http": "http",
    "https": "http", "ws": "websocket", "wss": "websocket", "tcp": "tcp", "dns": "dns",
}  # fmt: skip
_PORTS = {
    "postgres": 5432,
    "postgresql": 5432,
    "redis": 6379,
    "rediss": 6379,
    "http": 80,
    "https": 443,
    "ws": 80,
    "wss": 443,
}
_TLS = frozenset({"https", "wss", "rediss"})

_URL = re.compile(
    r"([A-Za-z][A-Za-z0-9.-]*)(\+[A-Za-z0-9_.-]*)?://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?\Z", re.DOTALL
)
_HOST = re.compile(r"(\[[0-9A-Fa-f:.%A-Za-z_-]+\]|[^:\[\]]*)(?::([0-9]*))?\Z")
_UNFIT = re.compile(r"[\x00-\x20\x7f]")
_SECRET_WORDS = re.compile(
    r"pass|pwd|secret|token|credential|signature|api[-_]?key|access[-_]?key|private[-_]?key|auth|\bsig\b|\bkey\b|\bjwt\b|\bcode\b",
    re.IGNORECASE,
)
# The only parameters whose values are shown: everything else may be a secret under a name that nobody thought of.
_HARMLESS = frozenset(
    "application_name channel_binding charset connect_timeout db host port protocol ssl ssl_ca_certs ssl_cert_reqs "
    "sslmode sslrootcert target_session_attrs timeout".split()
)
_SHORT = 4


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A service's URL taken apart. `str()` is the URL with its secrets masked; `url` itself is never shown.

    `host` is "" and `port` None where a PostgreSQL URL leaves them to the client or names several.
    `path` and `query` are as written. `secrets` are all the texts that must not appear anywhere.
    """

    kind: str
    host: str
    port: int | None
    tls: bool
    shown: str
    path: str = field(default="", repr=False)
    query: str = field(default="", repr=False)
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    url: str = field(default="", repr=False)
    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def place(self) -> str:
        """`host:port` as people write it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port is not None else host

    def mask(self, text: str) -> str:
        """`text` without any of the secrets."""
        return mask_secrets(text, self.secrets)

    def __str__(self) -> str:
        return self.shown


@dataclass(frozen=True, slots=True)
class Malformed:
    """A URL that names no service, with the reason in words that quote nothing of it but its scheme."""

    reason: str


def is_secret_name(name: str) -> bool:
    """Whether a variable or a parameter of this name holds what nobody may see."""
    return _SECRET_WORDS.search(name) is not None


def parse_endpoint(url: str, secrets: frozenset[str] = frozenset()) -> Endpoint | Malformed:
    """The endpoint that `url` names. `secrets` are further texts that are secret wherever they appear."""
    url = url.strip()
    parts = _URL.match(url)
    if parts is None:
        return Malformed("it is no URL such as postgresql://user@host:5432/name")
    if _UNFIT.search(url):
        return Malformed("it holds a blank or a control character; percent-encode it")
    scheme = parts[1].lower()
    if scheme not in KINDS:
        return Malformed(f"'{scheme}' is no kind of service; there are: {', '.join(sorted(KINDS))}")
    userinfo, _, hosts = parts[3].rpartition("@")
    place = _parse_hosts(KINDS[scheme], hosts, _PORTS.get(scheme))
    if isinstance(place, Malformed):
        return place
    host, port = place
    user, _, password = userinfo.partition(":")
    path, query = parts[4], parts[5] or ""
    hidden = secrets | _secrets_of(KINDS[scheme], userinfo, query, parts[6] or "")
    return Endpoint(
        kind=KINDS[scheme],
        host=host,
        port=port,
        tls=scheme in _TLS,
        shown=_shown(parts[1] + (parts[2] or ""), KINDS[scheme], userinfo, hosts, path, query, parts[6], hidden),
        path=path,
        query=query,
        user=unquote(user),
        password=unquote(password),
        url=url,
        secrets=hidden,
    )


def _parse_hosts(kind: str, hosts: str, default: int | None) -> tuple[str, int | None] | Malformed:
    """The host and port, both left open where PostgreSQL's own client decides."""
    if kind == "postgresql" and ("," in hosts or hosts.partition(":")[0] == "" or hosts.startswith("%2")):
        return "", None
    match = _HOST.match(hosts)
    if match is None:
        return Malformed("its host and port cannot be told apart; percent-encode '/', '?', '#' and '@' in a password")
    host = unquote(match[1].strip("[]"))
    if not host:
        return Malformed("it names no host")
    if kind == "dns":
        return (host, None) if not match[2] else Malformed("a dns:// URL has no port")
    port = int(match[2][:6]) if match[2] else default
    if port is None:
        return Malformed("a tcp:// URL needs a port")
    if not 0 < port < 65536:
        return Malformed("its port is not between 1 and 65535")
    return host, port


def _secrets_of(kind: str, userinfo: str, query: str, fragment: str) -> frozenset[str]:
    user, colon, password = userinfo.partition(":")
    found = [password, fragment]
    # A lone name in front of an HTTP host is a token more often than a name.
    if not colon and kind in ("http", "websocket", "redis"):
        found.append(user)
    for name, _, value in map(_parameter, query.split("&")):
        # A short value of a harmless-sounding name ("v=1") is hidden in the URL, but not looked for in every text.
        if is_secret_name(unquote(name)) or (name not in _HARMLESS and len(value) >= _SHORT):
            found.append(value)
    return frozenset(form for text in found if text for form in _spellings(text))


def _parameter(text: str) -> tuple[str, str, str]:
    return text.partition("=")


def _spellings(text: str) -> tuple[str, ...]:
    """A secret as written, decoded, and decoded as a form would."""
    return text, unquote(text), unquote(text.replace("+", " "))


def _shown(
    scheme: str,
    kind: str,
    userinfo: str,
    hosts: str,
    path: str,
    query: str,
    fragment: str | None,
    secrets: frozenset[str],
) -> str:
    """The URL made anew from its harmless parts."""
    user, colon, _ = userinfo.partition(":")
    if userinfo and not colon and kind in ("http", "websocket", "redis"):
        user = MASK
    # A password with a raw "/" ends the host early and puts its rest into the path.
    path = f"/{MASK}{path[path.rindex('@') :]}" if "@" in path else path
    pairs = [
        name + (equals and equals + (mask_secrets(value, secrets) if name in _HARMLESS else MASK))
        for name, equals, value in map(_parameter, query.split("&"))
    ]
    return "".join(
        (
            f"{scheme}://",
            f"{mask_secrets(user, secrets)}{colon and f':{MASK}'}@" if userinfo else "",
            mask_secrets(hosts, secrets),
            mask_secrets(path, secrets),
            f"?{'&'.join(pairs)}" if query else "",
            f"#{MASK}" if fragment else "",
        )
    )


def mask_secrets(text: str, secrets: frozenset[str]) -> str:
    """`text` with every one of `secrets` replaced by `***`.

    A secret of a few characters is replaced only where it stands alone: taking each "a" out of a sentence would show
    what the secret is.
    """
    for secret in sorted((s for s in secrets if s.strip("*")), key=lambda s: (-len(s), s)):
        pattern = re.escape(secret)
        text = re.sub(pattern if len(secret) >= _SHORT else rf"(?<!\w){pattern}(?!\w)", MASK, text)
    return text


def unquote(text: str) -> str:
    """`text` with its percent-escapes decoded as UTF-8 (the core imports no `urllib`)."""
    if "%" not in text:
        return text
    first, *pieces = text.encode("utf-8", "surrogateescape").split(b"%")
    decoded = [first]
    for piece in pieces:
        digits = piece[:2]
        if len(digits) == 2 and all(digit in b"0123456789abcdefABCDEF" for digit in digits):
            decoded += (bytes([int(digits, 16)]), piece[2:])
        else:
            decoded += (b"%", piece)
    return b"".join(decoded).decode("utf-8", "replace")
