"""Muster keeps a Python test suite collectable. Importing this package imports nothing else."""

__version__ = "0.1.0"
