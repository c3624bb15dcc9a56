"""Write a small project whose tests went missing, with the history that did it."""

from __future__ import annotations

from collections.abc import Sequence

from muster.ports import NewRepository
from muster.usecases.story import Chapter

AUTHORS = ("Ada Example", "Grace Example", "Alan Example")
FIRST_DAY = 5
"""The day of January 2026 on which the history begins; each commit is a day later, so every run makes the same commits."""


def write_demo(story: Sequence[Chapter], repository: NewRepository) -> None:
    """Make every commit of `story` in the new repository."""
    for number, chapter in enumerate(story):
        for path, content in chapter.files:
            repository.write(path, content)
        for path in chapter.deleted:
            repository.delete(path)
        message = f"{chapter.subject}\n\n{chapter.body}\n" if chapter.body else chapter.subject
        repository.commit(
            message, author=AUTHORS[number % len(AUTHORS)], date=f"2026-01-{FIRST_DAY + number:02}T09:00:00+00:00"
        )
