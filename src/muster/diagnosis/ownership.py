"""Whose module is it? The project's own, or a distribution's, when both could have the name."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.declaration import normal_name
from muster.diagnosis.providers import provider_of
from muster.resolver.finder import NamespacePackage, NotFound, Undecided, resolve_on_path


def is_own(top: str, case: Case) -> bool:
    """Whether the project has a top-level module `top` of its own.

    A bare folder is a namespace package to Python, and `docker/` or `redis/` in a repository mostly holds no modules that
    anybody imports: it counts only where no distribution of the name is known.
    """
    if top not in case.index.top_level_modules:
        return False
    match resolve_on_path(case.tree, top, case.index.roots):
        case NamespacePackage():
            return not is_known_distribution(top, case)
        case NotFound() | Undecided():
            return False
        case _:
            return True


def is_known_distribution(top: str, case: Case) -> bool:
    """Whether the table or the project itself knows a distribution that provides the module `top`."""
    return provider_of(top) is not None or any(each.name == normal_name(top) for each in case.declarations)
