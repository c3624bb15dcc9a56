"""Whether one version of a file shows a fault: what is asked of today's content and of every older one alike."""

from __future__ import annotations

import re
from collections.abc import Callable

from muster.facts.mentions import Imported, imported_names, read_mentions
from muster.facts.outline import outline
from muster.facts.parse import PARSE_FAILURES, parse_tree


def shows(kind: str, text: str, times: int, content: bytes) -> bool:
    """Whether `content` has the fault (see `muster.model.history.Fault`)."""
    return _PREDICATES[kind](text, times, content)


def count_lines(content: bytes, text: str) -> int:
    """How many lines of `content` are `text`, whatever they are indented by."""
    wanted = text.encode("utf-8", "surrogatepass")
    return sum(line.strip() == wanted for line in content.splitlines()) if wanted in content else 0


def _has_line(text: str, times: int, content: bytes) -> bool:
    return count_lines(content, text) >= times


def _imports_any(text: str, times: int, content: bytes) -> bool:
    """Whether any of the words of `text` is imported, from wherever: a module that moved is the same edge spelled anew."""
    mentions = read_mentions(content)
    return any(_is_of(word, each) for word in text.split() for each in imported_names(mentions, word.encode()))


def _is_of(word: str, each: Imported) -> bool:
    return word == (each.name or each.module.rpartition(".")[2])


def _does_not_parse(text: str, times: int, content: bytes) -> bool:
    try:
        parse_tree(content, "source.py")
    except PARSE_FAILURES:
        return True
    return False


def _leaves_unbound(text: str, times: int, content: bytes) -> bool:
    raw = re.escape(text.encode("utf-8", "surrogatepass"))
    if re.search(rb"(?<!\w)" + raw + rb"(?!\w)", content) is None or _does_not_parse(text, times, content):
        return False
    return text not in outline(content)


def _is_there(text: str, times: int, content: bytes) -> bool:
    return True


_PREDICATES: dict[str, Callable[[str, int, bytes], bool]] = {
    "line": _has_line,
    "import": _imports_any,
    "syntax": _does_not_parse,
    "unbound": _leaves_unbound,
    "file": _is_there,
}
