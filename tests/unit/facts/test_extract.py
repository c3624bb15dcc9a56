"""The IR that each construct of the language becomes."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from tests.unit.facts.grammar import check_block

from muster.facts import opcodes as op
from muster.facts.module_facts import decode_bodies, decode_facts, encode_bodies, encode_facts
from muster.facts.parse import parse_bodies, parse_module

TARGET = (sys.version_info.major, sys.version_info.minor)
A, B, X = (op.NAME, "a"), (op.NAME, "b"), (op.NAME, "x")
ONE = (op.CONST, 1)


def body_of(text: str, target: tuple[int, int] = TARGET) -> list[Any]:
    """The IR of a module that parses."""
    facts = parse_module(text.encode(), target=target, path="/p/m.py")
    assert facts.problem is None
    return facts.body


EXPRESSIONS = {
    "None": (op.CONST, None),
    "1.5": (op.CONST, 1.5),
    "b'x'": (op.CONST, b"x"),
    "...": (op.SPECIAL, "ellipsis", "..."),
    "2j": (op.SPECIAL, "complex", "2j"),
    "9223372036854775807": (op.CONST, 2**63 - 1),
    "9223372036854775808": (op.SPECIAL, "bigint", "9223372036854775808"),
    "'\\ud800'": (op.SPECIAL, "str", "'\\ud800'"),
    "a.b": (op.ATTR, A, "b"),
    "a(b, *x, k=1, **b)": (op.CALL, A, (B, (op.STAR, X)), (("k", ONE), (None, B))),
    "a[1:b]": (op.INDEX, A, (op.SLICE, ONE, B, None)),
    "a[b, ::1]": (op.INDEX, A, (op.TUPLE, (B, (op.SLICE, None, None, ONE)))),
    "a // b": (op.BINARY, "//", A, B),
    "not a": (op.UNARY, "not", A),
    "a and b and x": (op.BOOL, "and", (A, B, X)),
    "a < b is not x": (op.COMPARE, A, ("<", "is not"), (B, X)),
    "a if b else x": (op.IFEXP, B, A, X),
    "[a, *b]": (op.LIST, (A, (op.STAR, B))),
    "(a,)": (op.TUPLE, (A,)),
    "{a, b}": (op.SET, (A, B)),
    "{a: b, **x}": (op.DICT, ((A, B), (None, X))),
    "[a for x in b if x]": (op.LISTCOMP, A, ((X, B, (X,), False),)),
    "{a for x in b}": (op.SETCOMP, A, ((X, B, (), False),)),
    "(a for x in b)": (op.GENEXP, A, ((X, B, (), False),)),
    "{a: b for x, *a in b}": (op.DICTCOMP, A, B, (((op.TUPLE, (X, (op.STAR, A))), B, (), False),)),
    "f'p{a!r:>{b}}q'": (op.FSTRING, ("p", (A, "r", (">", (B, "", None))), "q")),
    "(a := b)": (op.WALRUS, "a", B),
    "lambda a, /, b=1, *x, c, d=1, **e: a": (
        op.LAMBDA,
        ((("a", None),), (("b", ONE),), "x", (("c", None), ("d", ONE)), "e"),
        A,
    ),
}


@pytest.mark.parametrize(("text", "expected"), EXPRESSIONS.items(), ids=EXPRESSIONS.keys())
def test_expression(text: str, expected: Any) -> None:
    """An expression becomes just this IR."""
    assert body_of(f"y = {text}\n") == [(op.ASSIGN, 1, ((op.NAME, "y"),), expected)]


STATEMENTS = {
    "a": (op.EXPR, 1, A),
    "a = b.x = 1": (op.ASSIGN, 1, (A, (op.ATTR, B, "x")), ONE),
    "a += 1": (op.AUG, 1, A, "+", ONE),
    "a: b = 1": (op.ANN, 1, A, B, ONE, True),
    "a: int": (op.ANN, 1, A, None, None, True),
    "a.b: x": (op.ANN, 1, (op.ATTR, A, "b"), X, None, False),
    "del a, b[1]": (op.DELETE, 1, (A, (op.INDEX, B, ONE))),
    "import a.b, c as d": (op.IMPORT, 1, (("a.b", None), ("c", "d"))),
    "from ..a import b as c, d": (op.FROM, 1, "a", (("b", "c"), ("d", None)), 2),
    "from . import *": (op.FROM, 1, None, (("*", None),), 1),
    "if a: b\nelse: x": (op.IF, 1, A, ((op.EXPR, 1, B),), ((op.EXPR, 2, X),)),
    "for a, b in x: break\nelse: b": (
        op.FOR, 1, (op.TUPLE, (A, B)), X, ((op.BREAK, 1),), ((op.EXPR, 2, B),), False,
    ),
    "while a: continue": (op.WHILE, 1, A, ((op.CONTINUE, 1),), ()),
    "try: a\nexcept a as b: pass\nexcept: pass\nelse: b\nfinally: x": (
        op.TRY, 1, ((op.EXPR, 1, A),), ((2, A, "b", ((op.PASS, 2),)), (3, None, None, ((op.PASS, 3),))),
        ((op.EXPR, 4, B),), ((op.EXPR, 5, X),), False,
    ),
    "try: a\nexcept* b: pass": (op.TRY, 1, ((op.EXPR, 1, A),), ((2, B, None, ((op.PASS, 2),)),), (), (), True),
    "with a as b, x: pass": (op.WITH, 1, ((A, B), (X, None)), ((op.PASS, 1),), False),
    "raise a from b": (op.RAISE, 1, A, B),
    "raise": (op.RAISE, 1, None, None),
    "assert a, b": (op.ASSERT, 1, A, B),
    "global a, b": (op.GLOBAL, 1, ("a", "b")),
    "@a\ndef f(x: b, y: int = 1) -> x: pass": (
        op.DEF, 2, ("f", ((), (("x", None), ("y", ONE)), None, (), None), (B, X), op.TRIVIAL, (), 2, 2),
        ((op.LINE, 1, A),),
    ),
    "async def f():\n  'doc'\n  x": (
        op.DEF, 1, ("f", ((), (), None, (), None), (), op.ASYNC, (), 3, 2), (),
    ),
    "def f():\n\n  yield": (op.DEF, 1, ("f", ((), (), None, (), None), (), op.GENERATOR, (), 3, 3), ()),
    "def f():\n  def g(): yield": (op.DEF, 1, ("f", ((), (), None, (), None), (), 0, (), 2, 2), ()),
    "def f():\n  lambda: (yield)": (op.DEF, 1, ("f", ((), (), None, (), None), (), 0, (), 2, 2), ()),
    "def f():\n  def g(a=(yield)): pass": (
        op.DEF, 1, ("f", ((), (), None, (), None), (), op.GENERATOR, (), 2, 2), (),
    ),
    "@a\nclass C(b, k=1):\n  'doc'\n  x = 1\n  ...": (
        op.CLASS, 2, "C", (B,), (("k", ONE),), ((op.ASSIGN, 4, (X,), ONE),), ((op.LINE, 1, A),), (), 5, "doc",
    ),
    "match a:\n  case 1 | None: pass": (
        op.MATCH, 1, A, (((op.M_OR, ((op.M_VALUE, ONE), (op.M_SINGLETON, None))), None, ((op.PASS, 2),)),),
    ),
    "match a:\n  case {1: x, **r} if b: pass": (
        op.MATCH, 1, A, (((op.M_MAPPING, (ONE,), ((op.M_AS, None, "x"),), "r"), B, ((op.PASS, 2),)),),
    ),
    "match a:\n  case C(x, k=_): pass\n  case [*_, y] as z: pass": (
        op.MATCH, 1, A, (
            ((op.M_CLASS, (op.NAME, "C"), ((op.M_AS, None, "x"),), (("k", (op.M_AS, None, None)),)), None,
             ((op.PASS, 2),)),
            ((op.M_AS, (op.M_SEQUENCE, ((op.M_STAR, None), (op.M_AS, None, "y"))), "z"), None, ((op.PASS, 3),)),
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), STATEMENTS.items(), ids=STATEMENTS.keys())
def test_statement(text: str, expected: Any) -> None:
    """A statement becomes just this IR; lines that a pattern or guard shares with no statement go under LINE."""
    assert _without_lines(body_of(text + "\n")) == [_without_lines(expected)]


def _without_lines(node: Any) -> Any:
    """The IR without LINE round operands below a `match`, whose cases stand on lines of their own."""
    if isinstance(node, (tuple, list)):
        if len(node) == 3 and node[0] == op.LINE and isinstance(node[1], int) and isinstance(node[2], tuple):
            return _without_lines(node[2])
        return type(node)(_without_lines(each) for each in node)
    return node


def test_operands_on_other_lines_carry_them() -> None:
    """LINE stands only where the line changes, and never round constants and displays, which cannot fail."""
    assert body_of("a(\n  b,\n  1, [\n   x])\n") == [
        (op.EXPR, 1, (op.CALL, A, ((op.LINE, 2, B), ONE, (op.LIST, ((op.LINE, 4, X),))), ()))
    ]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("from __future__ import annotations\n", (3, 11)),
        ("'''doc'''\nfrom __future__ import annotations\n", (3, 9)),
        ("", (3, 14)),
    ],
)
def test_annotations_that_are_not_evaluated_are_left_out(text: str, target: tuple[int, int]) -> None:
    """Under PEP 563 and from Python 3.14 (PEP 649) no annotation runs at import time."""
    body = body_of(text + "x: missing = 1\ndef f(a: missing) -> missing: pass\n", target)
    assert body[-2][3] is None
    assert body[-1][2][2] == ()


def test_a_late_future_import_changes_nothing() -> None:
    """`from __future__` counts only at the head of the file."""
    assert not parse_module(b"x = 1\n", target=TARGET, path="/p/m.py").future_annotations


def test_index_of_names_and_imports() -> None:
    """Top-level names and absolute imports are listed, those in branches and classes too, none of function bodies."""
    text = (
        b"import a.b, c as d\nfrom e import f, g as h\nfrom . import i\nfrom j import *\n"
        b"try:\n  import k\nexcept E as l: pass\nfor m, (n, *o) in p: q = 1\nwith r as s: pass\n"
        b"class T:\n  import u\n  v = 1\ndef w():\n  import x\n  global y\ny1: int\nif (z := 1): pass\n"
    )
    facts = parse_module(text, target=TARGET, path="/p/m.py")
    assert facts.imports == ("a.b", "c", "e", "e.f", "e.g", "j", "k", "u")
    assert facts.all_names == tuple("T a d f h i k l m n o q s w y1 z".split())


def test_function_bodies_by_line() -> None:
    """Every function is found by its line, methods and nested functions included, with its own scope's names."""
    text = b"""\
class C:
    @d
    async def m(self, a, *b, c=1, **k):
        '''doc'''
        global g
        g = x = 1
        if (w := [v := 1 for i in j]):
            import p.q
        for y in z: pass
        def inner(n=(yield)):
            nonlocal x
            x = t = 1
        note: missing
        try: pass
        except E as e: pass
        return lambda h: h
"""
    bodies = parse_bodies(text, TARGET).by_line
    assert sorted(bodies) == [3, 10]
    method, inner = bodies[3], bodies[10]
    assert set(method.local_names) == {"self", "a", "b", "c", "k", "x", "w", "v", "p", "y", "inner", "note", "e"}
    assert (method.is_async, method.is_generator, method.doc, method.globals) == (True, True, "doc", ("g",))
    assert (inner.local_names, inner.nonlocals, inner.is_generator) == (("n", "t"), ("x",), False)
    assert next(each for each in method.statements if each[0] == op.ANN)[3] is None
    check_block(method.statements)


def test_annotations_in_a_class_below_a_function_are_evaluated() -> None:
    """Only annotations of local variables are not (PEP 526); a class body inside a function is a scope of its own."""
    statements = parse_bodies(b"def f():\n  class C:\n    a: b\n  d: e\n", TARGET).by_line[1].statements
    assert statements[0][5] == ((op.ANN, 3, A, B, None, True),)
    assert statements[1][3] is None


def test_the_standard_library_is_of_the_grammar() -> None:
    """Facts and bodies of real files follow the grammar, before and after the cache's encoding."""
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("[a-d]*.py")):
        source = path.read_bytes()
        facts = parse_module(source, target=TARGET, path=str(path))
        check_block(facts.body)
        check_block(decode_facts(encode_facts(facts)).body)
        for body in decode_bodies(encode_bodies(parse_bodies(source, TARGET))).by_line.values():
            check_block(body.statements)
