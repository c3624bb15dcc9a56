"""What counts as an example in a docstring: `doctest` itself is the oracle."""

from __future__ import annotations

import doctest

import pytest

from muster.collection.docstrings import MalformedExample, has_examples

TEXTS = [
    "", "nothing", ">>> 1\n1", "text\n  >>> f()\n  1\n", ">>> # only a comment", ">>> # a comment\n... 1", ">>>1", ">>>",
    ">>> if x:\n...     y\n", ">>> if x:\n...y\n", "    >>> 1\n   2\n", "\t>>> 1\n", ">> 1", "a >>> 1",
    ">>> 1\n\n>>> # two\n", "   >>> 1\n  ... 2", ">>> f(\n...\n... )",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_doctest_agrees(text: str) -> None:
    try:
        expected: object = bool(doctest.DocTestParser().get_examples(text, "name"))
    except ValueError as error:
        expected = str(error)
    try:
        found: object = has_examples(text, "name")
    except MalformedExample as error:
        found = str(error)
    assert found == expected
