"""The short way to read a command line says what the grammar says, or nothing."""

from __future__ import annotations

from functools import partial

import pytest

from muster.cli.app import parse_arguments
from muster.cli.quick import parse_plain

PLAIN = [
    "check",
    "collect",
    "check tests a/test_b.py::test_c[1] -c one --category two",
    "check --report json=a.json --report text --python .venv/bin/python -v --confirm",
    "check --invocation pytest --static --no-cache --root . -k word -m slow -x --lf -- -p no:cacheprovider --co",
    "check --format json -o out.json --verbose",
    "collect tests --format json --output out.json -k word -m slow -x --lf --static --no-cache --root . -- -q",
    "collect -c one --",
]
OTHERS = [
    "",
    "explain M105",
    "check --help",
    "check --format=json",
    "check -kword",
    "check -c",
    "check -k -x",
    "check --root . --root ..",
    "check --unknown",
    "collect -v",
    "collect --report json",
    "check -",
    "check -vx",
    "-h check",
]


@pytest.mark.parametrize("line", PLAIN)
def test_it_reads_a_plain_line_as_the_grammar_does(line: str) -> None:
    quick, full = parse_plain(line.split()), parse_arguments(line.split())
    assert isinstance(quick, partial)
    assert isinstance(full, partial)
    assert (quick.func, quick.args, quick.keywords) == (full.func, full.args, full.keywords)


@pytest.mark.parametrize("line", OTHERS)
def test_it_leaves_every_other_line_to_the_grammar(line: str) -> None:
    assert parse_plain(line.split()) is None


def test_it_knows_every_option_of_both_commands() -> None:
    import typer

    from muster.cli import app, quick

    commands = typer.main.get_command(app.app).commands  # type: ignore[attr-defined]  # because typer hides its own click
    known = {*quick._LISTS, *quick._VALUES, *quick._SWITCHES}
    for name, more in (("check", {"--report", *quick._OF_CHECK, *quick._VALUES_OF_CHECK}), ("collect", set())):
        spelled = {option for parameter in commands[name].params for option in parameter.opts if option[0] == "-"}
        assert spelled - {"--help", "-h"} == known | more
