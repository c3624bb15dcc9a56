"""What a file mentions, read off its bytes."""

from __future__ import annotations

from muster.facts.mentions import Imported, decode_mentions, encode_mentions, imported_names, read_mentions

SOURCE = b"""\
from a.b import (
    one,  # a comment, two
    three as four,
)
import x.y as z, w
class Shop:
    async  def open(self): from .till import coin
def  close(): ...
LIMIT: int = 3
rate = 1
rate == 2
call(limit=3)
from . import sibling \\
    , other
"""


def test_definitions_at_any_depth_and_assignments_of_module_level_are_mentioned() -> None:
    assert read_mentions(SOURCE).defined == b"LIMIT Shop close open rate"


def test_import_statements_are_kept_with_their_lines() -> None:
    mentions = decode_mentions(encode_mentions(read_mentions(SOURCE)))
    assert [line for line, _ in mentions.imports] == [1, 5, 13]
    assert list(imported_names(mentions, b"three")) == [Imported(1, 0, "a.b", "one"), Imported(1, 0, "a.b", "three")]
    assert list(imported_names(mentions, b"y")) == [Imported(5, 0, "x.y", ""), Imported(5, 0, "w", "")]
    assert list(imported_names(mentions, b"other")) == [Imported(13, 1, "", "sibling"), Imported(13, 1, "", "other")]
    assert list(imported_names(mentions, b"absent")) == []


def test_the_words_of_imports_are_listed_once() -> None:
    assert b"till" not in read_mentions(b"x = 'from till import coin'\n").imported.split()
    assert read_mentions(b"import a\nimport a.b\n").imported == b"a b import"
