r"""INI files exactly as the `iniconfig` distribution reads them, with the line of every value.

    file     = { section }
    section  = "[" name "]" { entry }
    entry    = name ( "=" | ":" ) text { NEWLINE INDENT text }

A line whose first non-blank character is `#` or `;` is a comment; inline comments belong to the value, except after a
section header. The words of the errors are iniconfig's own (`iniconfig._parse`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_COMMENT = "#;"


class IniError(Exception):
    """A file that iniconfig refuses; `line` is 1-based."""

    def __init__(self, path: str, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.line = line


@dataclass(frozen=True, slots=True)
class IniValue:
    """One entry: its joined text, and the 1-based line of each of its parts (the first may be empty and left out)."""

    text: str
    line: int
    part_lines: tuple[int, ...] = ()


@dataclass(slots=True)
class _Entry:
    line: int
    parts: list[str] = field(default_factory=list)
    part_lines: list[int] = field(default_factory=list)


def parse_ini(path: str, text: str) -> Mapping[str, Mapping[str, IniValue]]:
    """The sections of `text` with their entries, in file order. Raises `IniError`."""
    sections: dict[str, dict[str, _Entry]] = {}
    problems: list[IniError] = []
    section: str | None = None
    last: _Entry | None = None
    started = False
    for line, raw in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        kind, name, value = _read_line(path, line, raw)
        match kind:
            case "section":
                if not name:
                    raise IniError(path, line, "empty section name")
                # iniconfig reads all lines before it looks for duplicates: a malformed line further down wins.
                if name in sections:
                    problems.append(IniError(path, line, f"duplicate section {name!r}"))
                section, last, started = name, None, True
                sections.setdefault(name, {})
            case "entry":
                last, started = _Entry(line, [value] if value else [], [line] if value else []), True
                if section is None:
                    problems.append(IniError(path, line, "no section header defined"))
                elif name in sections[section]:
                    problems.append(IniError(path, line, f"duplicate name {name!r}"))
                else:
                    sections[section][name] = last
            case "continuation":
                if not started or last is None:
                    raise IniError(path, line, "unexpected value continuation")
                last.parts.append(value)
                last.part_lines.append(line)
            case _:
                pass
    if problems:
        raise problems[0]
    return {
        name: {key: IniValue("\n".join(e.parts), e.line, tuple(e.part_lines)) for key, e in entries.items()}
        for name, entries in sections.items()
    }


def _read_line(path: str, line: int, raw: str) -> tuple[str, str, str]:
    """The kind of a line (`section`, `entry`, `continuation`, `comment`), its name and its value."""
    stripped = raw.lstrip()
    if not stripped or stripped[0] in _COMMENT:
        return ("comment", "", "")
    raw = raw.rstrip()
    if raw[0] == "[":
        header = raw
        for comment in _COMMENT:
            header = header.split(comment)[0].rstrip()
        if header[-1] == "]":
            return ("section", header[1:-1], "")
        return ("continuation", "", raw.strip())
    if raw[0].isspace():
        return ("continuation", "", raw.strip())
    name, separator, value = raw.partition("=")
    if not separator or ":" in name:
        name, separator, value = raw.partition(":")
    if not separator:
        raise IniError(path, line, f"unexpected line: {raw!r}")
    return ("entry", name.strip(), value.strip())
