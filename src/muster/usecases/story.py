"""A project told as a history, in Markdown: each heading is a commit (`muster demo`)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_FILE = re.compile(r"^`([^`\n]+)`\n\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DELETED = re.compile(r"^Deleted: (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Chapter:
    """One commit: its subject and message, the files that it writes by relative path, and those that it deletes."""

    subject: str
    body: str
    files: tuple[tuple[str, str], ...]
    deleted: tuple[str, ...]


def read_story(text: str) -> tuple[Chapter, ...]:
    """The commits of `text`, in order; what stands before the first heading is prose."""
    headings = list(_HEADING.finditer(text))
    ends = [*(heading.start() for heading in headings[1:]), len(text)]
    return tuple(
        _read_chapter(heading[1].strip(), text[heading.end() : end])
        for heading, end in zip(headings, ends, strict=True)
    )


def _read_chapter(subject: str, text: str) -> Chapter:
    files = tuple((found[1], found[2]) for found in _FILE.finditer(text))
    deleted = tuple(name for line in _DELETED.findall(text) for name in re.findall(r"`([^`]+)`", line))
    body = _DELETED.sub("", _FILE.sub("", text)).strip()
    return Chapter(subject, re.sub(r"\n{3,}", "\n\n", body), files, deleted)
