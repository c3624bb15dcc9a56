"""What a page is asked to show, as its address says."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request

from muster.ports import HistoryStore

_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Filters:
    """The chosen project, category and branch; "" is any."""

    project: str = ""
    category: str = ""
    branch: str = ""

    @property
    def on(self) -> str | None:
        """The branch as the store is asked for it."""
        return self.branch or None

    def kept(self) -> dict[str, str]:
        """What the address of another page says to show the same."""
        return {"project": self.project, "category": self.category, "branch": self.branch}


@dataclass(frozen=True, slots=True)
class FilterChoices:
    """The names among which a page's form lets choose."""

    projects: tuple[str, ...]
    categories: tuple[str, ...]
    branches: tuple[str, ...]


def read_filters(request: Request) -> Filters:
    """The filters of the request."""
    return Filters(text_of(request, "project"), text_of(request, "category"), text_of(request, "branch"))


def text_of(request: Request, name: str) -> str:
    """The value of the query's `name`, "" where it has none. Raises where it can be no name of anything."""
    text = request.query_params.get(name, "")
    if len(text) > _LONGEST or "\0" in text:  # PostgreSQL's text holds no NUL
        raise HTTPException(400, f"'{name}' is no name that can be looked up")
    return text


def find_choices(store: HistoryStore, filters: Filters) -> FilterChoices:
    """What there is to choose. Branches belong to a project: with several, one is chosen first."""
    projects = store.projects()
    project = filters.project or (projects[0] if len(projects) == 1 else "")
    categories = sorted({standing.category for standing in store.standings(project)})
    return FilterChoices(projects, tuple(categories), store.branches(project) if project else ())
