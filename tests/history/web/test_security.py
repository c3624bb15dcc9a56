"""Who gets in, and what nobody gets past."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from tests.history.records import identifier, record
from tests.history.web.conftest import Site

from muster.errors import UsageError
from muster.usecases.tokens import issue_token, recognise_token, revoke_token
from muster.usecases.wire import encode_push, encode_record
from muster.web.guard import POLICY
from muster.web.server_settings import ServerSettings

OPEN = {"/healthz", "/login", "/logout"}
AWAY = {"base_url": "http://muster.example"}


def routes_of(site: Site) -> list[Route]:
    application: Any = site.application
    while not isinstance(application, Starlette):
        application = application._app
    return [route for route in application.routes if isinstance(route, Route)]


def test_whatever_others_can_reach_asks_for_a_token(exposed: Site) -> None:
    """Every address that there is, but those that are listed: a new page is closed until somebody opens it."""
    client = exposed.client(**AWAY)
    closed = [route for route in routes_of(exposed) if route.path not in OPEN and not route.path.startswith("/static/")]
    assert len(closed) > 8
    for route in closed:
        method = "POST" if "POST" in (route.methods or ()) else "GET"
        answer = client.request(method, route.path, headers={"Accept": "*/*"})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), route.path


@pytest.mark.parametrize("scope", ["reader", "writer"])
def test_a_token_of_either_scope_reads(exposed: Site, scope: str) -> None:
    assert exposed.client(getattr(exposed, scope), **AWAY).get("/metrics").status_code == 200


def test_a_browser_is_shown_the_form_and_led_back(exposed: Site) -> None:
    client = exposed.client(**AWAY)
    sent_away = client.get("/causes?project=shop", headers={"Accept": "text/html"})
    assert (sent_away.status_code, sent_away.headers["location"]) == (303, "/login?next=%2Fcauses%3Fproject%3Dshop")
    form = client.get(sent_away.headers["location"])
    assert 'name="next" value="/causes?project=shop"' in form.text
    signed_in = client.post("/login", data={"token": exposed.reader, "next": "/causes?project=shop"})
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/causes?project=shop")
    cookie = signed_in.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert exposed.reader not in cookie
    page = client.get("/causes?project=shop", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "Sign out" in page.text
    assert client.post("/logout").headers["location"] == "/login"
    assert client.get("/causes").status_code == 401


def test_a_session_ends_by_itself_and_with_its_token(exposed: Site) -> None:
    client = exposed.client(**AWAY)
    client.post("/login", data={"token": exposed.reader})
    assert client.get("/").status_code == 200
    exposed.now_s += 12 * 3600
    assert client.get("/").status_code == 401
    client.post("/login", data={"token": exposed.writer})
    assert client.get("/").status_code == 200
    stored = recognise_token(exposed.memory, exposed.writer)
    assert stored is not None
    revoke_token(exposed.memory, stored.name)
    assert client.get("/").status_code == 401


def test_cookies_travel_by_https_only_where_browsers_use_it(empty_site: Callable[..., Site]) -> None:
    site = empty_site(host="0.0.0.0", names=("muster.example",), behind_tls=True)
    answer = site.client(base_url="https://muster.example").post("/login", data={"token": site.reader})
    assert "Secure" in answer.headers["set-cookie"]
    assert "max-age" in answer.headers["strict-transport-security"]


def test_a_session_cannot_push(exposed: Site) -> None:
    """A browser's cookie writes nothing, whoever makes it send what."""
    client = exposed.client(**AWAY)
    client.post("/login", data={"token": exposed.writer})
    assert client.post("/api/v1/records", content=b"{}").status_code == 401


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "/\\evil.example", "https://evil.example", "/\r\nSet-Cookie: x=y", "javascript:1", ""]
)
def test_signing_in_leads_nowhere_else(exposed: Site, wanted: str) -> None:
    answer = exposed.client(**AWAY).post("/login", data={"token": exposed.reader, "next": wanted})
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_forms_of_other_sites_are_refused(exposed: Site, headers: dict[str, str]) -> None:
    answer = exposed.client(**AWAY).post("/login", data={"token": exposed.reader}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.2", "", "[::2]", "localhost@evil.example"]
)
def test_another_name_is_not_answered(site: Site, host: str) -> None:
    """A page elsewhere whose name is made to point here would else read everything (DNS rebinding)."""
    answer = site.client().get("/", headers={"Host": host})
    assert answer.status_code == 421
    assert "mission_critical" not in answer.text


@pytest.mark.parametrize("host", ["localhost:8750", "127.0.0.1", "[::1]:8750", "LOCALHOST"])
def test_its_own_names_are_answered(site: Site, host: str) -> None:
    assert site.client().get("/", headers={"Host": host}).status_code == 200


def test_whoever_watches_over_servers_asks_by_any_name(exposed: Site) -> None:
    assert exposed.client().get("/healthz", headers={"Host": "10.1.2.3:8750"}).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host"])
def test_what_a_proxy_passes_on_asks_for_a_token(site: Site, header: str) -> None:
    """A proxy on this machine makes all the world look like this machine."""
    assert site.client().get("/", headers={header: "127.0.0.1"}).status_code == 401


@pytest.mark.parametrize(
    ("host", "names", "is_private"),
    [
        ("127.0.0.1", (), True), ("localhost", (), True), ("::1", (), True), ("127.8.8.8", (), True), ("0.0.0.0", (), False),
        ("::", (), False), ("192.168.0.1", (), False), ("127.0.0.1", ("muster.example",), False), ("myhost", (), False),
    ],
)  # fmt: skip
def test_only_loopback_is_private(host: str, names: tuple[str, ...], is_private: bool) -> None:
    assert ServerSettings(host=host, names=names).is_private is is_private


@pytest.mark.parametrize("address", ["/", "/nothing", "/login", "/healthz", "/static/x", "/metrics", "/api/v1/records"])
def test_every_answer_holds_the_browser_back(site: Site, address: str) -> None:
    answer = site.client().get(address)
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_the_policy_allows_nothing_inline_and_no_other_site() -> None:
    parts = dict(part.strip().split(" ", 1) for part in POLICY.split(";"))
    assert parts.pop("default-src") == parts.pop("base-uri") == parts.pop("frame-ancestors") == "'none'"
    assert set(parts.values()) == {"'self'"}


def test_our_own_pages_hold_nothing_inline(site: Site) -> None:
    page = site.client().get("/").text
    assert "<style" not in page
    assert " style=" not in page
    assert page.count("<script") == page.count('<script src="/static/')
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page


def test_an_error_of_ours_says_nothing_of_the_inside(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store is gone in the middle: the answer is plain and hardened, and the operator sees the rest, escaped."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret \x1b[31mred")

    monkeypatch.setattr(site.memory, "standings", broken)
    answer = site.client(raise_server_exceptions=False).get("/")
    assert (answer.status_code, answer.headers["content-security-policy"]) == (500, POLICY)
    assert "secret" not in answer.text
    assert any("secret \\x1b[31mred" in line for line in site.told)
    assert not any("\x1b" in line for line in site.told)


def push_of(*names: str) -> bytes:
    return encode_push([encode_record(record(name, 1, project="pushed")) for name in names])


def test_a_push_is_kept_and_a_replay_changes_nothing(empty_site: Callable[..., Site]) -> None:
    site = empty_site()
    client = site.client(site.writer)
    first = client.post("/api/v1/records", content=push_of("a", "b"))
    assert (first.status_code, first.json()["accepted"]) == (200, [identifier("a"), identifier("b")])
    again = client.post("/api/v1/records", content=push_of("a", "b", "c"))
    assert again.json()["known"] == [identifier("a"), identifier("b")]
    assert again.json()["accepted"] == [identifier("c")]
    assert len(site.memory.recent(10, project="pushed")) == 3


def test_a_replay_with_other_content_changes_nothing(empty_site: Callable[..., Site]) -> None:
    site = empty_site()
    client = site.client(site.writer)
    client.post("/api/v1/records", content=push_of("a"))
    forged = encode_push([encode_record(record("a", 5, project="forged", tests=1))])
    assert client.post("/api/v1/records", content=forged).json()["known"] == [identifier("a")]
    assert site.memory.projects() == ("pushed",)


def test_pushing_takes_a_token_that_may_write(site: Site) -> None:
    """Even from this machine, where reading takes none."""
    body = push_of("unwanted")
    for token, status in (("", 401), (site.reader, 403), (site.writer[:-1], 401), (f"{site.writer}x", 401), ("x", 401),
                          (site.reader[:20] + site.writer[20:], 401), (site.writer.upper(), 401), ("\xff", 401)):  # fmt: skip
        answer = site.client().post(
            "/api/v1/records", content=body, headers={"Authorization": f"Bearer {token}".encode("latin-1")}
        )
        assert answer.status_code == status, token
    assert site.client().post("/api/v1/records", content=body).status_code == 401
    assert (
        site.client().post("/api/v1/records", content=body, headers={"Authorization": "Basic eDp5"}).status_code == 401
    )
    assert site.memory.record(identifier("unwanted")) is None


def test_a_withdrawn_token_pushes_no_more(empty_site: Callable[..., Site]) -> None:
    site = empty_site()
    client = site.client(site.writer)
    assert client.post("/api/v1/records", content=push_of("a")).status_code == 200
    stored = recognise_token(site.memory, site.writer)
    assert stored is not None
    revoke_token(site.memory, stored.name)
    assert client.post("/api/v1/records", content=push_of("b")).status_code == 401


def test_nothing_at_rest_gives_a_token_away(empty_site: Callable[..., Site]) -> None:
    site = empty_site()
    secrets = [token.rpartition("_")[2] for token in (site.reader, site.writer)]
    for token in site.memory.tokens():
        assert len(token.digest) == 64
        assert not any(secret in repr(token) for secret in secrets)
        assert recognise_token(site.memory, token.digest) is None
        assert recognise_token(site.memory, f"muster_{token.id}_{token.digest[:43]}") is None


@pytest.mark.parametrize("name", ["", "two words", "-x", "a" * 65, "x\n", "é"])
def test_a_token_has_a_plain_name(empty_site: Callable[..., Site], name: str) -> None:
    with pytest.raises(UsageError):
        issue_token(empty_site().memory, name, "read", "muster_0123456789ab_" + "x" * 43, "2026-11-23T02:00:00Z")


def test_wrong_tokens_are_slowed_down_and_right_ones_are_not(empty_site: Callable[..., Site]) -> None:
    site = empty_site(failures_burst=3)
    wrong = site.client("muster_0123456789ab_" + "x" * 43)
    statuses = [wrong.get("/metrics", headers={"Via": "a proxy"}).status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    assert site.client(site.reader).get("/metrics").status_code == 200
    site.now_s += 10
    assert wrong.get("/metrics", headers={"Via": "a proxy"}).status_code == 401


def test_too_many_requests_are_refused_for_a_while(empty_site: Callable[..., Site]) -> None:
    site = empty_site(rate=1.0, burst=3)
    client = site.client()
    assert [client.get("/healthz").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert client.get("/healthz").headers["retry-after"] == "1"
    site.now_s += 2
    assert [client.get("/healthz").status_code for _ in range(3)] == [200, 200, 429]
