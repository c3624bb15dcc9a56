"""Which kinds of fix each cause has; explicit, like the registry of causes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from muster.fixes.conftests import fix_refused_conftest
from muster.fixes.cycles import fix_cycle
from muster.fixes.definitions import fix_constructor, fix_duplicate
from muster.fixes.dependencies import fix_at_odds, fix_undeclared
from muster.fixes.markers import fix_marker
from muster.fixes.moved import fix_moved
from muster.fixes.orphans import fix_orphans
from muster.fixes.packages import fix_mismatch, fix_shadowed, fix_unreachable
from muster.fixes.past_names import fix_removed_name
from muster.fixes.patterns import fix_patterns
from muster.fixes.platforms import fix_platform
from muster.fixes.replaced import fix_replaced
from muster.fixes.restore import fix_removed
from muster.fixes.search_path import fix_search_path
from muster.fixes.settings import fix_setting
from muster.fixes.site import Site
from muster.fixes.undefined import fix_undefined
from muster.fixes.unparsable import fix_unparsable
from muster.fixes.unused import fix_unused
from muster.model.cause import Cause
from muster.model.fix import Fix

Propose = Callable[[Cause, Site], Iterator[Fix]]

PROPOSERS: dict[str, tuple[Propose, ...]] = {
    "M101": (fix_moved, fix_unused),
    "M102": (fix_unused, fix_moved, fix_removed, fix_orphans),
    "M103": (fix_unused, fix_moved, fix_orphans),
    "M104": (fix_shadowed,),
    "M105": (fix_search_path,),
    "M106": (fix_unreachable,),
    "M107": (fix_unused, fix_undeclared),
    "M108": (fix_unused, fix_at_odds),
    "M109": (fix_unused, fix_platform),
    "M110": (fix_replaced,),
    "M201": (fix_moved, fix_unused),
    "M202": (fix_moved, fix_unused),
    "M203": (fix_unused, fix_moved, fix_removed_name, fix_orphans),
    "M204": (fix_unused, fix_moved, fix_orphans),
    "M205": (fix_cycle,),
    "M301": (fix_unparsable,),
    "M302": (fix_undefined,),
    "M303": (fix_constructor,),
    "M304": (fix_refused_conftest,),
    "M305": (fix_mismatch,),
    "M306": (fix_setting,),
    "M307": (fix_marker,),
    "M401": (fix_constructor,),
    "M402": (fix_duplicate,),
    "M403": (fix_patterns,),
}


def propose_fixes(cause: Cause, site: Site) -> tuple[Fix, ...]:
    """Every fix of `cause` that could be written, in the order of their likelihood; untried."""
    found = [fix for propose in PROPOSERS.get(cause.code, ()) for fix in propose(cause, site)]
    return tuple({fix.changes: fix for fix in reversed(found)}.values())[::-1]
