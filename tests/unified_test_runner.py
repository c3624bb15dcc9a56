"""The repository's tests, by category: `tests/unified_test_runner.py [--category NAME]... [-n N] [pytest args]`.

The categories are those of `[tool.muster.categories]`; without any all tests run. It is `muster run` from Python: the last
line is pytest's closing line, the exit code pytest's own or 1 where any test is not accounted for.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run what the command line asks for; returns the exit code."""
    options, rest = _parser().parse_known_args()
    try:
        from muster import api
        from muster.cli.run import run_list_categories
        from muster.errors import MusterError
        from muster.wiring import Choices
    except ImportError as error:
        print(f"{error}: run  pip install -e . --group dev  in the repository's root", file=sys.stderr)
        return 4
    os.chdir(ROOT)
    names, root = options.category or (), str(ROOT)
    try:
        if options.list_categories:
            return run_list_categories(Choices(root=root, python=sys.executable))
        if options.collect_only:
            listing = api.collect_observed(categories=names, options=rest, python=sys.executable, root=root)
            print(*listing.nodeids, "", *(f"ERROR {error}" for error in listing.errors), sep="\n")
            errors = f", {len(listing.errors)} error{'s' * (len(listing.errors) > 1)}" if listing.errors else ""
            print(f"{len(listing.nodeids)} tests collected{errors} in {listing.seconds:.2f}s")
            return listing.exit_code
        report = api.run(
            categories=names,
            workers=options.workers,
            junit=options.junit,
            options=rest,
            python=sys.executable,
            root=root,
            stream=sys.stdout,
        )
    except MusterError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return report.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--category", action="append", metavar="NAME", help="run only this category; repeatable")
    parser.add_argument("--collect-only", action="store_true", help="list the tests, run none")
    parser.add_argument("--list-categories", action="store_true", help="show the categories")
    parser.add_argument("-n", dest="workers", default="auto", metavar="auto|N", help="how many workers")
    parser.add_argument("--junit", default="", metavar="FILE", help="write pytest's JUnit XML")
    return parser


if __name__ == "__main__":
    sys.exit(main())
