"""Which names and paths pytest collects, and which setting leaves one out."""

from __future__ import annotations

import pytest

from muster.invocation.patterns import (
    find_ignore_reason,
    is_doctest_module,
    is_doctest_text,
    is_test_file,
    matches_path_pattern,
    matches_prefix_or_glob,
)
from muster.model.invocation import Invocation
from muster.trees.memory import MemoryTree

INVOCATION = Invocation("pytest", "default", (), "/p", "/p")


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("test_*.py", "/p/a/test_x.py", True),
        ("test_*.py", "/p/test_a/x.py", False),
        ("a/test_*.py", "/p/a/test_x.py", True),
        ("a/*.py", "/p/a/b/c.py", True),
        ("/p/a/*", "/p/a/b.py", True),
        ("/a/*", "/p/a/b.py", False),
        ("*.egg", "/p/x.egg", True),
        ("T*", "/p/test", False),
    ],
)
def test_path_patterns_look_at_the_name_or_the_whole_path(pattern: str, path: str, matches: bool) -> None:
    """A slash in the pattern decides which."""
    assert matches_path_pattern(pattern, path) is matches


@pytest.mark.parametrize(
    ("name", "patterns", "matches"),
    [
        ("TestX", ("Test",), True),
        ("XTests", ("Test",), False),
        ("XTests", ("*Tests",), True),
        ("XTests", ("Test*",), False),
        ("anything", ("",), True),
        ("check_a", ("test", "check_?"), True),
    ],
)
def test_name_patterns_are_prefixes_or_globs(name: str, patterns: tuple[str, ...], matches: bool) -> None:
    """`python_classes` and `python_functions`."""
    assert matches_prefix_or_glob(name, patterns) is matches


def test_a_test_file_is_a_python_file_that_matches() -> None:
    """`python_files` never makes a text file a test file."""
    invocation = Invocation("pytest", "default", (), "/p", "/p", python_files=("test_*",))
    assert [is_test_file(invocation, path) for path in ("/p/test_a.py", "/p/test_a.txt", "/p/a.py")] == [
        True,
        False,
        False,
    ]


def test_every_reason_to_ignore_has_its_name() -> None:
    """In pytest's own order."""
    tree = MemoryTree(
        {"/p/env/pyvenv.cfg": b"", "/p/conda/conda-meta/history": b"", "/p/old/bin/activate": b"", "/p/x.py": b""},
        folders=["/p/build", "/p/__pycache__", "/p/kept"],
    )
    invocation = Invocation(
        "pytest", "default", (), "/p", "/p", ignore=("x.py", "../q"), ignore_glob=("*.md",), pytest_version=(8, 4, 0)
    )

    def reason(path: str) -> str | None:
        return find_ignore_reason(
            tree, invocation, path, collect_ignore=("/p/ignored.py",), collect_ignore_glob=("/p/gen_*",)
        )

    paths = "x.py __pycache__ ignored.py gen_a.py a/b.md env conda old build kept".split()
    assert {path: reason(f"/p/{path}") for path in paths} == {
        "x.py": "--ignore",
        "__pycache__": "__pycache__",
        "ignored.py": "collect_ignore",
        "gen_a.py": "collect_ignore_glob",
        "a/b.md": "--ignore-glob",
        "env": "virtualenv",
        "conda": "virtualenv",
        "old": None,
        "build": "norecursedirs",
        "kept": None,
    }
    assert reason("/q") == "--ignore"


def test_before_8_3_a_virtualenv_was_known_by_its_scripts() -> None:
    """`pyvenv.cfg` alone did not count."""
    tree = MemoryTree({"/p/env/pyvenv.cfg": b"", "/p/old/bin/activate": b""})
    invocation = Invocation("pytest", "default", (), "/p", "/p", pytest_version=(8, 2, 2))
    assert find_ignore_reason(tree, invocation, "/p/env") is None
    assert find_ignore_reason(tree, invocation, "/p/old") == "virtualenv"


def test_doctest_files() -> None:
    """Globs for texts, arguments always; modules by the option, but no setup script and no `__main__`."""
    tree = MemoryTree({"/p/setup.py": b"import setuptools", "/q/setup.py": b"x = 1"})
    invocation = Invocation("pytest", "default", (), "/p", "/p", doctest_modules=True)
    assert is_doctest_text(invocation, "/p/test_a.txt", is_argument=False)
    assert not is_doctest_text(invocation, "/p/a.rst", is_argument=False)
    assert is_doctest_text(invocation, "/p/a.rst", is_argument=True)
    paths = ["/p/a.py", "/p/__main__.py", "/p/setup.py", "/q/setup.py", "/p/a.txt"]
    assert [is_doctest_module(tree, invocation, path) for path in paths] == [True, False, False, True, False]
    assert not is_doctest_module(tree, INVOCATION, "/p/a.py")
