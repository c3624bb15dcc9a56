"""Every kind of service on the real thing: up, down in every way, in time, and without a secret."""

from __future__ import annotations

import socket
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.services.conftest import SLACK_S, Asks
from tests.services.servers import (
    PASSWORD,
    QUOTED,
    Certificates,
    black_hole,
    drip,
    free_port,
    hang_up,
    say_garbage,
    say_nothing,
    serving,
)

from muster.adapters.services.probing import ThreadedServiceProbe
from muster.api import probe_service
from muster.errors import UsageError
from muster.model.endpoint import Endpoint, parse_endpoint
from muster.model.service import Inquiry


def test_postgresql_answers_select_1(ask: Asks, postgresql: int) -> None:
    status = ask(f"postgresql://app:{QUOTED}@127.0.0.1:{postgresql}/postgres")
    assert status.state == "up"
    assert status.message.startswith(f"127.0.0.1:{postgresql} answered SELECT 1: PostgreSQL 1")
    assert status.url == f"postgresql://app:***@127.0.0.1:{postgresql}/postgres"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql+psycopg", "postgresql+asyncpg"])
def test_postgresql_is_asked_under_the_spellings_of_other_libraries(ask: Asks, postgresql: int, scheme: str) -> None:
    query = "?ssl=require" if "asyncpg" in scheme else "?sslmode=require"
    assert ask(f"{scheme}://app:{QUOTED}@localhost:{postgresql}/postgres{query}").state == "up"


def test_postgresql_with_a_certificate_that_is_trusted(ask: Asks, postgresql: int, certificates: Certificates) -> None:
    query = f"?sslmode=verify-full&sslrootcert={certificates.authority}"
    assert ask(f"postgresql://app:{QUOTED}@localhost:{postgresql}/postgres{query}").state == "up"


@pytest.mark.parametrize(
    ("rest", "failure", "step"),
    [
        ("app:hunter2@127.0.0.1:{port}/postgres", "authentication", "login"),
        ("nobody:hunter2@127.0.0.1:{port}/postgres", "authentication", "login"),
        ("app@127.0.0.1:{port}/postgres", "authentication", "login"),
        (f"app:{QUOTED}@127.0.0.1:{{port}}/absent", "unhealthy", "login"),
        (f"app:{QUOTED}@localhost:{{port}}/postgres?sslmode=verify-full&sslrootcert=/dev/null", "tls", "tls"),
        (f"app:{QUOTED}@localhost:{{port}}/postgres?sslmode=sideways", "url", "login"),
        (f"app:{QUOTED}@localhost:{{port}}/postgres?colour=hunter2", "url", "login"),
    ],
)
def test_postgresql_that_refuses(ask: Asks, postgresql: int, rest: str, failure: str, step: str) -> None:
    status = ask(f"postgresql://{rest.format(port=postgresql)}")
    assert (status.failure, status.step) == (failure, step), status.message


def test_postgresql_behind_a_unix_socket(ask: Asks, postgresql_server: tuple[int, Path], tmp_path: Path) -> None:
    port, folder = postgresql_server
    assert ask(f"postgresql://app:{QUOTED}@/postgres?host={folder}&port={port}").state == "up"
    absent = ask(f"postgresql://app:{QUOTED}@/postgres?host={tmp_path}&port={port}")
    assert (absent.failure, absent.step) == ("refused", "login"), absent.message


def test_postgresql_of_several_hosts(ask: Asks, postgresql: int) -> None:
    url = f"postgresql://app:{QUOTED}@127.0.0.1:{free_port()},127.0.0.1:{{port}}/postgres"
    assert ask(url.format(port=postgresql)).state == "up"
    assert ask(url.format(port=free_port())).failure == "refused"


def test_redis_answers_ping(ask: Asks, redis: tuple[int, int]) -> None:
    status = ask(f"redis://:{QUOTED}@localhost:{redis[0]}/0")
    assert (status.state, status.message) == ("up", f"localhost:{redis[0]} answered PING")


def test_redis_over_tls(ask: Asks, redis: tuple[int, int], certificates: Certificates) -> None:
    url = f"rediss://default:{QUOTED}@localhost:{redis[1]}/0"
    assert ask(f"{url}?ssl_ca_certs={certificates.authority}").state == "up"
    untrusted = ask(url)
    assert (untrusted.failure, untrusted.step) == ("tls", "tls"), untrusted.message
    assert "certificate" in untrusted.message


@pytest.mark.parametrize(
    ("rest", "failure"),
    [
        (":hunter2@localhost:{port}/0", "authentication"),
        ("stranger:hunter2@localhost:{port}/0", "authentication"),
        ("localhost:{port}/0", "authentication"),
        (f":{QUOTED}@localhost:{{port}}/99", "unhealthy"),
        (f":{QUOTED}@localhost:{{port}}/0?socket_timeout=soon", "url"),
    ],
)
def test_redis_that_refuses(ask: Asks, redis: tuple[int, int], rest: str, failure: str) -> None:
    status = ask(f"redis://{rest.format(port=redis[0])}")
    assert status.failure == failure, status.message


def test_redis_with_tls_where_there_is_none(ask: Asks, redis: tuple[int, int]) -> None:
    """A plain Redis waits for a line's end, which no TLS greeting has to hold."""
    status = ask(f"rediss://:hunter2@localhost:{redis[0]}/0", timeout=0.5)
    assert (status.failure, status.step) in (("tls", "tls"), ("timeout", "tls")), status.message


@pytest.mark.parametrize(
    ("path", "failure"),
    [("", ""), ("200", ""), ("302", ""), ("401", "authentication"), ("403", "authentication"), ("404", "unhealthy"),
     ("503", "unhealthy")],
)  # fmt: skip
def test_http_is_up_below_400(ask: Asks, http: int, path: str, failure: str) -> None:
    status = ask(f"http://localhost:{http}/{path}")
    assert status.failure == failure
    assert status.message.startswith(f"localhost:{http} answered {path or '200'} ")


def test_http_logs_in_with_the_urls_user(ask: Asks, http: int) -> None:
    assert ask(f"http://app:{QUOTED}@localhost:{http}/basic").state == "up"
    assert ask(f"http://app:hunter2@localhost:{http}/basic").failure == "authentication"


def test_https_wants_a_certificate_that_is_trusted(
    ask: Asks, https: int, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    untrusted = ask(f"https://localhost:{https}/")
    assert (untrusted.failure, untrusted.step) == ("tls", "tls")
    assert "certificate is not trusted" in untrusted.message
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    assert ask(f"https://localhost:{https}/").state == "up"


def test_https_for_another_host(https: int, certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate of an authority that is trusted, and of another name."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))

    def resolve(*arguments: object, **options: object) -> list[object]:
        return [(socket.AF_INET, 1, 6, "", ("127.0.0.1", https))]

    probe = ThreadedServiceProbe(resolve)  # type: ignore[arg-type]  # because its items are less precisely typed
    [answer] = probe.ask([inquiry("https://other.example/", 10.0)])
    assert (answer.failure, answer.step) == ("tls", "tls")
    assert "other.example" in answer.message
    assert "not valid for" in answer.message


def test_an_address_of_a_family_that_is_not_there(http: int) -> None:
    """It is passed over for the next one."""

    def resolve(*arguments: object, **options: object) -> list[object]:
        return [(255, 1, 6, "", ("x",)), (socket.AF_INET, 1, 6, "", ("127.0.0.1", http))]

    probe = ThreadedServiceProbe(resolve)  # type: ignore[arg-type]  # because its items are less precisely typed
    assert probe.ask([inquiry("tcp://two.example:80", 10.0)])[0].failure == ""


def test_https_where_plain_http_is_spoken(ask: Asks, http: int) -> None:
    status = ask(f"https://localhost:{http}/")
    assert (status.failure, status.message) == ("tls", f"localhost:{http}: it speaks no TLS there")


def test_a_websocket_opens(ask: Asks, websocket: int) -> None:
    status = ask(f"ws://localhost:{websocket}/ws?token=hunter2")
    assert (status.state, status.message) == ("up", f"localhost:{websocket} opened a WebSocket")
    assert status.url == f"ws://localhost:{websocket}/ws?token=***"
    assert ask(f"ws://localhost:{websocket}/locked").failure == "authentication"


def test_a_web_server_is_no_websocket(ask: Asks, http: int) -> None:
    status = ask(f"ws://localhost:{http}/")
    assert (status.failure, status.step) == ("protocol", "answer")
    assert ask(f"ws://localhost:{http}/503").failure == "unhealthy"


def test_a_server_that_switches_protocols_without_understanding(ask: Asks) -> None:
    def agree(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 101 Sure\r\nSec-WebSocket-Accept: whatever\r\n\r\n")

    with serving(agree) as port:
        assert ask(f"ws://localhost:{port}/").failure == "protocol"


def test_tcp_and_dns(ask: Asks, http: int) -> None:
    assert ask(f"tcp://localhost:{http}").state == "up"
    assert "127.0.0.1" in ask("dns://localhost").message


URLS = [
    "postgresql://app:hunter2@localhost:{port}/x",
    "redis://:hunter2@localhost:{port}/0",
    "rediss://:hunter2@localhost:{port}/0",
    "http://hunter2@localhost:{port}/",
    "https://u:hunter2@localhost:{port}/",
    "ws://localhost:{port}/?api_key=hunter2",
    "wss://localhost:{port}/",
]


@pytest.mark.parametrize("url", [*URLS, "tcp://localhost:{port}"])
def test_nothing_listens(ask: Asks, url: str) -> None:
    port = free_port()
    status = ask(url.format(port=port))
    assert (status.failure, status.step, status.host, status.port) == ("refused", "connect", "localhost", port)
    assert status.code == "M601"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full queue refuses")
@pytest.mark.parametrize("url", [*URLS, "tcp://localhost:{port}"])
def test_packets_vanish(ask: Asks, url: str) -> None:
    with black_hole() as port:
        status = ask(url.format(port=port).replace("localhost", "127.0.0.1"), timeout=0.5)
    assert (status.failure, status.step) == ("timeout", "connect"), status.message
    assert status.message == f"127.0.0.1:{port} did not answer within 0.5 s: still waiting for a connection"


@pytest.mark.parametrize("url", URLS)
def test_a_server_that_takes_the_connection_and_says_nothing(ask: Asks, url: str) -> None:
    with serving(say_nothing) as port:
        status = ask(url.format(port=port), timeout=0.5)
    assert status.failure == "timeout"
    assert status.step == ("tls" if url.startswith(("https", "wss", "rediss")) else
                           "login" if url.startswith(("postgres", "redis:")) else "answer")  # fmt: skip


@pytest.mark.parametrize("url", URLS)
def test_a_server_whose_answer_never_ends(ask: Asks, url: str) -> None:
    with serving(drip) as port:
        status = ask(url.format(port=port), timeout=1.0)
    assert status.failure in ("timeout", "protocol", "tls"), status.message
    assert (status.failure == "tls") == url.startswith(("https", "wss", "rediss"))
    if url.startswith(("http:", "ws:")):
        assert (status.failure, status.step) == ("timeout", "answer")


def test_a_postgresql_that_lets_in_and_never_answers(ask: Asks) -> None:
    """The query is broken off: its thread does not wait on for ever."""

    def let_in(connection: socket.socket) -> None:
        while connection.recv(4096)[4:8] == b"\x04\xd2\x16\x2f":  # SSLRequest
            connection.sendall(b"N")
        status = b"server_version\x0018.0\x00client_encoding\x00UTF8\x00".split(b"\x00")
        connection.sendall(b"R\0\0\0\x08\0\0\0\0")  # AuthenticationOk
        for name, value in zip(status[::2], status[1::2], strict=False):
            body = name + b"\0" + value + b"\0"
            connection.sendall(b"S" + (len(body) + 4).to_bytes(4, "big") + body)  # ParameterStatus
        connection.sendall(b"Z\0\0\0\x05I")  # ReadyForQuery
        say_nothing(connection)

    with serving(let_in) as port:
        status = ask(f"postgresql://app:hunter2@localhost:{port}/x", timeout=1.0)
        assert (status.failure, status.step) == ("timeout", "answer"), status.message
        assert status.message.endswith(
            "took the connection, but did not answer within 1 s: still waiting for an answer"
        )
        await_no_probes()


@pytest.mark.parametrize("url", URLS)
def test_a_server_that_hangs_up(ask: Asks, url: str) -> None:
    with serving(hang_up) as port:
        status = ask(url.format(port=port))
    assert status.failure == ("tls" if url.startswith(("https", "wss", "rediss")) else "protocol"), status.message


@pytest.mark.parametrize("url", URLS)
def test_a_server_of_another_protocol(ask: Asks, url: str) -> None:
    with serving(say_garbage) as port:
        status = ask(url.format(port=port))
    assert status.failure == ("tls" if url.startswith(("https", "wss", "rediss")) else "protocol"), status.message


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://app:{quoted}@localhost:{port}/", b"HTTP/1.1 500 who is %s\r\n\r\n"),
        ("http://app:{quoted}@localhost:{port}/", b"%s\r\n\r\n"),
        ("ws://localhost:{port}/?token={quoted}", b"HTTP/1.1 404 no %s here\r\n\r\n"),
        ("redis://:{quoted}@localhost:{port}/0", b"-ERR who is %s\r\n"),
        ("redis://:{quoted}@localhost:{port}/0", b"%s\r\n"),
    ],
)
def test_a_server_that_says_the_password_aloud(ask: Asks, url: str, words: bytes) -> None:
    """`ask` looks for it everywhere."""

    def tell(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(words % PASSWORD.encode())

    with serving(tell) as port:
        status = ask(url.format(port=port, quoted=QUOTED))
    assert status.state == "down"
    assert "***" in status.message


def test_every_server_under_every_other_protocol(
    ask: Asks, postgresql: int, redis: tuple[int, int], http: int, websocket: int
) -> None:
    servers = {"postgresql": postgresql, "redis": redis[0], "http": http, "ws": websocket}
    failures = {
        (kind, server): ask(f"{kind}://u:hunter2@localhost:{port}/", timeout=2).failure
        for kind in servers
        for server, port in servers.items()
        if kind != server
    }
    assert failures.pop(("http", "ws")) in ("unhealthy", "protocol")  # a WebSocket server does speak HTTP
    assert set(failures.values()) == {"protocol"}, failures


@pytest.mark.parametrize("url", [*URLS, "tcp://localhost:{port}", "dns://localhost"])
def test_a_name_without_an_address(ask: Asks, url: str) -> None:
    status = ask(url.format(port=1).replace("localhost", "absent.invalid"), timeout=3)
    assert (status.failure, status.step) == ("dns", "dns"), status.message
    assert "absent.invalid" in status.message


@pytest.mark.parametrize("host", ["a..b", "x" * 300, "x" * 64 + ".example", "\u2028.example"])
def test_a_name_that_cannot_be_one(ask: Asks, host: str) -> None:
    assert ask(f"tcp://{host}:1", timeout=3).failure == "dns"


def test_a_resolver_that_never_answers() -> None:
    released = threading.Event()

    def resolve(*arguments: object, **options: object) -> list[object]:
        released.wait(30)
        return []

    probe = ThreadedServiceProbe(resolve)  # type: ignore[arg-type]  # because it returns nothing at all
    begun = time.monotonic()
    answers = probe.ask([inquiry("tcp://db.internal:1", 0.3), inquiry("postgresql://u:hunter2@db.internal/x", 0.3)])
    assert time.monotonic() - begun < 0.3 + SLACK_S
    released.set()
    assert {(answer.failure, answer.step) for answer in answers} == {("dns", "dns")}
    assert (
        answers[0].message
        == "db.internal:1 did not answer within 0.3 s: still waiting for an address from the resolver"
    )


def test_all_are_asked_at_once() -> None:
    with serving(say_nothing) as port:
        begun = time.monotonic()
        answers = ThreadedServiceProbe().ask([inquiry(f"http://localhost:{port}/", 1.0)] * 20)
        assert time.monotonic() - begun < 1.0 + SLACK_S
    assert {answer.failure for answer in answers} == {"timeout"}


def test_a_black_hole_in_front_of_a_sound_address(http: int) -> None:
    """A name with two addresses, the first of which swallows packets, is up."""
    with black_hole() as hole:

        def resolve(*arguments: object, **options: object) -> list[object]:
            return [(socket.AF_INET, 1, 6, "", ("127.0.0.1", port)) for port in (hole, http)]

        probe = ThreadedServiceProbe(resolve)  # type: ignore[arg-type]  # because its items are less precisely typed
        assert probe.ask([inquiry("tcp://two.example:80", 2.0)])[0].failure == ""


def test_threads_that_were_given_up_end(http: int) -> None:
    """Even of a server that drips: no read of it ever takes too long, so only the broken connection ends it."""
    with serving(drip) as port:
        ThreadedServiceProbe().ask([inquiry(f"{kind}://localhost:{port}/", 0.3) for kind in ("http", "ws", "tcp")])
        await_no_probes()


def test_a_redis_whose_reply_never_ends(ask: Asks) -> None:
    def drip_line(connection: socket.socket) -> None:
        connection.sendall(b"+")
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)

    with serving(drip_line) as port:
        assert ask(f"redis://:hunter2@localhost:{port}/0", timeout=0.5).failure == "timeout"
        await_no_probes()


def await_no_probes() -> None:
    deadline = time.monotonic() + 10
    while any(thread.name.startswith("muster-probe") for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("kind", "module", "service"), [("postgresql", "psycopg", "PostgreSQL"), ("redis", "redis", "Redis")]
)
def test_a_missing_client_names_the_extra(
    ask: Asks, kind: str, module: str, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    status = ask(f"{kind}://u:hunter2@localhost/0")
    assert (status.code, status.failure, status.state) == ("M602", "client", "down")
    assert status.message.startswith(f"no client for {service}: ")
    assert "pip install 'pytest-muster[services]'" in status.message


@pytest.mark.parametrize(
    "url", ["", "localhost:5432", "mysql://u:hunter2@h/x", "tcp://h", "http://", "http://h:hunter2/"]
)
def test_a_url_that_names_no_service_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        probe_service(url)
    assert "hunter2" not in str(refused.value)


PASSWORDS = st.text(st.characters(codec="utf-8"), min_size=6, max_size=20).filter(lambda text: text.strip("*0-/ "))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PASSWORDS)
def test_no_driver_and_no_server_gives_a_password_away(
    postgresql: int, redis: tuple[int, int], http: int, password: str
) -> None:
    """Whatever the password is: every client is given it, and every server refuses it."""
    spelled = quote(password, safe="")
    for url in (
        f"postgresql://app:{spelled}@127.0.0.1:{postgresql}/postgres",
        f"postgresql://app@127.0.0.1:{postgresql}/postgres?password={spelled}&colour={spelled}",
        f"redis://app:{spelled}@127.0.0.1:{redis[0]}/0",
        f"redis://127.0.0.1:{redis[0]}/0?password={spelled}&socket_timeout={spelled}",
        f"http://app:{spelled}@127.0.0.1:{http}/basic",
        f"ws://127.0.0.1:{http}/basic?token={spelled}",
    ):
        status = probe_service(url, timeout=10)
        assert status.state == "down"
        shown = [str(value) for value in msgspec.to_builtins(status).values()]
        assert [text for text in shown if password in text or spelled in text] == []


def inquiry(url: str, timeout: float) -> Inquiry:
    endpoint = parse_endpoint(url)
    assert isinstance(endpoint, Endpoint)
    return Inquiry("it", endpoint, timeout)
