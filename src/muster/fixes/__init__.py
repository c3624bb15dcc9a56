"""How is it fixed? A cause -> patches, described, not made."""

from muster.fixes.diff import unified_diff
from muster.fixes.merge import merge_fixes
from muster.fixes.registry import propose_fixes
from muster.fixes.site import Site

__all__ = ["Site", "merge_fixes", "propose_fixes", "unified_diff"]
