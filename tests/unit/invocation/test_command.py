"""A command as the team writes it becomes the arguments after `pytest`, or a clear error."""

from __future__ import annotations

import pytest

from muster.errors import UsageError
from muster.invocation import Command, parse_command


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("pytest", Command(())),
        ("py.test tests -k 'a b'", Command(("tests", "-k", "a b"))),
        ("python -m pytest -p x tests", Command(("-p", "x", "tests"), True)),
        ("python3.12 -m pytest", Command((), True)),
        (".venv/bin/python -X dev -W error -m pytest -x", Command(("-x",), True)),
        ("python -I -m pytest", Command((), False)),
        ("python -Pm pytest", Command((), False)),
        ("A=1 B='x y' pytest -q", Command(("-q",), False, {"A": "1", "B": "x y"})),
        ("PYTHONSAFEPATH=1 python -m pytest", Command((), False, {"PYTHONSAFEPATH": "1"})),
        ("env A=1 pytest", Command((), False, {"A": "1"})),
        ("coverage run -m pytest tests", Command(("tests",), True)),
        ("coverage run --source src --branch -m pytest", Command((), True)),
        ("python -m coverage run -m pytest", Command((), True)),
        ("uv run pytest -q", Command(("-q",))),
        ("uv run --with pytest-cov --python 3.12 -- pytest", Command(())),
        ("uv run -m pytest tests", Command(("tests",), True)),
        ("uv --directory x run python -m pytest", Command((), True)),
        ("poetry run python -m pytest", Command((), True)),
        ("pdm run pytest", Command(())),
        ("hatch run test:pytest tests", Command(("tests",))),
        ("hatch -e test run pytest", Command(())),
        ("/usr/bin/pytest --rootdir=.", Command(("--rootdir=.",))),
    ],
)
def test_commands_that_start_pytest(text: str, command: Command) -> None:
    """Assignments, runners and interpreters in front are read, not run."""
    assert parse_command(text) == command


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "does not start pytest"),
        ("python", "does not start pytest"),
        ("tox -e py312", "'tox' is no pytest command that can be read"),
        ("nox", "'nox' is no pytest command"),
        ("make test", "'make' is no pytest command"),
        ("python -m unittest", "'-m unittest' is no pytest command"),
        ("python run_tests.py", "'run_tests.py' is no pytest command"),
        ("coverage report", "'coverage' is no pytest command"),
        ("uv sync", "'uv' is no pytest command"),
        ("pytest && echo ok", "is more than one command: '&&'"),
        ("pytest 'x", "cannot be read: No closing quotation"),
        ("A=1", "does not start pytest"),
    ],
)
def test_what_starts_no_pytest_is_an_error(text: str, words: str) -> None:
    """The error names the word that cannot be read."""
    with pytest.raises(UsageError) as caught:
        parse_command(text)
    assert words in str(caught.value)
