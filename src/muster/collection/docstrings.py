"""Whether a docstring holds examples (`doctest.DocTestParser`)."""

from __future__ import annotations

import re

_EXAMPLE = re.compile(
    r"""
    (?P<source>
        (?:^(?P<indent> [ ]*) >>>    .*)
        (?:\n           [ ]*  \.\.\. .*)*)
    \n?
    (?P<want> (?:(?![ ]*$)
                 (?![ ]*>>>)
                 .+$\n?
              )*)
    """,
    re.MULTILINE | re.VERBOSE,
)
_BLANK_OR_COMMENT = re.compile(r"[ ]*(#.*)?").fullmatch


class MalformedExample(Exception):
    """An example that `doctest` refuses; the text is that of its `ValueError`."""


def has_examples(text: str, name: str) -> bool:
    """Whether the text has an example that is more than a comment. Raises `MalformedExample`."""
    text = text.expandtabs()
    indent = _smallest_indent(text)
    if indent:
        text = "\n".join(line[indent:] for line in text.split("\n"))
    found = False
    for match in _EXAMPLE.finditer(text):
        line = text.count("\n", 0, match.start())
        if _source_is_code(match, name, line):
            found = True
    return found


def _smallest_indent(text: str) -> int:
    indents = [len(line) - len(line.lstrip(" ")) for line in text.split("\n") if line.strip(" ")]
    return min(indents, default=0)


def _source_is_code(match: re.Match[str], name: str, line: int) -> bool:
    """Whether the source of an example is more than a comment, once its prompts are found to be well formed."""
    indent = len(match["indent"])
    source = match["source"].split("\n")
    for offset, text in enumerate(source):
        if len(text) >= indent + 4 and text[indent + 3] != " ":
            raise MalformedExample(
                f"line {line + offset + 1} of the docstring for {name} lacks blank after {text[indent : indent + 3]}: {text!r}"
            )
    prefix = " " * indent
    for offset, text in enumerate(source[1:], 1):
        if text and not text.startswith(f"{prefix}."):
            raise MalformedExample(
                f"line {line + offset + 1} of the docstring for {name} has inconsistent leading whitespace: {text!r}"
            )
    want = re.sub(r" *$", "", match["want"], flags=re.MULTILINE).split("\n") if match["want"] else []
    for offset, text in enumerate(want):
        if text and not text.startswith(prefix):
            number = line + len(source) + offset + 1
            raise MalformedExample(
                f"line {number} of the docstring for {name} has inconsistent leading whitespace: {text!r}"
            )
    return not _BLANK_OR_COMMENT("\n".join(text[indent + 4 :] for text in source))
