"""XML and HTML, escaped by construction: a `str` is text and is escaped, only `Markup` is markup, and `element` makes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from muster.render.escape import escape_lines

# XML 1.0, 2.2 Char: what is left of the rest, once controls and surrogates are spelled as escapes. HTML allows the same.
_NOT_CHARACTERS = re.compile("[\ufffe\uffff]")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
# The elements of HTML that have no end tag, of those that we use.
_VOID = frozenset({"meta", "input", "br"})


@dataclass(frozen=True, slots=True)
class Markup:
    """Source of XML or HTML. Never make one of a text that comes from a project."""

    source: str


Child = Markup | str


def escape_markup(text: str) -> str:
    """`text` as character data, and as a value between quotes."""
    shown = _NOT_CHARACTERS.sub(lambda match: f"\\u{ord(match[0]):04x}", "\n".join(escape_lines(text)))
    return shown.translate(_ENTITIES)


def element(name: str, attributes: Mapping[str, str], *children: Child) -> Markup:
    """The element `name` with what it holds."""
    # An attribute's line ends would become blanks (XML 1.0, 3.3.3).
    listed = "".join(f' {key}="{escape_markup(value)}"'.replace("\n", "&#10;") for key, value in attributes.items())
    inner = "".join(child.source if isinstance(child, Markup) else escape_markup(child) for child in children)
    return Markup(f"<{name}{listed}>{inner}" if name in _VOID else f"<{name}{listed}>{inner}</{name}>")
