"""Single edits of a file: each result spelled out, and what is left alone."""

from __future__ import annotations

import pytest

from muster.fixes.cycles import defer_import
from muster.fixes.platforms import guard_import
from muster.fixes.replaced import in_fixture, put_back
from muster.fixes.unused import without_unused


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from a import gone\nx = 1\n", "x = 1\n"),
        ("from a import x, gone\nx\n", "from a import x\nx\n"),
        ("from a import (\n    x,  # x\n    gone,  # it\n)\nx\n", "from a import (\n    x,  # x\n)\nx\n"),
        ("from a import (\r\n    gone,  # it\r\n    x,\r\n)\r\nx\r\n", "from a import (\r\n    x,\r\n)\r\nx\r\n"),
        ("from a import \\\n    x, gone\nx\n", "from a import \\\n    x\nx\n"),
        ("from a import gone, x\ngone(x)\n", None),
        ("from a import gone  # why\nx = 'gone'\n", None),
        ("from a import *\n", None),
    ],
)
def test_a_name_that_nobody_uses_is_taken_out(before: str, after: str | None) -> None:
    assert without_unused(before, 1, "gone") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from b import B\ndef f():\n    return B\n", "def f():\n    from b import B\n\n    return B\n"),
        ("from b import B\ndef f(): return B\n", "def f():\n    from b import B\n\n    return B\n"),
        ("from b import B\nclass A:\n\tdef f(self): return B\n", "class A:\n\tdef f(self):\n\t\tfrom b import B\n\n\t\treturn B\n"),
        ('from b import B\ndef f():\n    """F."""\n    return B\n', 'def f():\n    """F."""\n    from b import B\n\n    return B\n'),
        ("from b import B\nclass A(B): ...\n", None),
        ("from b import B\ndef f(x=B): ...\n", None),
        ("from b import *\n", None),
    ],
)  # fmt: skip
def test_an_import_is_deferred(before: str, after: str | None) -> None:
    assert defer_import(before, 1) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import winreg, os as o\n", "try:\n    import winreg, os as o\nexcept ImportError:\n    winreg = None\n    o = None\n"),
        ("if x:\n\timport winreg\r\n", "if x:\n\ttry:\n\t\timport winreg\n\texcept ImportError:\n\t\twinreg = None\r\n"),
        ("x = 1; import winreg\n", None),
    ],
)  # fmt: skip
def test_an_import_is_guarded(before: str, after: str | None) -> None:
    assert guard_import(before, 2 if before.startswith("if") else 1) == after


@pytest.mark.parametrize(
    "text",
    [
        "if x:\n    sys.modules['a'] = b\nimport c\n",
        "sys.modules['a'], y = b, c\nimport c\n",
        "other['a'] = b\nimport c\n",
        "sys.modules['a'] = (\n    b\n); x = 1\n",
        "sys.modules['a'] = b; import c; x = 1\n",
    ],
)
def test_what_is_no_plain_replacement_is_left_alone(text: str) -> None:
    line = 2 if text.startswith("if") else 1
    assert in_fixture(text, line) is None
    assert put_back(text, line) is None
