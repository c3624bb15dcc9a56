"""The tests, category by category: `python tests/unified_test_runner.py [--category NAME]... [pytest's arguments]`.

The categories are those of `[tool.muster.categories]`; without any all tests run. It is `muster run`, from Python.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from muster.api import ObservedListing, collect_observed, run
from muster.errors import MusterError

PROJECT = str(Path(__file__).resolve().parents[1])


def main() -> int:
    """Runs what the command line asks for; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--category", action="append", default=[], metavar="NAME", help="only this one; repeatable")
    parser.add_argument("--collect-only", action="store_true", help="list the tests, run none")
    chosen, rest = parser.parse_known_args()
    selection = {"categories": chosen.category, "options": rest, "root": PROJECT, "python": sys.executable}
    try:
        if chosen.collect_only:
            return _list(collect_observed(**selection))
        return run(**selection, stream=sys.stdout).exit_code
    except MusterError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def _list(listing: ObservedListing) -> int:
    """Print what pytest collected and what it could not; returns its exit code."""
    print(*listing.nodeids, "", *(f"ERROR {error}" for error in listing.errors), sep="\n")
    errors = f", {len(listing.errors)} error{'s' * (len(listing.errors) > 1)}" if listing.errors else ""
    print(f"{len(listing.nodeids)} tests collected{errors} in {listing.seconds:.2f}s")
    return listing.exit_code


if __name__ == "__main__":
    sys.exit(main())
