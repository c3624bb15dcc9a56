"""Whatever a file holds, parsing it yields data: the compiler's own verdict, or a reason why there is none."""

from __future__ import annotations

import ast
import random
import re
import sys
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.facts.grammar import check_block

from muster.adapters.parse_worker import parse_full
from muster.adapters.parsing import SIZE_LIMIT_BYTES, SourceParser
from muster.facts.module_facts import ModuleFacts, decode_bodies, decode_facts, encode_bodies, encode_facts
from muster.facts.parse import PARSE_FAILURES, parse_bodies
from muster.facts.skim import skim_module

TARGET = (sys.version_info.major, sys.version_info.minor)
STDLIB = Path(sysconfig.get_path("stdlib"))
MUTANTS = 10_000

SEED_SOURCE = b'''\
"""Docstring with "quotes" and a \\N{SNOWMAN}."""
from __future__ import annotations
import os, sys as system
from .package import (name, other as another,)  # a comment
X: dict[str, int] = {"a": 1, **{"b": 2}}
@decorator(1, *args, key="value", **kwargs)
class TestThing(Base, metaclass=Meta):
    \'\'\'Doc.\'\'\'
    y = [i for i in range(10) if i % 2]

    async def test_method(self, a, /, b=1, *c, d: int = 2, **e) -> None:
        async with a as b, c:
            await b
        return

    @staticmethod
    def static(): yield from (yield)

def function(a=lambda x: x + 1):
    global X
    try:
        X = f"{a!r:>{10}} {'nested'}" "implicit" 'concatenation'
    except (ValueError, TypeError) as error:
        raise RuntimeError from error
    finally:
        del X
    for i, (j, *k) in enumerate([]): continue
    else:
        while (n := 1) and not 0x1F: break
    match a:
        case {"k": [1, *_], **rest} if rest: pass
        case Point(x=0) | None: return 1
    text = """
def not_a_function():
    pass
"""
    return text[1:2, ...], 1_000.5e-3j, b"\\x00", r"\\d"
if __name__ == "__main__":
    function(); sys.exit(0)
'''

ENCODINGS = ("utf-16", "utf-32", "shift-jis", "latin-1", "utf-8-sig", "cp037", "utf-7")
COOKIES = (
    b"# coding: utf-8\n", b"# -*- coding: latin-1 -*-\n", b"# coding: shift-jis\n", b"# coding: nothing\n",
    b"# coding: utf-16\n", b"# coding: rot13\n", b"# coding: hex\n", b"\n# vim: set fileencoding=ascii :\n",
    b"\xef\xbb\xbf# coding: latin-1\n", b"# coding: ../../x\n", b"# coding: idna\n", b"# coding: undefined\n",
    b"# coding: unicode_escape\n", b"# coding: punycode\n", b"# coding: raw_unicode_escape\n",
)  # fmt: skip
FRAGMENTS = (
    b"\0", b"\r", b"\f", b"\t", b"\x1a", b"\\\n", b"'''", b'"""', b"'", b"(", b")", b"]", b"{", b":", b";", b"\n", b"    ",
    b"return\n", b"yield", b"await x", b"async ", b"def f(", b"class", b"lambda", b"*", b"**", b":=", b"\xff", b"\xed\xa0\x80",
    b"\xef\xbb\xbf", "\N{RIGHT-TO-LEFT OVERRIDE}".encode(), "\N{NO-BREAK SPACE}".encode(), b"0777", b"1__0", b"$", b"?", b"!",
    b"from __future__ import braces\n", b"nonlocal x\n", b"__debug__ = 1\n", b"f'{", b"print 1\n", b"match x:\n", b"except* E:\n",
)  # fmt: skip


def test_ten_thousand_mutants_have_the_verdict_of_the_compiler() -> None:
    """A mutant parses just where `compile` takes it, with its message; skimming it changes nothing but doubts."""
    chance = random.Random(20_260_101)
    for number in range(MUTANTS):
        source = _mutant(chance)
        facts = parse_full("/p/test_mutant.py", source, TARGET)
        assert _verdict(facts) == _compiler_verdict(source), (number, source)
        skimmed = skim_module(source, target=TARGET)
        if facts.problem is None:
            check_block(decode_facts(encode_facts(facts)).body)
            assert skimmed is None or skimmed == facts, (number, source)
            if number % 10 == 0:
                bodies = decode_bodies(encode_bodies(parse_bodies(source, TARGET)))
                for body in bodies.by_line.values():
                    check_block(body.statements)


def test_what_skimming_takes_and_the_compiler_refuses_is_flagged_by_ruff() -> None:
    """The parser as a whole gives every mutant the compiler's verdict, though it skims most of them."""
    chance = random.Random(7)
    sources = [(f"/p/test_{number}.py", _mutant(chance)) for number in range(1_500)]
    with SourceParser(TARGET, processes=1) as parser:
        records = [decode_facts(record) for record in parser.parse_many(sources)]
    for (path, source), facts in zip(sources, records, strict=True):
        assert (facts.problem is None) == (_compiler_verdict(source, path) is None), source


def test_files_of_the_standard_library_have_the_verdict_of_the_compiler() -> None:
    """Its tests hold files that do not parse, on purpose; of its other files a sample will do."""
    ordinary = [path for folder in (STDLIB, STDLIB / "test") for path in sorted(folder.glob("*.py"))]
    broken = [*STDLIB.glob("test/*data*/*.py"), *STDLIB.glob("test/bad*.py"), *STDLIB.glob("lib2to3/tests/data/*.py")]
    paths = [*ordinary[::5], *sorted(broken)]
    sources = [(str(path), path.read_bytes()) for path in paths]
    with SourceParser(TARGET) as parser:
        records = [decode_facts(record) for record in parser.parse_many(sources)]
    for (path, source), facts in zip(sources, records, strict=True):
        assert facts.undecided == ""
        assert _verdict(facts) == _compiler_verdict(source, path)


def _nested(opening: bytes, closing: bytes, depth: int) -> bytes:
    return b"x = " + opening * depth + b"1" + closing * depth + b"\n"


def _ladder(line: bytes, depth: int) -> bytes:
    return b"".join(b" " * level + line + b"\n" for level in range(depth)) + b" " * depth + b"pass\n"


PATHOLOGICAL = {
    "ten thousand minus signs": b"x = " + b"-" * 10_000 + b"1\n",
    "ninety thousand minus signs": b"x = " + b"-" * 90_000 + b"1\n",
    "not not not": b"x = " + b"not " * 5_000 + b"a\n",
    "parentheses": _nested(b"(", b")", 150),
    "open parentheses": b"(" * 100_000,
    "brackets": _nested(b"[", b"]", 190),
    "braces": _nested(b"{1:", b"}", 190),
    "mixed brackets": b"x = " + b"([{" * 60 + b"\n",
    "lambdas": b"x = " + b"lambda: " * 4_000 + b"1\n",
    "conditional chain": b"x = " + b"1 if a else " * 5_000 + b"1\n",
    "power tower": b"x = " + b"2**" * 5_000 + b"1\n",
    "a sum of a hundred thousand": b"x = " + b"+".join([b"a"] * 100_000) + b"\n",
    "an and of ten thousand": b"x = " + b" and ".join([b"a"] * 10_000) + b"\n",
    "attribute chain": b"x = a" + b".b" * 50_000 + b"\n",
    "call chain": b"x = a" + b"()" * 20_000 + b"\n",
    "awaits": b"async def f():\n  return " + b"await " * 5_000 + b"a\n",
    "decorators": b"@a\n" * 20_000 + b"def f(): pass\n",
    "deepest indentation": _ladder(b"if a:", 99),
    "too deep indentation": _ladder(b"if a:", 500),
    "nested functions": _ladder(b"def f():", 95),
    "nested classes": _ladder(b"class C:", 95),
    "elif chain": b"if a: pass\n" + b"elif b: pass\n" * 20_000,
    "format specs": b'x = f"' + b"{a:" * 3_000 + b'"\n',
    "an f-string of many fields": b'x = f"' + b"{a}" * 15_000 + b'"\n',
    "a million blank lines": b"\n" * 1_000_000,
    "a million lines": b"#\n" * 1_000_000 + b"x = 1\n",
    "one long string": b"x = '" + b"a" * 4_000_000 + b"'\n",
    "one long comment": b"#" + b"a" * 4_000_000,
    "one long name": b"a" * 1_000_000 + b" = 1\n",
    "a large hexadecimal number": b"x = 0x" + b"f" * 500_000 + b"\n",
    "a large decimal number": b"x = " + b"9" * 100_000 + b"\n",
    "backslashes": b"x = \\\n" + b"\\\n" * 50_000 + b"1\n",
    "a hundred thousand quotes": b"'" * 100_001,
    "strings side by side": b"x = " + b"'a' " * 50_000 + b"\n",
    "headers without end": b"def f(\n" * 20_000,
    "odd triple quotes": b"def f():\n    x = '''\n" * 5_000,
    "comments as a body": b"def f():\n" + b"# x\n" * 100_000 + b"    '''a'''\n",
    "nested patterns": b"match a:\n case " + b"[" * 150 + b"]" * 150 + b": pass\n",
    "beyond the limit": b"x = 1\n" * (SIZE_LIMIT_BYTES // 6 + 1),
}


@pytest.mark.parametrize("source", PATHOLOGICAL.values(), ids=PATHOLOGICAL.keys())
def test_pathological_sources_end_as_data(parser: SourceParser, source: bytes) -> None:
    """Facts, a problem or a reason, within seconds; the bodies likewise; and the next file is answered as ever."""
    facts = decode_facts(parser.parse("/p/test_it.py", source))
    assert (facts.body == []) or (facts.problem is None and facts.undecided == "")
    assert len(source) <= SIZE_LIMIT_BYTES or facts.undecided == "the file is larger than 5 MiB"
    decode_bodies(parser.parse_bodies("/p/test_it.py", source))
    assert decode_facts(parser.parse("/p/test_next.py", b"x = 1\n")).all_names == ("x",)


def test_pathological_sources_cost_no_other_file_its_answer(parser: SourceParser) -> None:
    """Among many files, every one is answered in its place."""
    names = ["parentheses", "ten thousand minus signs", "beyond the limit", "a hundred thousand quotes", "format specs"]
    sources = [PATHOLOGICAL[name] for name in names]
    mixed = [source for bad in sources for source in (b"before = 1\n", bad, b"after = 2\n")]
    records = [decode_facts(each) for each in parser.parse_many([("/p/m.py", source) for source in mixed])]
    assert [facts.all_names for facts in records[0::3]] == [("before",)] * len(names)
    assert [facts.all_names for facts in records[2::3]] == [("after",)] * len(names)


@pytest.fixture(scope="module")
def parser() -> Iterator[SourceParser]:
    """One parser for all, so that what one file breaks would show in the next."""
    with SourceParser(TARGET, processes=1) as shared:
        yield shared


def _mutant(chance: random.Random) -> bytes:
    source = SEED_SOURCE
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        source = chance.choice(_MUTATIONS)(source, chance)
    return source


def _cut(source: bytes, chance: random.Random) -> bytes:
    return source[: chance.randrange(len(source) + 1)]


def _flip(source: bytes, chance: random.Random) -> bytes:
    if not source:
        return source
    at = chance.randrange(len(source))
    return source[:at] + bytes([chance.randrange(256)]) + source[at + 1 :]


def _insert(source: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(source) + 1)
    return source[:at] + chance.choice(FRAGMENTS) + source[at:]


def _drop_token(source: bytes, chance: random.Random) -> bytes:
    tokens = re.findall(rb"\w+|\s+|[^\w\s]", source)
    if tokens:
        del tokens[chance.randrange(len(tokens))]
    return b"".join(tokens)


def _drop_line(source: bytes, chance: random.Random) -> bytes:
    lines = source.splitlines(keepends=True)
    if lines:
        del lines[chance.randrange(len(lines))]
    return b"".join(lines)


def _indent(source: bytes, chance: random.Random) -> bytes:
    lines = source.splitlines(keepends=True)
    if lines:
        at = chance.randrange(len(lines))
        lines[at] = chance.choice((b"", b" ", b"\t", b"    ", b"        ")) + lines[at].lstrip(b" \t")
    return b"".join(lines)


def _line_ends(source: bytes, chance: random.Random) -> bytes:
    return source.replace(b"\n", chance.choice((b"\r\n", b"\r", b"\n\n", b"\n\f", b" \n", b"\\\n")))


def _cookie(source: bytes, chance: random.Random) -> bytes:
    return chance.choice(COOKIES) + source


def _encode(source: bytes, chance: random.Random) -> bytes:
    text = source.decode("utf-8", "replace") + "\n# 日本 é\n"
    return text.encode(chance.choice(ENCODINGS), "replace")


def _repeat(source: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(source) + 1)
    piece = source[start : start + chance.randrange(200)]
    return source[:start] + piece * 2 + source[start:]


_MUTATIONS = (
    _cut, _flip, _flip, _insert, _insert, _drop_token, _drop_token, _drop_line, _indent, _line_ends, _cookie, _encode, _repeat,
)  # fmt: skip


def _verdict(facts: ModuleFacts) -> tuple[str, str] | None:
    return None if facts.problem is None else (facts.problem.type, facts.problem.message)


def _compiler_verdict(source: bytes, path: str = "/p/test_mutant.py") -> tuple[str, str] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(source, path)
            compile(tree, path, "exec", dont_inherit=True)
        except PARSE_FAILURES as exc:
            return type(exc).__name__, str(exc).encode("utf-8", "backslashreplace").decode()
    return None
