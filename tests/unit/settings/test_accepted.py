"""The file of accepted failures: read strictly, written in one form that reads back the same."""

from __future__ import annotations

from datetime import date
from string import hexdigits

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from muster.errors import UsageError
from muster.model.acceptance import Accepted
from muster.settings.accepted import load_accepted, parse_accepted, render_accepted
from muster.trees.memory import MemoryTree

ENTRY = """\
[[accepted]]
fingerprint = "00112233aabbccdd"
code = "M107"
subject = "websocket"
reason = "PROJ-12"
expires = 2026-12-31
"""


def test_an_entry_is_read_with_its_line() -> None:
    tree = MemoryTree({"/p/.muster-accepted.toml": f"# known\n\n{ENTRY}".encode()})
    assert load_accepted(tree, "/p") == (
        Accepted("00112233aabbccdd", "M107", "websocket", "", "PROJ-12", "2026-12-31", line=3),
    )


def test_a_project_without_the_file_accepts_nothing() -> None:
    assert load_accepted(MemoryTree({"/p/a.py": b""}), "/p") == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (ENTRY + "until = 2027-01-01\n", "f:7: unknown key 'until' in [accepted]; it takes"),
        (ENTRY.replace("reason", "reasn"), "f:5: unknown key 'reasn' in [accepted]; did you mean 'reason'?"),
        (ENTRY.replace('reason = "PROJ-12"\n', ""), "f:1: an accepted failure needs 'reason'"),
        (ENTRY.replace("PROJ-12", "  "), "f:5: 'reason' is empty"),
        (ENTRY.replace("2026-12-31", '"2026-12-31"'), "f:6: 'expires' in [accepted] must be a date"),
        (ENTRY.replace("2026-12-31", "2026-12-31T10:00:00"), "f:6: 'expires' in [accepted] must be a date"),
        (ENTRY.replace("2026-12-31", "2026-13-31"), "f:6: "),
        (ENTRY.replace('"00112233aabbccdd"', '"0011"'), "f:2: '0011' is no fingerprint"),
        (ENTRY.replace("M107", "M999"), "f:3: 'M999' is no code of a cause"),
        (ENTRY + 'seen = "never"\n', "f:7: 'seen' must be"),
        (f"{ENTRY}\n{ENTRY}", "f:8: '00112233aabbccdd' is accepted at line 1 already"),
        (f"{ENTRY}\n{ENTRY.replace('dd', 'de').replace('PROJ-12', '')}", "f:12: 'reason' is empty"),
        ("version = 1\n", "f:1: unknown key 'version'"),
        ("accepted = 3\n", "f:1: 'accepted' must be tables"),
        ("[accepted]\n", "f:1: 'accepted' must be tables"),
        ("[[accepted]\n", "f:1: "),
    ],
)
def test_what_is_not_understood_is_an_error_with_its_line(text: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_accepted("f", text)
    assert str(refused.value).startswith(told)


def test_entries_written_inline_are_read_too() -> None:
    text = 'accepted = [{fingerprint = "00112233aabbccdd", reason = "r", expires = 2026-12-31}]\n'
    [entry] = parse_accepted("f", text)
    assert (entry.reason, entry.line) == ("r", 1)


# What ends a string, a line or a table of TOML, what a terminal acts on, and what takes several bytes.
CHARACTERS = [*map(chr, range(0xA1)), *"é\u061c\u200e\u2028\u2029\u202e\u2066\ufeff\ufffd\U0001f600"]
TEXTS = st.text(st.sampled_from(CHARACTERS), min_size=1, max_size=40).filter(str.strip)
ENTRIES = st.builds(
    Accepted,
    fingerprint=st.text(sorted(set(hexdigits.lower())), min_size=16, max_size=16),
    code=st.sampled_from(["M101", "M107", "M405"]),
    subject=TEXTS,
    place=TEXTS,
    reason=TEXTS,
    expires=st.dates(min_value=date(1, 1, 1)).map(str),
    seen=st.sampled_from(["simulated", "observed"]),
)
HOSTILE = '"""\n[[accepted]]\nreason = "x"\x1b]0;x\x07\\u0041 \u202e\u2028 ${HOME} # \x7f\x85'


@given(st.lists(ENTRIES, max_size=5, unique_by=lambda entry: entry.fingerprint))
@example([])
@example([Accepted("0" * 16, "M101", HOSTILE, "[[accepted]]", HOSTILE, "2026-12-31")])
def test_what_is_written_reads_back_the_same(entries: list[Accepted]) -> None:
    text = render_accepted(entries)
    read = parse_accepted("f", text)
    assert {_bare(entry) for entry in read} == {_bare(entry) for entry in entries}
    assert [text.splitlines()[entry.line - 1] for entry in read] == ["[[accepted]]"] * len(entries)
    assert render_accepted(read) == text
    assert not set(text) & {"\x1b", "\x07", "\x7f", "\x85", "\u202e", "\u2028"}


def _bare(entry: Accepted) -> tuple[str, ...]:
    return (entry.fingerprint, entry.code, entry.subject, entry.place, entry.reason, entry.expires, entry.seen)
