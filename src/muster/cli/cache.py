"""`muster cache dir` and `muster cache clear`."""

from __future__ import annotations

from muster.render.escape import escape_text
from muster.wiring import clear_fact_cache, fact_cache_folder


def run_cache_dir() -> int:
    """Print the folder of the cache, whether it exists or not; 0."""
    print(escape_text(fact_cache_folder()))
    return 0


def run_cache_clear() -> int:
    """Remove what the cache holds and say how much that was; 0."""
    removed = clear_fact_cache()
    print(f"removed {removed} {'file' if removed == 1 else 'files'} from {escape_text(fact_cache_folder())}")
    return 0
