"""What becomes of a file as a whole: verdicts, messages, directives, and texts that do not parse."""

from __future__ import annotations

import sys
import warnings

import pytest

from muster.adapters.parse_worker import parse_full
from muster.facts.module_facts import Directive, SyntaxProblem
from muster.facts.parse import estimate_tests, parse_bodies, parse_directives, parse_module

TARGET = (sys.version_info.major, sys.version_info.minor)

REFUSED = {
    "parser": b"def f(:\n    pass\n",
    "indentation": b"if a:\npass\n",
    "tabs": b"if a:\n\tb\n        c\n",
    "return": b"x = 1\nreturn x\n",
    "await": b"def f():\n    await x\n",
    "nonlocal": b"def f():\n    nonlocal x\n",
    "global": b"def f():\n    x = 1\n    global x\n",
    "arguments": b"def f(a, a): pass\n",
    "break": b"break\n",
    "future": b"import a\nfrom __future__ import annotations\n",
    "unknown future": b"from __future__ import nothing\n",
    "debug": b"__debug__ = 1\n",
    "star": b"*a\n",
    "string": b"x = '''\n",
    "cookie": b"# coding: nothing\n",
    "bom": b"\xef\xbb\xbf# coding: latin-1\n",
    "not utf-8": b"x = '\xff'\n",
    "nul": b"x = 1\0\n",
    "utf-16": "x = 1\n".encode("utf-16"),
    "parentheses": b"(" * 300,
    "unary": b"-" * 20_000 + b"1",
}


@pytest.mark.parametrize("source", REFUSED.values(), ids=REFUSED.keys())
def test_the_verdict_and_the_message_are_those_of_python(source: bytes) -> None:
    """Type, message, line and column are what `compile` raises for a file of that name."""
    with pytest.raises((SyntaxError, ValueError, MemoryError, RecursionError)) as caught:
        compile(source, "/missing/folder/test_it.py", "exec", dont_inherit=True)
    problem = parse_full("/elsewhere/test_it.py", source, TARGET).problem
    assert problem is not None
    assert (problem.type, problem.message) == (caught.type.__name__, str(caught.value))
    assert problem.line == (getattr(caught.value, "lineno", 0) or 0)


def test_the_line_of_an_error_is_never_read_from_disk() -> None:
    """The text of the line comes from the source at hand, not from what lies at the path by now."""
    problem = parse_full(__file__, b"a = 1\nreturn a  # here\n", TARGET).problem
    assert problem == SyntaxProblem(
        "SyntaxError", "'return' outside function (test_parse.py, line 2)", 2, 1, "return a  # here"
    )


def test_a_name_that_cannot_be_encoded_is_shown_escaped() -> None:
    """File names with bytes that are not UTF-8 do not break the record."""
    problem = parse_full("/p/test_\udcff.py", b"def\n", TARGET).problem
    assert problem is not None
    assert problem.message.startswith("invalid syntax (test_\\udcff.py")


def test_warnings_stay_inside() -> None:
    """A source that deserves a SyntaxWarning parses where warnings are errors, and none is shown."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert parse_full("/p/m.py", b"x = '\\d'\nx is 1\nassert (x, 'always')\n", TARGET).problem is None


def test_text_in_another_encoding_is_decoded() -> None:
    """PEP 263: the cookie decides, in the first two lines."""
    facts = parse_module("#!/x\n# coding: shift-jis\nx = '日本'\n".encode("shift-jis"), target=TARGET, path="/p/m.py")
    assert facts.body[0][3] == (0, "日本")


def test_a_file_that_does_not_parse_still_counts_its_tests() -> None:
    """Tests are estimated from `def test` lines and the classes round them; functions inside functions do not count."""
    source = (
        b"def test_a():\n    def test_inner(): pass\n"
        b"class TestB:\n  class TestC:\n    async def test_d(self): pass\n"
        b"  def test_e(self: pass\n  def other(self): pass\n"
        b"def test_f(:\n"
    )
    facts = parse_full("/p/m.py", source, TARGET)
    assert facts.problem is not None
    assert facts.body == []
    assert facts.estimated_tests == ("test_a", "TestB::TestC::test_d", "TestB::test_e", "test_f")
    assert parse_bodies(source, TARGET).by_line == {}
    assert estimate_tests(b"") == ()


def test_directives_are_comments_only() -> None:
    """Codes and reason are read; a string that looks like a directive is none."""
    source = (
        b"x = '# muster: ignore[M402] no'\n"
        b"y = 1  # muster: ignore[M402, M407] generated twice\n"
        b"# muster: ignore\n"
        b"'''\n# muster: ignore[M401] no\n'''\n"
    )
    assert parse_directives(source) == (Directive(2, ("M402", "M407"), "generated twice"), Directive(3, (), ""))


def test_directives_of_a_file_that_does_not_parse() -> None:
    """Those before the error count."""
    assert parse_directives(b"# muster: ignore[M301] known\nx = (\n") == (Directive(1, ("M301",), "known"),)


def test_a_deep_expression_becomes_unknown() -> None:
    """An expression that this interpreter cannot descend into is a value that is never known, not a failure."""
    facts = parse_full("/p/m.py", b"x = 1\ny = " + b" + ".join([b"a"] * 900) + b"\nz = 2\n", TARGET)
    assert facts.problem is None
    assert facts.all_names == ("x", "y", "z")
