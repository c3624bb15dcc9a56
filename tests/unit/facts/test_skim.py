"""Skimming says what a full parse says, or says that it is in doubt."""

# ruff: noqa: E501  # because a piece of source reads best on one line
from __future__ import annotations

import random
import sys
import sysconfig
from pathlib import Path

import pytest

from muster.adapters.parse_worker import parse_full
from muster.facts.skim import skim, skim_module

TARGET = (sys.version_info.major, sys.version_info.minor)

PIECES = {
    "plain": "def NAME(a, b=1):\n    x = 1\n    return x\n",
    "two lines": "def NAME():\n    x = 1\n    y = 2\n",
    "one line": "def NAME(): return 1\n",
    "one line, semicolons": "def NAME(): a; b\n",
    "pass": "def NAME():\n    pass\n",
    "ellipsis": "def NAME():\n\n    ...  # later\n",
    "docstring only": 'def NAME():\n    """Doc.\n\n    def f():\n        pass\n    """\n',
    "docstring in parentheses": "def NAME():\n    ('doc')\n",
    "raw docstring and pass": 'def NAME():\n    r"""a\\"""\n    pass\n',
    "f-string only": "def NAME():\n    f'{a}'\n",
    "docstring, then code": 'def NAME():\n    """Doc."""\n    return 1\n',
    "text at the margin": 'def NAME():\n    x = """\nclass Not:\n    def neither(self):\n        pass\n"""\n    return x\n',
    "odd quotes": "def NAME():\n    for q in ('\"\"\"', \"'''\"):\n        use(q)\n",
    "quote in a comment": 'def NAME():\n    # don\'t """\n    return 1\n',
    "comment at the margin": "def NAME():\n    a = 1\n# not the end\n    b = 2\n",
    "comment at the end": 'def NAME():\n    """Doc."""\n    b = 2\n    # the end\n# really\n',
    "comment that ends a string": 'def NAME():\n    b = """\n# the end"""\n',
    "blank lines": "def NAME():\n\n    a = 1\n\n\n    b = 2\n   \n\n",
    "brackets at the margin": "def NAME():\n    x = foo(\n1,\n2)\n    return x\n",
    "backslash": "def NAME():\n    x = 1 + \\\n2\n    return x\n",
    "backslash at the end": "def NAME():\n    a = 0\n    x = a + \\\nnumber\n",
    "backslash in a string": "def NAME():\n    x = 'a\\\nb'\n    return x\n",
    "generator": "def NAME():\n    a = 1\n    yield a\n",
    "word yield": "def NAME():\n    return 'yield'\n",
    "inner generator": "def NAME():\n    def g():\n        yield\n    return g\n",
    "async": "async def NAME():\n    await x\n    return 1\n",
    "async generator": "async def NAME():\n    await x\n    yield 1\n",
    "decorated": "@a.b(\n    'def f():'\n)\n@c\ndef NAME():\n    x = 1\n    return x\n",
    "decorator first in body": "def NAME():\n    @d\n    def g():\n        return 1\n    return g\n",
    "signature over lines": "def NAME(\n    a: int = f(1),  # def (\n    b: str = ':',\n    *, c={'x': 1}[\"x\"],\n) -> dict[str, int]:\n    return {}\n",
    "lambda default": "def NAME(a=lambda x: 1, b=lambda: {1: 2}):\n    return a\n",
    "returns lambda": "def NAME() -> (lambda: 1):\n    return 1\n",
    "unicode name": "def naïve_NAME():\n    return 1\n",
    "space before the colon": "def NAME (a) :  # why\n    return 1\n",
    "class": "class NAME(Base):\n    '''Doc.'''\n    x = 1\n\n    def m(self):\n        return 1\n\n    @property\n    def n(self):\n        return 2\n    y = 2\n",
    "class of one line": "class NAME: x = 1\n",
    "nested classes": "class NAME:\n    class In:\n        def m(self):\n            return 1\n        z = 1\n    def n(self):\n        class Local:\n            pass\n        return Local\n",
    "branches": "if a:\n    def NAME():\n        return 1\nelse:\n    def NAME():\n        return 2\n",
    "try": "try:\n  def NAME():\n     return 1\nexcept E:\n  NAME = None\n",
    "string with def": "NAME = '''\ndef f():\n    return 1\n\"\"\"\n'''\n",
    "string with hash": "NAME = '#' + \"it's\"\n",
    "list": "NAME = [\n    1,\n  # def f():\n    lambda: 2,\n]\n",
    "walrus": "if (NAME := 1):\n    pass\n",
    "annotated": "NAME: list[Missing] = []\n",
    "carriage returns": "def NAME():\r\n    x = 1\r\n    return x\r\n",
    "form feed": "\n\f\ndef NAME():\n    x = 1\n    return x\n",
    "tab": "def NAME():\n\tx = 1\n\treturn x\n",
    "matching": "match a:\n    case 1:\n        def NAME():\n            return 1\n",
    "no indentation": "def NAME():\nreturn 1\n",
    "star import inside": "def NAME():\n    return {*a, *b}\n",
    "match names": "define = default = defx = 1\n",
}


@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES.keys())
def test_one_piece(piece: str) -> None:
    """Each construct alone, with and without a newline at the end, is skimmed as it parses."""
    source = piece.replace("NAME", "name").encode()
    _compare(source)
    _compare(source.rstrip(b"\n"))
    _compare(b"x = 1\n" + source + b"z = 2\n")


@pytest.mark.parametrize("seed", range(20))
def test_pieces_together(seed: int) -> None:
    """Any order of them, at any depth, is skimmed as it parses."""
    chance = random.Random(seed)
    pieces = list(PIECES.values())
    for _ in range(25):
        text = ""
        for number in range(chance.randint(2, 7)):
            piece = chance.choice(pieces).replace("NAME", f"n{number}")
            if chance.random() < 0.3:
                piece = f"class C{number}:\n" + "".join(f"    {line}" for line in piece.splitlines(keepends=True))
            text += piece
        _compare(text.encode())


def test_most_of_the_standard_library_is_skimmed_without_doubt() -> None:
    """On real files the facts are equal; doubts are rare enough to pay."""
    paths = sorted(Path(sysconfig.get_path("stdlib")).glob("[a-m]*.py"))
    skimmed = [_compare(path.read_bytes()) for path in paths]
    assert sum(skimmed) > 0.9 * len(paths)


def test_lines_stay_where_they_are() -> None:
    """What is cut out leaves its line breaks."""
    source = b"def f():\n    # first\n\n    a = 1\n    b = 2\n    c = 3\n\n# then\nx = 1\n"
    assert skim(source) == b"def f():\n\n\n 0\n\n 0\n\n\nx = 1\n"


def _compare(source: bytes) -> bool:
    """Whether `source` was skimmed without doubt; fails where its facts are then not those of a full parse."""
    facts = skim_module(source, target=TARGET)
    if facts is None:
        return False
    full = parse_full("/p/m.py", source, TARGET)
    if full.problem is None:
        assert facts == full
    return True
