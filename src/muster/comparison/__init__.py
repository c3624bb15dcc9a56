"""What happened between two collections of one project? Each node id that is gone: deleted, renamed, blocked or lost."""

from muster.comparison.difference import Difference, bare_id, difference
from muster.comparison.fates import Behind, Deleted, Fate, Kept, Renamed, Sides, Silent, Unsure, judge_tests
from muster.comparison.versions import Version

__all__ = [
    "Behind",
    "Deleted",
    "Difference",
    "Fate",
    "Kept",
    "Renamed",
    "Sides",
    "Silent",
    "Unsure",
    "Version",
    "bare_id",
    "difference",
    "judge_tests",
]
