"""Records that strangers write: what is wrong is refused, what cannot be stored is spelled out."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.history.records import cause, identifier, record

from muster.adapters.history.store import DatabaseHistory
from muster.errors import UsageError
from muster.model.memory import HistoryRecord, RecordedFile
from muster.render.csv import render_records
from muster.usecases.wire import MOST_TEXT, decode_push, decode_record, encode_push, encode_record, storable


def body(**changes: Any) -> bytes:
    """A record as JSON, but for `changes`."""
    return json.dumps(json.loads(encode_record(record("a"))) | changes).encode()


def test_a_record_comes_back_as_it_went() -> None:
    assert decode_record(encode_record(record("a", causes=(cause(),)))) == record("a", causes=(cause(),))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"id": "../../etc/passwd"}, "no UUID"),
        ({"id": identifier("a").upper()}, "no UUID"),
        ({"recorded_at": "yesterday"}, "its time"),
        ({"recorded_at": "2026-13-45T99:00:00Z"}, "its time"),
        ({"project": ""}, "names no project"),
        ({"category": "c" * 201}, "its category is longer"),
        ({"tests": 10**30}, "out of range"),
        ({"tests": "many"}, "Expected `int`"),
        ({"observed_s": -1.0}, "out of range"),
        ({"files": [{"path": "a", "outcome": "eaten"}]}, "Invalid enum value"),
        ({"schema": "muster.history/2"}, "Invalid enum value"),
        ({"causes": [json.loads(msgspec.json.encode(cause()))] * 5001}, "more than 5000 causes"),
    ],
)
def test_what_no_command_writes_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        decode_record(body(**changes))


@pytest.mark.parametrize(
    "content", [b"", b"null", b"[]", b"{", b'{"schema":"muster.push/1"}', b"[" * 100_000, b"\xff\xfe"]
)
def test_what_is_no_push_is_refused(content: bytes) -> None:
    with pytest.raises(UsageError):
        decode_push(content)


def test_a_bad_record_does_not_spoil_the_others() -> None:
    push, refused = decode_push(encode_push([encode_record(record("a")), body(id="x" * 999, tests=1)]))
    assert [each.id for each in push.records] == [identifier("a")]
    assert refused == {"x" * 200: "its id is no UUID in lower case"}


HOSTILE = [
    "<script>alert(1)</script>",
    "\x1b[31mred\x1b[0m",
    "tests/test_a.py::test_\0null",
    "line\nbreak",
    "=cmd|'/c calc'!A0",
    "\udcff surrogate",
    "../../../etc/passwd",
    "n" * 10_000,
    "'; DROP TABLE records; --",
]


def test_hostile_names_are_kept_as_they_are_as_far_as_that_can_be(memory: DatabaseHistory) -> None:
    for name in HOSTILE:
        sent = record(
            ascii(name),
            branch=name[:100],
            causes=(cause(title=name, subject=name),),
            files=(RecordedFile(path=name, outcome="failed", exception=name),),
            nodeids={name: (name,)},
        )
        kept = decode_record(encode_record(sent))
        assert memory.add(kept)
        assert memory.record(sent.id) == kept == storable(sent)
        (episode,) = memory.open_causes(branch=kept.branch)
        shown = name.replace("\0", "\\x00").replace("\udcff", "\\udcff")
        assert (episode.subject, kept.files[0].path) == (shown, shown)


def test_a_text_without_end_is_cut() -> None:
    kept = decode_record(encode_record(record("a", command="x" * 10**6)))
    assert kept.command == "x" * (MOST_TEXT - 1) + "…"


def test_no_cell_of_the_csv_is_a_formula(memory: DatabaseHistory) -> None:
    for number, name in enumerate(('=1+1,"x"', "+1", "-1", "@SUM(A1)", "\t=1", "plain\nline")):
        memory.add(record(number, number, branch=name))
    lines = render_records(memory.recent(9)).split("\r\n")
    assert lines[0].startswith("id,kind,recorded_at,project,commit,branch,")
    assert [line.split(",", 5)[5].partition('",')[0] for line in lines[1:-1]] == [
        '"plain\\nline',
        '"\\t=1',
        "\"'@SUM(A1)",
        "\"'-1",
        "\"'+1",
        '"\'=1+1,""x""',
    ]


@given(st.text(), st.text(), st.integers(), st.floats())
def test_whatever_is_decoded_can_be_stored(name: str, text: str, count: int, seconds: float) -> None:
    """It is text without NUL and surrogates, and numbers that both databases have room for."""
    made = msgspec.structs.replace(record("a"), branch=name, command=text, tests=count, observed_s=seconds)
    try:
        content = msgspec.json.encode(made)
    except (UnicodeEncodeError, OverflowError):
        content = b"{}"
    try:
        kept = decode_record(content)
    except UsageError:
        return
    assert isinstance(kept, HistoryRecord)
    assert "\0" not in kept.branch + kept.command
    assert (kept.branch + kept.command).encode() is not None
    assert -1000 <= kept.tests < 2**31
