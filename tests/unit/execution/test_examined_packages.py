"""Which installed packages are examined themselves."""

from __future__ import annotations

from muster.execution.machine import examined_packages

PREFIXES = ("/usr/lib/python3.12/", "/venv/lib/python3.12/site-packages/", "/usr/lib/python3.12/site-packages/")


def test_an_installed_package_that_an_argument_names_is_examined() -> None:
    """Several arguments in one package name it once."""
    site = "/venv/lib/python3.12/site-packages"
    arguments = [f"{site}/networkx", f"{site}/networkx/tests/a.py"]
    assert examined_packages(PREFIXES, arguments) == (f"{site}/networkx/",)


def test_the_longest_prefix_counts() -> None:
    """site-packages lies within the standard library's folder."""
    found = examined_packages(PREFIXES, ["/usr/lib/python3.12/site-packages/a", "/usr/lib/python3.12/test"])
    assert found == ("/usr/lib/python3.12/site-packages/a/", "/usr/lib/python3.12/test/")


def test_a_project_makes_nothing_installed_its_own() -> None:
    """Neither does site-packages as a whole."""
    arguments = ["/work/project", "/work/project/tests/test_a.py", "/venv/lib/python3.12/site-packages/"]
    assert examined_packages(PREFIXES, arguments) == ()
