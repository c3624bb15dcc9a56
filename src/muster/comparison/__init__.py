"""What happened between two collections of one project? Each node id that is gone: deleted, renamed, blocked or lost."""

from muster.comparison.difference import Difference, bare_id, blocked_files, difference
from muster.comparison.fates import Behind, Deleted, Fate, Kept, Renamed, Silent, Unsure, judge_tests
from muster.comparison.parameters import FewerParameters, judge_parameters
from muster.comparison.sides import Sides
from muster.comparison.versions import Version

__all__ = [
    "Behind",
    "Deleted",
    "Difference",
    "Fate",
    "FewerParameters",
    "Kept",
    "Renamed",
    "Sides",
    "Silent",
    "Unsure",
    "Version",
    "bare_id",
    "blocked_files",
    "difference",
    "judge_parameters",
    "judge_tests",
]
