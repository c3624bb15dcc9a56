"""Muster keeps a Python test suite collectable. Importing this package imports nothing else.

PYTEST_DONT_REWRITE: pytest would warn where it is imported before its own plugin is, as by a program that calls both.
"""

__version__ = "0.1.0"

__documentation__ = "https://pytest-muster.readthedocs.io/en/latest"
"""Where the documentation is published; pyproject.toml says the same."""
