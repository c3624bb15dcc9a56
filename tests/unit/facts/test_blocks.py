"""The blocks of a file, and of one that does not parse, told by its lines."""

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


def test_a_text_of_quotes_is_read_in_one_go() -> None:
    quotes = "class TestOne:\n" + '\\"' * 200_000 + "\n" + '\\"""' * 100_000
    assert [block.names for block in read_blocks(quotes.encode())] == [("TestOne",)]


def test_an_expression_nested_too_deep_is_told_by_its_text() -> None:
    def digest(text: str) -> str:
        (block,) = read_blocks(f"def test_deep():\n    assert {text}\n".encode())
        return block.digest

    deep = " + ".join("1" for _ in range(2_000))
    assert digest(deep) == digest(deep.replace("+ 1", "+  1")) != digest(deep.replace("+ 1", "+ 2"))


@pytest.mark.parametrize(
    ("text", "other"),
    [
        (
            "class A:\n    x = 1\n    def f(self): return x",
            "class B:\n    x=1\n    def f(self):\n        return x  # why",
        ),
        ("@mark(1)\nasync def a(b):\n    'c'", 'async def z(b): "c"'),
        ("a: int = f('b')", "c = f(  'b')"),
    ],
)
def test_what_a_block_says_is_neither_its_name_nor_its_formatting(text: str, other: str) -> None:
    one, *_ = read_blocks(text.encode())
    two, *_ = read_blocks(other.encode())
    assert (
        one.digest
        == two.digest
        != read_blocks(other.replace("x", "y").replace("'b'", "1").replace('"c"', "2").encode())[0].digest
    )


def test_a_block_reads_what_its_decorators_or_value_mention() -> None:
    blocks = read_blocks(b"class A:\n    @mark(cases)\n    def f(self): other\n\n    x, y = one, two; z = three\n")
    assert {str(block): block.reads for block in blocks} == {
        "class A": (),
        "function A.f": ("mark", "cases"),
        "value A.x": ("one", "two"),
        "value A.y": ("one", "two"),
        "value A.z": ("three",),
    }
