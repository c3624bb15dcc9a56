"""The blocks of a file that does not parse, told by its lines."""

from __future__ import annotations

import pytest

from muster.facts.blocks import read_blocks

BROKEN = """\
class TestOne:
    text = {quotes}
class InText:
    def test_in_text(self): pass
{quotes}.strip()

    def test_below(self):
        assert self.text  # {quotes}
{end}
"""


def told(end: str, quotes: str) -> list[str]:
    return [".".join(block.names) for block in read_blocks(BROKEN.format(quotes=quotes, end=end).encode())]


@pytest.mark.parametrize("quotes", ['"""', "'''"])
def test_code_in_a_string_is_no_code(quotes: str) -> None:
    assert told(")", quotes) == ["TestOne", "TestOne.test_below"]


def test_a_string_ends_no_block() -> None:
    (_, test) = read_blocks(BROKEN.format(quotes='"""', end=")").encode())
    assert test.text.splitlines()[0] == "    def test_below(self):"
    (owner, _) = read_blocks(BROKEN.format(quotes='"""', end=")").encode())
    assert "assert self.text" in owner.text


def test_where_a_quote_has_no_end_nothing_is_taken_for_a_string() -> None:
    assert told('"""', '"""') == ["TestOne", "InText", "InText.test_in_text", "InText.test_below"]
