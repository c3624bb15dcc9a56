"""The team's command, with what the user adds."""

from __future__ import annotations

import pytest

from muster.errors import UsageError
from muster.usecases.command import PytestCommand, command_words, extend_command, read_command, without_paths


def test_a_command_is_taken_apart() -> None:
    assert read_command("A=1 uv run python -X dev -m pytest -p x tests", "me") == PytestCommand(
        text="A=1 uv run python -X dev -m pytest -p x tests",
        why="me",
        argv=("-p", "x", "tests"),
        cwd_on_path=True,
        variables={"A": "1"},
        flags=("-X", "dev"),
    )


def test_a_command_that_runs_no_pytest_names_who_gave_it() -> None:
    with pytest.raises(UsageError, match=r"^\[tool.muster\] invocation: "):
        read_command("make test", "[tool.muster] invocation")


def test_paths_replace_those_of_the_command_and_options_are_added() -> None:
    command = read_command("python -m pytest -p x tests -q", "me")
    extended = extend_command(command, ["a b.py"], ["-k", "one or two"])
    assert extended.argv == ("-p", "x", "-q", "-k", "one or two", "a b.py")
    assert extended.text == "python -m pytest -p x -q -k 'one or two' 'a b.py'"


def test_paths_among_the_options_replace_those_of_the_command_too() -> None:
    command = read_command("pytest tests", "me")
    assert extend_command(command, [], ["--pyargs", "networkx"]).argv == ("--pyargs", "networkx")


def test_without_additions_a_command_stays_as_it_is_written() -> None:
    command = read_command("pytest   'tests'", "me")
    assert extend_command(command, [], []) == command


@pytest.mark.parametrize(
    ("argv", "kept"),
    [
        ("-q tests", "-q"),
        ("-p no:x tests/a.py::test_b", "-p no:x"),
        ("--ignore tests/old tests", "--ignore tests/old"),
        ("--ignore=tests/old tests", "--ignore=tests/old"),
        ("-k one -m two -o a=b", "-k one -m two -o a=b"),
        ("tests -- more", ""),
    ],
)
def test_options_keep_their_values_and_lose_the_paths(argv: str, kept: str) -> None:
    assert " ".join(without_paths(argv.split())) == kept


def test_the_child_runs_the_command_without_its_launcher() -> None:
    command = read_command("A=1 uv run python -X dev -m pytest tests", "me")
    assert command_words(command) == ["python", "-X", "dev", "-m", "pytest", "tests"]
    assert command_words(read_command("uv run pytest tests", "me")) == ["pytest", "tests"]
