"""`muster cache dir` and `muster cache clear`."""

from __future__ import annotations

from muster.render.escape import escape_text
from muster.wiring import clear_fact_cache, fact_cache_folder


def run_cache_dir() -> int:
    """Print the folder of the cache, whether it exists or not; 0."""
    print(escape_text(fact_cache_folder()))
    return 0


def run_cache_clear() -> int:
    """Empty the cache and say how much that was; 0."""
    freed_bytes = clear_fact_cache()
    print(f"freed {freed_bytes / 1_000_000:.1f} MB in {escape_text(fact_cache_folder())}")
    return 0
