"""Names and bodies as an attacker would send them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest
from tests.history.records import identifier, record
from tests.history.web.conftest import Site
from tests.history.web.scene import BROKEN_RECORD, broken
from tests.unit.render.hostile import HOSTILE

from muster.model.memory import HistoryRecord
from muster.usecases.wire import encode_push, encode_record

# What is ours whatever the project is, or would not be taken.
_OURS = {
    "schema",
    "id",
    "recorded_at",
    "kind",
    "project",
    "category",
    "branch",
    "commit",
    "job",
    "fingerprint",
    "outcome",
}
_SHORT = [text for text in HOSTILE if len(text) < 200]
TEXT = "".join(_SHORT[::3]) + "<script>document.title='owned'</script>\x1b[31m\n"
NAME = "<img src=x onerror=alert(1)>\x1b]0;x\x07\n'\"&{{7*7}}=cmd()|'/../..'\u202e"


def hostile(value: Any, text: str) -> Any:
    """`value` with `text` in the place of every free text."""
    if isinstance(value, msgspec.Struct):
        hints = type(value).__annotations__
        changes = {
            name: hostile(getattr(value, name), text)
            for name in value.__struct_fields__
            if name not in _OURS and not str(hints[name]).startswith("Literal")
            if name not in ("state", "severity", "confidence", "scope")
        }
        return msgspec.structs.replace(value, **changes)
    if isinstance(value, tuple):
        return tuple(hostile(each, text) for each in value)
    if isinstance(value, dict):
        return {hostile(key, text): hostile(each, text) for key, each in value.items()}
    return text if isinstance(value, str) else value


def hostile_record(text: str) -> HistoryRecord:
    names = dict.fromkeys(("project", "category", "branch", "commit", "job"), NAME[:60])
    whole = hostile(broken(19), text)
    causes = tuple(
        msgspec.structs.replace(cause, fingerprint=f"{number}{NAME}") for number, cause in enumerate(whole.causes)
    )
    files = tuple(
        msgspec.structs.replace(file, causes=(f"0{NAME}",), path=f"{NAME}{number}")
        for number, file in enumerate(whole.files)
    )
    return msgspec.structs.replace(
        whole, id=identifier(ascii(text)), **names, causes=causes, files=files, job_url="javascript:alert(1)"
    )


class Structure(HTMLParser):
    """The elements of a page in order, the attributes that they have, and every text between them."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes |= {name for name, _ in attributes}
        self.links += [value or "" for name, value in attributes if name in ("href", "src", "action")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture
def attacked(empty_site: Callable[..., Site]) -> Iterator[Site]:
    """A server to which somebody pushed nothing but attacks."""
    site = empty_site()
    before = msgspec.structs.replace(
        hostile_record("before"), recorded_at="2026-11-19T23:00:00Z", nodeids={NAME: (NAME, "gone")}
    )
    body = encode_push([encode_record(before), encode_record(hostile_record(TEXT))])
    answer = site.client(site.writer).post("/api/v1/records", content=body)
    assert len(answer.json()["accepted"]) == 2, answer.text
    return site


def crawl(site: Site) -> dict[str, str]:
    """Every page that can be reached by links from the first one."""
    client, pages, waiting = site.client(), {}, ["/"]
    while waiting:
        address = waiting.pop()
        if address in pages or address.startswith(("/static/", "#")):
            continue
        answer = client.get(address)
        assert answer.status_code == 200, (address, site.told)
        pages[address] = answer.text
        waiting += Structure(answer.text).links
    return pages


def test_hostile_names_are_text_on_every_page(attacked: Site) -> None:
    """Not an element, attribute or link more than the same pages have for plain names; and nothing invisible."""
    pages = crawl(attacked)
    assert len({address.partition("?")[0] for address in pages}) == 8
    for address, page in pages.items():
        shown = Structure(page)
        assert shown.elements.count("script") == 3, address
        assert not {"img", "iframe", "object", "base", "plaintext", "math", "foreignobject"} & set(shown.elements), (
            address
        )
        assert not {name for name in shown.attributes if name.startswith("on") or name == "style"}, address
        assert all(link == "#content" or (link.startswith("/") and link[:2] != "//") for link in shown.links), address
        assert not any(c in page for c in "\x1b\x07\u202e\x00\x08"), address
    assert any(
        "<img src=x onerror=alert(1)>\\x1b]0;x\\x07\\n'\"&{{7*7}}" in text for text in Structure(pages["/"]).texts
    )


def test_hostile_names_are_label_values_in_the_metrics(attacked: Site) -> None:
    lines = attacked.client().get("/metrics").text.splitlines()
    assert all(line.startswith(("#", "muster_")) for line in lines)
    assert any('project="<img src=x onerror=alert(1)>\\\\x1b' in line and "\\\\n'\\\"&" in line for line in lines)


@pytest.mark.parametrize("name", ["x" * 10_000, "<b>`::" * 1_667, "\x1b[31m\n" * 1_667], ids=["long", "html", "ansi"])
def test_a_test_with_a_name_of_ten_thousand_characters(empty_site: Callable[..., Site], name: str) -> None:
    site = empty_site()
    client = site.client(site.writer)
    for minute, tests in enumerate([("test_one",), ("test_one", name)]):
        pushed = record(("long", minute), minute, nodeids={"tests/test_a.py": tests})
        assert client.post("/api/v1/records", content=encode_push([encode_record(pushed)])).json()["accepted"]
    page = site.client().get(f"/change?id={identifier(('long', 1))}")
    assert page.status_code == 200
    assert "\x1b" not in page.text
    assert "Gained: 1" in page.text


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"[]", b"\xff\xfe", b'"text"', b"{}" * 2, b"[" * 100_000, b'{"a":' * 50_000, b"NaN", b"\x00",
        b'{"schema":"muster.push/1","records":{}}', b'{"schema":"muster.push/1","records":[1]}', b'{"schema":"muster.push/2","records":[]}',
        b'{"schema":"muster.push/1","records":[{"id":"x"}]}', b'{"schema":"muster.push/1"', b"1" * 10_000,
    ],
)  # fmt: skip
def test_what_is_no_push_is_refused(site: Site, body: bytes) -> None:
    answer = site.client(site.writer).post("/api/v1/records", content=body)
    assert answer.status_code == 400
    assert answer.text.startswith("this is no push")
    assert len(answer.text) < 1000


@pytest.mark.parametrize(
    "fields",
    [
        {"tests": 10**30},
        {"observed_s": 1e308},
        {"recorded_at": "yesterday"},
        {"project": ""},
        {"category": "x" * 10_000},
        {"id": "../../etc"},
    ],
    ids=str,
)
def test_a_record_that_cannot_be_is_refused_and_the_others_are_kept(
    empty_site: Callable[..., Site], fields: dict[str, Any]
) -> None:
    site = empty_site()
    bad = msgspec.to_builtins(record("bad", 1)) | fields
    good = msgspec.to_builtins(record("good", 1))
    content = msgspec.json.encode({"schema": "muster.push/1", "records": [bad, good]})
    answer = site.client(site.writer).post("/api/v1/records", content=content)
    if answer.status_code == 200:
        assert answer.json()["accepted"] == [identifier("good")]
        assert len(answer.json()["refused"]) == 1
    else:  # a number beyond 64 bits is none that JSON's reader takes
        assert answer.status_code == 400
    assert [each.id for each in site.memory.recent(5)] in ([identifier("good")], [])


def test_an_oversized_body_is_refused_whatever_it_claims(empty_site: Callable[..., Site]) -> None:
    site = empty_site(max_body_bytes=1000)
    client = site.client(site.writer)
    assert client.post("/api/v1/records", content=b"x" * 1001).status_code == 413
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b"x" * 100

    assert client.post("/api/v1/records", content=endless()).status_code == 413
    assert client.post("/api/v1/records", content=b"x", headers={"Content-Length": "9" * 30}).status_code == 413
    assert client.post("/api/v1/records", content=b"x", headers={"Content-Length": "-1"}).status_code == 413
    assert site.memory.recent(1) == ()


def test_an_oversized_form_is_refused(site: Site) -> None:
    assert site.client().post("/login", content=b"token=" + b"x" * 5000).status_code == 413


@pytest.mark.parametrize(
    "address",
    [
        "/static/../../../../etc/passwd", "/static/%2e%2e/%2e%2e/etc/passwd", "/../../etc/passwd", "//etc/passwd", "/static//etc/passwd",
        "/static/..%5c..%5cetc/passwd", "/templates/base.html", "/static/htmx.min.js", "/%00", "/static/0/htmx.min.js%00.css",
    ],
)  # fmt: skip
def test_no_path_leads_to_a_file(site: Site, address: str) -> None:
    answer = site.client().get(address)
    assert answer.status_code == 404
    assert "root:" not in answer.text


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../../../../etc/passwd", "file:///etc/passwd", "tests/../../etc/passwd", "%00", "C:\\x"]
)
def test_a_file_is_only_what_a_record_tells_of(site: Site, path: str) -> None:
    answer = site.client().get("/file", params={"id": BROKEN_RECORD, "path": path})
    assert answer.status_code == 404
    assert "root:" not in answer.text


@pytest.mark.parametrize("page", ["/", "/causes", "/runs", "/changes"])
@pytest.mark.parametrize("text", ["' OR 1=1 --", "%", "<script>\u202e", "x" * 3000])
def test_a_filter_is_a_value_and_nothing_else(site: Site, page: str, text: str) -> None:
    for name in ("project", "category", "branch"):
        answer = site.client().get(page, params={name: text})
        assert answer.status_code == 200, site.told
        assert "mission_critical" not in answer.text.partition("<main")[2]
        assert "<script>" not in answer.text


@pytest.mark.parametrize("query", ["project=%00", "project=" + "x" * 5000, "id=%00"])
def test_what_no_name_can_be_is_refused(site: Site, query: str) -> None:
    assert site.client().get(f"/run?{query}").status_code in (400, 404)


def test_an_address_without_end_is_refused(site: Site) -> None:
    assert site.client().get("/?" + "x" * 9000).status_code == 414
