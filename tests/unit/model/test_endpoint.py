"""A service's URL: taken apart, and shown without its secrets."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from muster.model.endpoint import KINDS, Endpoint, Malformed, is_secret_name, mask_secrets, parse_endpoint
from muster.model.endpoint import unquote as own_unquote


def endpoint(url: str) -> Endpoint:
    parsed = parse_endpoint(url)
    assert isinstance(parsed, Endpoint), parsed
    return parsed


@pytest.mark.parametrize(
    ("url", "kind", "host", "port", "tls"),
    [
        ("postgresql://u:p@db:5433/x", "postgresql", "db", 5433, False),
        ("postgres://db", "postgresql", "db", 5432, False),
        ("postgresql+psycopg2://u@db/x", "postgresql", "db", 5432, False),
        ("postgresql:///x?host=/run/postgresql", "postgresql", "", None, False),
        ("postgresql://%2Frun%2Fpostgresql/x", "postgresql", "", None, False),
        ("postgresql://a:1,b:2/x", "postgresql", "", None, False),
        ("redis://:p@cache", "redis", "cache", 6379, False),
        ("rediss://cache/1", "redis", "cache", 6379, True),
        ("http://web", "http", "web", 80, False),
        ("HTTPS://web:8443/health?x=1", "http", "web", 8443, True),
        ("http://[::1]:8000/", "http", "::1", 8000, False),
        ("ws://web/ws", "websocket", "web", 80, False),
        ("wss://web", "websocket", "web", 443, True),
        ("tcp://127.0.0.1:9", "tcp", "127.0.0.1", 9, False),
        ("dns://example.com", "dns", "example.com", None, False),
        (" http://web/\n", "http", "web", 80, False),
    ],
)
def test_a_url_is_taken_apart(url: str, kind: str, host: str, port: int | None, tls: bool) -> None:
    found = endpoint(url)
    assert (found.kind, found.host, found.port, found.tls) == (kind, host, port, tls)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "postgresql://u:p4ss@db/x?sslmode=require&password=p4ss",
            "postgresql://u:***@db/x?sslmode=require&password=***",
        ),
        ("postgresql+asyncpg://u:p4ss@db/x", "postgresql+asyncpg://u:***@db/x"),
        ("postgresql://u@db/x", "postgresql://u@db/x"),
        ("redis://p4ss@cache/0", "redis://***@cache/0"),
        ("redis://:p4ss@cache/0?db=1", "redis://:***@cache/0?db=1"),
        ("https://token@web/", "https://***@web/"),
        ("https://web/?room=five&x=1&flag", "https://web/?room=***&x=***&flag"),
        ("https://web/p4ss4all?key=p4ss4all#p4rt", "https://web/***?key=***#***"),
        ("https://u:8/p4ss@web/", "https://***"),
        ("http://u:80/p4ss@web/", "http://u:80/***@web/"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str, shown: str) -> None:
    found = parse_endpoint(url)
    if isinstance(found, Malformed):
        assert "p4ss" not in found.reason
    else:
        assert str(found) == shown or (shown == "https://***" and "p4ss" not in str(found))
        assert "p4ss" not in repr(found)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "it is no URL such as postgresql://user@host:5432/name"),
        ("db:5432", "it is no URL such as postgresql://user@host:5432/name"),
        ("http://we b/", "it holds a blank or a control character; percent-encode it"),
        ("http://web/\x00", "it holds a blank or a control character; percent-encode it"),
        ("http:///x", "it names no host"),
        ("tcp://h", "a tcp:// URL needs a port"),
        ("dns://h:53", "a dns:// URL has no port"),
        ("http://h:0/", "its port is not between 1 and 65535"),
        ("http://h:65536/", "its port is not between 1 and 65535"),
        ("http://h:99999999999999999999/", "its port is not between 1 and 65535"),
    ],
)
def test_what_names_no_service_says_why(url: str, reason: str) -> None:
    assert parse_endpoint(url) == Malformed(reason)


def test_an_unknown_scheme_lists_what_there_is() -> None:
    found = parse_endpoint("mysql://u:p4ss@h/x")
    assert isinstance(found, Malformed)
    assert found.reason.startswith("'mysql' is no kind of service; there are: dns, http, https, postgres, ")


@pytest.mark.parametrize("name", ["PGPASSWORD", "api_key", "X-Auth-Token", "client_secret", "sig", "pwd", "key"])
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["sslmode", "monkey", "database_url", "signal", "host"])
def test_names_of_what_is_no_secret(name: str) -> None:
    assert not is_secret_name(name)


def test_a_short_secret_is_masked_where_it_stands_alone() -> None:
    assert mask_secrets("password 'a' of a bad user a", frozenset("a")) == "password '***' of *** bad user ***"


SECRETS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=4, max_size=30)
HOSTS = st.sampled_from(["h", "db.example", "127.0.0.1", "[::1]"])
SCHEMES = st.sampled_from([scheme for scheme in KINDS if scheme != "dns"])


@given(SECRETS, SCHEMES, HOSTS, st.sampled_from(["password", "query", "fragment", "user"]))
def test_no_secret_of_a_url_is_ever_shown(secret: str, scheme: str, host: str, place: str) -> None:
    """Whatever the secret and wherever it stands: not in the URL as shown, and not in what a driver says of it."""
    if place == "user" and scheme in ("postgres", "postgresql", "tcp"):
        place = "password"  # a lone name is no secret there
    spelled = quote(secret, safe="")
    texts, others = told(spelled, secret, scheme, host, place), told("~~~~", "~~~~", scheme, host, place)
    # Not such as "Fals" or "host": words of our own that stand there with any other secret too.
    assume(not any(secret in other or spelled in other for other in others))
    assert [text for text in texts if secret in text or spelled in text] == []
    assert texts[2].endswith(" at harmless")


def told(spelled: str, secret: str, scheme: str, host: str, place: str) -> tuple[str, str, str]:
    """All that is said of a URL with the secret at `place`, and of a driver's error about it."""
    url = {
        "password": f"{scheme}://app:{spelled}@{host}:1234/name",
        "query": f"{scheme}://{host}:1234/name?token={spelled}",
        "fragment": f"{scheme}://{host}:1234/name#{spelled}",
        "user": f"{scheme}://{spelled}@{host}:1234/name",
    }[place]
    found = endpoint(url)
    return str(found), repr(found), found.mask(f'driver: "{secret}" <{spelled}> {url} at harmless')


@given(st.text(max_size=60))
def test_any_text_is_an_endpoint_or_has_a_reason(text: str) -> None:
    assert isinstance(parse_endpoint(text), (Endpoint, Malformed))


@given(SECRETS, st.text(max_size=40))
def test_a_malformed_url_is_not_quoted(secret: str, rest: str) -> None:
    found = parse_endpoint(f"mysql://app:{quote(secret, safe='')}@{rest}")
    assume(isinstance(found, Malformed))
    assert isinstance(found, Malformed)
    assert "app" not in found.reason


@given(st.text(max_size=40))
def test_percent_escapes_are_decoded_as_the_standard_library_does(text: str) -> None:
    assert own_unquote(text) == unquote(text)


@given(st.sampled_from(sorted(KINDS)), HOSTS, st.integers(1, 65535))
def test_host_and_port_are_those_of_the_standard_library(scheme: str, host: str, port: int) -> None:
    assume(scheme != "dns")
    url = f"{scheme}://u:p4ss@{host}:{port}/x"
    found, expected = endpoint(url), urlsplit(url)
    assert (found.host, found.port) == (expected.hostname, expected.port)
