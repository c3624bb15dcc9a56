"""`[tool.muster]` is read strictly: each error names the place and the nearest right word."""

from __future__ import annotations

import pytest

from muster.errors import UsageError
from muster.model.cause import Severity
from muster.model.location import Location
from muster.settings import Category, Service, Settings, expand_url, load_settings
from muster.settings.durations import parse_duration
from muster.trees.memory import MemoryTree


def _tree(**files: str) -> MemoryTree:
    return MemoryTree({f"/p/{name.replace('_', '.')}": text.encode() for name, text in files.items()}, folders=["/p"])


def _error(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        load_settings(_tree(muster_toml=text), "/p")
    return str(caught.value)


def test_a_project_without_settings_has_the_defaults() -> None:
    """No file, an unrelated file and a broken file of others are all the same to us."""
    assert load_settings(_tree(), "/p") == Settings()
    assert load_settings(_tree(pyproject_toml="[project]\nname = 'muster'\n"), "/p") == Settings()
    assert load_settings(_tree(pyproject_toml="[project\nname = 'muster'\n"), "/p") == Settings()


def test_every_key_is_read() -> None:
    """The whole table becomes one value."""
    text = """\
[tool.muster]
invocation = "python -m pytest"
python = ".venv/bin/python"
budget = "1m30s"

[tool.muster.severity]
M402 = "error"

[tool.muster.categories.critical]
paths = ["tests/critical"]
markers = "critical and not slow"
min_tests = 3
budget = "10s"
requires = ["postgres"]
timeout = "2m"
retries = 1

[tool.muster.services.postgres]
url = "${DATABASE_URL}"
timeout = "250ms"
start = "docker compose up -d postgres"
stop = "docker compose stop postgres"
wait = "1m"
on_missing = "skip"
"""
    assert load_settings(_tree(pyproject_toml=text), "/p") == Settings(
        invocation="python -m pytest",
        python=".venv/bin/python",
        budget_s=90.0,
        severity={"M402": Severity.ERROR},
        categories={
            "critical": Category(
                "critical",
                ("tests/critical",),
                "critical and not slow",
                3,
                10.0,
                ("postgres",),
                120.0,
                1,
                Location("/p/pyproject.toml", 9),
            )
        },
        services={
            "postgres": Service(
                "postgres",
                "${DATABASE_URL}",
                0.25,
                "docker compose up -d postgres",
                "docker compose stop postgres",
                60.0,
                "skip",
                Location("/p/pyproject.toml", 18),
            )
        },
        origin="/p/pyproject.toml",
    )


@pytest.mark.parametrize("text", ['invocation = "pytest"\n', '[tool.muster]\ninvocation = "pytest"\n'])
def test_muster_toml_may_hold_the_table_with_or_without_its_header(text: str) -> None:
    """Both spellings mean the same."""
    assert load_settings(_tree(muster_toml=text), "/p") == Settings("pytest", origin="/p/muster.toml")


def test_two_homes_for_the_settings_are_an_error() -> None:
    """One of two tables would be ignored."""
    tree = _tree(muster_toml='budget = "1s"', pyproject_toml='\n[tool.muster]\nbudget = "2s"')
    with pytest.raises(UsageError) as caught:
        load_settings(tree, "/p")
    assert str(caught.value) == "/p/pyproject.toml:2: /p/muster.toml has settings too: keep them in one of the two"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            'budget = "1s"\nbugdet = 1',
            "/p/muster.toml:2: unknown key 'bugdet' in the file; did you mean 'budget'?",
        ),
        (
            "[categories.a]\npath = ['x']",
            "/p/muster.toml:2: unknown key 'path' in [categories.a]; did you mean 'paths'?",
        ),
        (
            "[services.a]\nurl = 'x'\nq = 1",
            "/p/muster.toml:3: unknown key 'q' in [services.a]; it takes on_missing, start, stop, timeout, url, wait",
        ),
        (
            "budget = 10",
            """/p/muster.toml:1: 'budget' in the file must be a duration such as "10s" or "1m30s", not 10""",
        ),
        (
            "budget = '10 parsecs'",
            """/p/muster.toml:1: 'budget' in the file must be a duration such as "10s" or "1m30s", not '10 parsecs'""",
        ),
        ("invocation = ['pytest']", "/p/muster.toml:1: 'invocation' in the file must be a string, not ['pytest']"),
        ("invocation = ' '", "/p/muster.toml:1: 'invocation' is empty"),
        (
            "python = '${PY}'",
            "/p/muster.toml:1: 'python' may not hold ${NAME}: variables are filled in only in a service's url",
        ),
        ("[severity]\nM40 = 'error'", "/p/muster.toml:2: unknown key 'M40' in [severity]; did you mean 'M409'?"),
        ("[severity]\nM402 = 'warn'", "/p/muster.toml:2: 'warn' is no severity; did you mean 'warning'?"),
        ("[categories.a]\nmin_tests = 1", "/p/muster.toml:1: category 'a' needs 'paths' or 'markers'"),
        (
            "[categories.a]\npaths = ['t']\nmin_tests = -1",
            "/p/muster.toml:3: 'min_tests' in [categories.a] must be a whole number, 0 or more, not -1",
        ),
        (
            "[categories.a]\npaths = ['/t']",
            "/p/muster.toml:2: '/t' is absolute: paths of a category are relative to the project's root",
        ),
        (
            "[categories.a]\npaths = ['t']\nrequires = ['pg']\n[services.pgx]\nurl = 'x'",
            "/p/muster.toml:3: 'pg' is no service of [tool.muster.services]; did you mean 'pgx'?",
        ),
        (
            "[services.a]\nurl = 'x'\non_missing = 'ignore'",
            "/p/muster.toml:3: 'on_missing' of service 'a' must be 'fail' or 'skip', not 'ignore'",
        ),
        (
            "[services.a]\nurl = 'x'\nwait = '1s'",
            "/p/muster.toml:3: 'wait' of service 'a' means nothing without a 'start'",
        ),
        ("[services.a]\ntimeout = '1s'", "/p/muster.toml:1: service 'a' needs a 'url'"),
        ("categories = 1", "/p/muster.toml:1: 'categories' in the file must be a table, not 1"),
        ("a = 1\na = 2\n", "/p/muster.toml:2: Cannot overwrite a value (at line 2, column 6)"),
    ],
)
def test_what_is_not_understood_is_an_error(text: str, error: str) -> None:
    """File, line, what is wrong, and the nearest right word."""
    assert _error(text) == error


def test_a_broken_file_with_our_table_is_an_error() -> None:
    """Reading on with defaults would ignore what the project says."""
    with pytest.raises(UsageError) as caught:
        load_settings(_tree(pyproject_toml="[tool.muster]\nx = "), "/p")
    assert str(caught.value) == "/p/pyproject.toml: Invalid value (at end of document)"


def test_a_url_is_expanded_from_the_environment() -> None:
    """A missing variable is an error with the place of the service."""
    service = Service("db", "postgres://${USER_NAME}@${HOST}/x", location=Location("/p/muster.toml", 4))
    assert expand_url(service, {"USER_NAME": "u", "HOST": "h"}) == "postgres://u@h/x"
    with pytest.raises(UsageError) as caught:
        expand_url(service, {"USER_NAME": "u"})
    assert str(caught.value) == "/p/muster.toml:4: the url of service 'db' needs ${HOST}, which is not set"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10s", 10.0), ("1m30s", 90.0), ("250ms", 0.25), ("1.5h", 5400.0), ("1m 5s", 65.0), ("", None), ("10", None)],
)
def test_durations_carry_their_unit(text: str, seconds: float | None) -> None:
    """A bare number is no duration."""
    assert parse_duration(text) == seconds
