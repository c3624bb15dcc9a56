"""Where the documentation's pages are published, and their text without links that only lead somewhere there."""

from __future__ import annotations

import re

from muster import __documentation__
from muster.diagnosis.catalogue import BY_CODE

_LINK = re.compile(r"\]\((?P<up>\.\./)?(?P<page>[\w/-]+)\.md(?P<anchor>#[\w-]+)?\)")


def page_address(code: str) -> str:
    """The address of the page of the cause `code`; problems with directives are told of among the causes."""
    return f"{__documentation__}/causes/{code}/" if code in BY_CODE else f"{__documentation__}/reference/causes/"


def absolute_links(page: str) -> str:
    """The page of a cause with its links to other pages as addresses."""
    return _LINK.sub(_absolute, page)


def _absolute(link: re.Match[str]) -> str:
    folder = "" if link["up"] else "causes/"
    return f"]({__documentation__}/{folder}{link['page']}/{link['anchor'] or ''})"
