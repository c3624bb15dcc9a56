"""The only place that escapes. Whatever comes from the examined project passes through here before it is shown.

A file name can hold escape sequences that recolour or rewrite a terminal, a message can hold bidirectional controls
that make one text look like another (CVE-2021-42574). They are shown as what they are: `\\x1b`, `\\u202e`.
"""

from __future__ import annotations

import re
import unicodedata

_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})

# Letters by category, and yet blank in every font: a name made of them cannot be seen.
_INVISIBLE_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800")

# Printable ASCII never needs a look; almost every text is nothing else.
_PLAIN = re.compile(r"[ -~]*\Z")


def escape_text(text: str) -> str:
    """`text` on one line with every character that is not plainly visible spelled as an escape."""
    if _PLAIN.match(text):
        return text
    return text.translate(_ESCAPES)


def escape_lines(text: str) -> list[str]:
    """The lines of `text`, each escaped on its own; tabs become four blanks."""
    return [escape_text(line.replace("\t", "    ")) for line in text.replace("\r\n", "\n").split("\n")]


def escape_surrogates(text: str) -> str:
    """`text` as valid Unicode: bytes that were no UTF-8 become `\\xNN`. For JSON, which escapes all else itself."""
    if _PLAIN.match(text):
        return text
    return "".join(_escape_character(c) if 0xD800 <= ord(c) <= 0xDFFF else c for c in text)


def is_unsafe(character: str) -> bool:
    """Whether a terminal could do anything with `character` but show it."""
    return unicodedata.category(character) in _UNSAFE_CATEGORIES or character in _INVISIBLE_LETTERS


def has_unsafe(text: str) -> bool:
    """Whether `escape_text` would change `text`."""
    return not _PLAIN.match(text) and any(is_unsafe(character) for character in text)


def has_control(text: str) -> bool:
    """Whether `text` holds a control character or an undecodable byte: it cannot stand on a line of its own."""
    return not _PLAIN.match(text) and any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text)


def cell_width(text: str) -> int:
    """How many terminal columns escaped `text` takes: wide characters count two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_character_width(character) for character in text)


class _Escapes(dict[int, str]):
    """What each character is shown as, found out once."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        self[code] = _escape_character(character) if is_unsafe(character) else character
        return self[code]


_ESCAPES = _Escapes()


def _character_width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _escape_character(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # PEP 383: an undecodable byte
        return f"\\x{code - 0xDC00:02x}"
    if character in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
