"""A commit of the project's history."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of the project's history; `date` is the author's, ISO 8601."""

    sha: str
    author: str = ""
    date: str = ""
    subject: str = ""

    def __str__(self) -> str:
        return f"{self.sha[:10]} {self.subject}".rstrip()
