"""Imports spelled anew: what each way of writing one becomes, and that nothing else changes by a single byte."""

from __future__ import annotations

import ast
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from muster.fixes.imports import Move, rewrite_imports, rewrite_whole
from muster.fixes.source import read_source

MODULE = Move("a.b", "x.y")
NAME = Move("a.b", "x.y", "C", "C")
SAID = Move("a.b", "x.y", in_strings=True)
RENAMED = Move("a.b", "a.b", "C", "D")


@pytest.mark.parametrize(
    ("move", "before", "after"),
    [
        (MODULE, "from a.b import C, D\n", "from x.y import C, D\n"),
        (MODULE, "from a.b import (  # why\n    C,\n    D,  # d\n)\n", "from x.y import (  # why\n    C,\n    D,  # d\n)\n"),
        (MODULE, "from a.b.c import D\n", "from x.y.c import D\n"),
        (MODULE, "from a.bc import D\n", "from a.bc import D\n"),
        (MODULE, "import a.b as c\nc.d()\n", "import x.y as c\nc.d()\n"),
        (MODULE, "import a.b\na.b.f(b=a.b.g)\n", "import x.y\nx.y.f(b=x.y.g)\n"),
        (MODULE, "import a.b\ndef f(a):\n    return a.b\n", "import x.y\ndef f(a):\n    return a.b\n"),
        (MODULE, "import a.b, os\n", "import x.y, os\n"),
        (MODULE, "import a.b\na.c\n", None),
        (MODULE, "import a.b, a.c\na.c.d, a.b.e\n", "import x.y, a.c\na.c.d, x.y.e\n"),
        (MODULE, "from a import b\nb.f()\n", "from x import y as b\nb.f()\n"),
        (MODULE, "from a import b as c\n", "from x import y as c\n"),
        (MODULE, "from a import b, c  # both\n", "from a import c  # both\nfrom x import y as b\n"),
        (MODULE, "from a import (\n    b,  # one\n    c,  # two\n)\n", "from a import (\n    c,  # two\n)\nfrom x import y as b\n"),
        (MODULE, "from a import (\n    c,  # two\n    b,  # one\n)\n", "from a import (\n    c,  # two\n)\nfrom x import y as b\n"),
        (MODULE, "from a import (c,  # two\n    b)\n", "from a import (c,  # two\n    )\nfrom x import y as b\n"),
        (MODULE, "if True: from a import b, c\n", "if True: from a import c; from x import y as b\n"),
        (MODULE, "x = 1; from a import b, c; y = 2\n", "x = 1; from a import c; from x import y as b; y = 2\n"),
        (MODULE, "from a.b import *\n", "from x.y import *\n"),
        (MODULE, "try:\n\tfrom a.b import C\nfinally:\n\tpass\n", "try:\n\tfrom x.y import C\nfinally:\n\tpass\n"),
        (MODULE, "mock.patch('a.b.C')\n", "mock.patch('x.y.C')\n"),
        (MODULE, "@patch(\"a.b.C.d\")\ndef f(): ...\n", "@patch(\"x.y.C.d\")\ndef f(): ...\n"),
        (MODULE, "patch.dict('a.b.D', {})\n", "patch.dict('x.y.D', {})\n"),
        (MODULE, "dict('a.b.D')\nprint('a.b')\n", "dict('a.b.D')\nprint('a.b')\n"),
        (MODULE, "monkeypatch.setattr('a.b.C', 1)\n", "monkeypatch.setattr('x.y.C', 1)\n"),
        (MODULE, "pytest.importorskip('a.b')\n", "pytest.importorskip('x.y')\n"),
        (SAID, "x = ['a.b', 'a.b.c', 'a.bc', 'see a.b', b'a.b']\n", "x = ['x.y', 'x.y.c', 'a.bc', 'see a.b', b'a.b']\n"),
        (SAID, "x = ('a.b' '.c')\n", "x = ('a.b' '.c')\n"),
        (Move("b", "x.y", in_strings=True), "import b\nc = 'b'\n", "from x import y as b\nc = 'b'\n"),
        (MODULE, "pytest_plugins = ['a.b', 'a.bc']\n", "pytest_plugins = ['x.y', 'a.bc']\n"),
        (MODULE, "pytest_plugins = r'a.b'\n", "pytest_plugins = r'x.y'\n"),
        (Move("b", "x.y"), "import b\nb.f()\n", "from x import y as b\nb.f()\n"),
        (Move("b", "y.b"), "import b, os\n", "import os; from y import b\n"),
        (Move("b", "y"), "import b\nb.f()\n", "import y as b\nb.f()\n"),
        (Move("b", "y"), "import b.c\nb.c.f(b)\n", "import y.c\ny.c.f(y)\n"),
        (Move("b", "x.y"), "import b, b.c\ndef f(b):\n    return b.c\n", "import x.y, x.y.c\ndef f(b):\n    return b.c\n"),
        (Move("b", "b.c"), "import b.c.d\nb.c.d.f()\n", "import b.c.d\nb.c.d.f()\n"),
        (Move("a.b", "a.b.c"), "from a.b.c import D\nfrom a.b import E\n", "from a.b.c import D\nfrom a.b.c import E\n"),
        (NAME, "from a.b import C\nC()\n", "from x.y import C\nC()\n"),
        (NAME, "from a.b import C as Z, E\n", "from a.b import E\nfrom x.y import C as Z\n"),
        (NAME, "import a.b\na.b.C()\na.b.E()\n", "import a.b\nimport x.y\nx.y.C()\na.b.E()\n"),
        (NAME, "from a import b\nb.C\n", "from a import b\nimport x.y\nx.y.C\n"),
        (NAME, "patch('a.b.C.d')\npatch('a.b.Cd')\n", "patch('x.y.C.d')\npatch('a.b.Cd')\n"),
        (RENAMED, "from a.b import C, E\nC(C=C)\n", "from a.b import D, E\nD(C=D)\n"),
        (RENAMED, "from a.b import C\ndef f(C):\n    return C\n", "from a.b import D\ndef f(C):\n    return C\n"),
        (RENAMED, "from o import C\nfrom a.b import C as K\nC(K)\n", "from o import C\nfrom a.b import D as K\nC(K)\n"),
        (RENAMED, "import a.b as m\nm.C\n", "import a.b as m\nm.D\n"),
    ],
)  # fmt: skip
def test_an_import_is_spelled_anew(move: Move, before: str, after: str | None) -> None:
    assert rewrite_imports(before, move, "", rename=True) == after


def test_a_renamed_name_keeps_its_old_name_for_those_who_import_it_from_here() -> None:
    assert rewrite_imports("from a.b import C\nC()\n", RENAMED, "") == "from a.b import D as C\nC()\n"


@pytest.mark.parametrize(
    ("package", "move", "before", "after"),
    [
        ("a", Move("a.b", "a.d.b"), "from .b import C\n", "from .d.b import C\n"),
        ("a.k", Move("a.b", "a.d.b"), "from ..b import C\n", "from ..d.b import C\n"),
        ("a", Move("a.b", "a.d.b"), "from . import b\n", "from .d import b\n"),
        ("a.k", Move("a.k.b", "a.b"), "from . import b, c\n", "from . import c\nfrom .. import b\n"),
        ("a", Move("a.b", "x.b"), "from .b import C\n", "from x.b import C\n"),
        ("a", Move("a.b", "x.b"), "from . import b\n", "from x import b\n"),
        ("", Move("a.b", "x.b"), "from .b import C\n", "from .b import C\n"),
    ],
)
def test_a_relative_import_stays_relative_where_it_can(package: str, move: Move, before: str, after: str) -> None:
    assert rewrite_imports(before, move, package) == after


IMPORTS = st.sampled_from(
    [
        "from a.b import C", "from a.b import C as K, E", "import a.b as m", "from a import b", "from a import b, other",
        "from a import (\n    b,  # first\n    other,\n)", "from a.b import (C,\n    E)", "import a.b as m, os",
        "pytest_plugins = ['a.b']", "mock.patch('a.b.C')", "if True: from a import b, other",
        "import a.b", "import a.b\ncall(a.b.C, a.b)", "from a.b import *", "from a.b import C; from a import b, other; y2 = C",
        "from a import \\\n    b, other", "def g():\n\tfrom a.b import C\n\tfrom a import other, b\n\treturn C",
        "try:\n    from a.b import C\nexcept ImportError:\n    C = None", "from a.b import C  # type: ignore",
        "import a.b.sub as s", "from a.b.sub import Z", "@mock.patch(\n    'a.b.C', autospec=True\n)\nclass T: ...",
        "from a import b as C", "with suppress(ImportError):\n    import a.b",
    ]
)  # fmt: skip
OTHERS = st.sampled_from(
    [
        "import os  # keep", "x = 'a.b'", "# a.b is said here", "def f(p):\n\treturn  p . q", "class K :\n    y=1;z = 2",
        "s = '''\n  a.b  \n'''", "", "\x0c", "value = [1,2 ,\n   3]", "from other.b import C as O", "t = \"caf\\xe9\" # é",
        "lambda a : a.b", "print(C)", "\t# tab", "if q:\n\tr = '\\t'\nelse:\n        r = 2", "async def h(): await z",
        "print(f'{C} {1:>{2}}')", "def k(C): return C",
    ]
)  # fmt: skip
LINES = st.lists(st.one_of(IMPORTS, OTHERS), min_size=1, max_size=8)
MOVES = st.sampled_from([MODULE, NAME, RENAMED, Move("a.b", "a.b.c"), Move("a.b", "a.z.b", "E", "F")])


GROWN = Move("a.b", "a.b.c")
IN_FUNCTION = "def g():\n\tfrom a.b import C\n\tfrom a import other, b\n\treturn C"


def drawn(lines: list[str], move: Move, *, newline: str = "\n", rename: bool = False, last: bool = True) -> example:
    """One draw that was once wrong."""
    return example(lines=lines, others=[], newline=newline, move=move, rename=rename, last=last)


@drawn([""], MODULE)
@drawn(["\x0c", "\x0c"], MODULE)
@drawn(["from a import b", "", "\x0c"], RENAMED)
@drawn(["from a.b import C", "\x0c", "\x0c", "# a.b is said here"], RENAMED)
@drawn(["# a.b is said here", "from a import b, other"], MODULE, newline="\r\n", last=False)
@drawn(["import a.b\ncall(a.b.C, a.b)"], GROWN)
@drawn([IN_FUNCTION, "print(C)"], RENAMED, rename=True)
@drawn(["print(C)", "from a.b import (C,\n    E)"], RENAMED, rename=True)
@settings(max_examples=60, deadline=None)
@given(
    lines=LINES, others=st.lists(OTHERS, max_size=4), newline=st.sampled_from(["\n", "\r\n"]), move=MOVES,
    rename=st.booleans(), last=st.booleans(),
)  # fmt: skip
def test_the_rest_is_byte_for_byte_the_same_and_twice_is_once(
    lines: list[str], others: list[str], newline: str, move: Move, rename: bool, last: bool
) -> None:
    text = newline.join([*lines, *others]).replace("\r\n", "\n").replace("\n", newline) + (newline if last else "")
    changed = rewrite_imports(text, move, "", rename=rename)
    if changed is None:
        return
    assert changed == rewrite_whole(text, move, "", rename=rename)
    assert rewrite_imports(changed, move, "", rename=rename) == changed
    assert _bound(changed) >= _bound(text) or rename
    assert _lines_apart(changed, newline) == _lines_apart(text, newline)
    assert changed.count(newline * 2) >= text.count(newline * 2)
    if "\r\n" in text:
        assert "\n" not in changed.replace("\r\n", "")


def _lines_apart(text: str, newline: str) -> list[str]:
    """The lines that are neither of an import nor name anything that may move; a new statement may bring blank ones."""
    concerned = re.compile(r"import|\b[abCDEFxy]\b|^ +other|^ *\)$|^$")
    return [line for line in text.split(newline) if "keep" in line or not concerned.search(line)]


def _bound(text: str) -> set[str]:
    return {
        alias.asname or alias.name.partition(".")[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
        if alias.asname or "." not in alias.name or isinstance(node, ast.ImportFrom)
    }


@pytest.mark.parametrize(
    ("encoding", "head"),
    [
        ("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("latin-1", b"# -*- coding: latin-1 -*-\n"),
        ("cp1252", b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n"), ("utf-8", b"\xef\xbb\xbf# coding: utf-8\n"),
        ("shift_jis", b"# coding: shift_jis\r\n"),
    ],
)  # fmt: skip
def test_a_file_keeps_its_encoding_and_mark(encoding: str, head: bytes) -> None:
    word = "カ" if encoding == "shift_jis" else "é"
    content = head + f"s = '{word}'\r\n\tt\nfrom a.b import C\n".replace("\t", "").encode(encoding)
    source = read_source(content)
    assert source is not None
    changed = rewrite_imports(source.text, MODULE, "")
    assert changed is not None
    assert source.encode(changed) == content.replace(b"a.b", b"x.y")


@pytest.mark.parametrize(
    "content", [b"# coding: nonsense\n", b"s = '\xff'\n", b"# coding: utf-7\n+AGE-\n", b"# coding: rot13\n"]
)
def test_what_would_not_come_back_is_not_read(content: bytes) -> None:
    source = read_source(content)
    assert source is None or source.encode(source.text) == content


def test_what_the_encoding_lacks_is_refused() -> None:
    source = read_source(b"# coding: latin-1\n")
    assert source is not None
    assert source.encode("λ") is None


def test_what_does_not_parse_is_left_alone() -> None:
    assert rewrite_imports("from a.b import (\n", MODULE, "") is None
