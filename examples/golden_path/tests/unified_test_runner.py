"""The tests, category by category: `python tests/unified_test_runner.py [--category NAME]... [pytest's arguments]`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Runs what the command line asks for; returns pytest's exit code."""
    categories = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["muster"]["categories"]
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--category", action="append", choices=categories, help="run only this category; repeatable")
    options, rest = parser.parse_known_args()
    paths = [path for name in options.category or categories for path in categories[name]["paths"]]
    return subprocess.run([sys.executable, "-m", "pytest", *paths, *rest], cwd=PROJECT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
