"""Which kinds of fix each cause has; explicit, like the registry of causes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from muster.fixes.definitions import fix_constructor, fix_duplicate
from muster.fixes.markers import fix_marker
from muster.fixes.moved import fix_moved
from muster.fixes.search_path import fix_search_path
from muster.fixes.site import Site
from muster.fixes.undefined import fix_undefined
from muster.model.cause import Cause
from muster.model.fix import Fix

Propose = Callable[[Cause, Site], Iterator[Fix]]

PROPOSERS: dict[str, tuple[Propose, ...]] = {
    "M101": (fix_moved,),
    "M105": (fix_search_path,),
    "M201": (fix_moved,),
    "M202": (fix_moved,),
    "M302": (fix_undefined,),
    "M307": (fix_marker,),
    "M401": (fix_constructor,),
    "M402": (fix_duplicate,),
}


def propose_fixes(cause: Cause, site: Site) -> tuple[Fix, ...]:
    """Every fix of `cause` that could be written, in the order of their likelihood; untried."""
    found = [fix for propose in PROPOSERS.get(cause.code, ()) for fix in propose(cause, site)]
    return tuple({fix.changes: fix for fix in reversed(found)}.values())[::-1]
