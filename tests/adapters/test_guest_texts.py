"""What is sent to a project's interpreter as one text is whole: every name in it is defined there."""

from __future__ import annotations

import builtins
import symtable
from collections.abc import Iterator

import pytest

from muster.adapters.crew import CONTROLLER_TEXTS, GUEST, WORKER_TEXTS


@pytest.mark.parametrize("scripts", [WORKER_TEXTS, CONTROLLER_TEXTS], ids=["worker", "controller"])
def test_every_name_is_defined(scripts: tuple[str, ...]) -> None:
    text = "\n".join((GUEST / script).read_text(encoding="ascii") for script in scripts)
    table = symtable.symtable(text, "guest", "exec")
    defined = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    asked = set(_globals(table))
    assert asked - defined - set(dir(builtins)) - {"__file__", "__name__"} == set()
    assert {"Channel", "text_of", "TEXT_LIMIT"} <= asked  # what one part asks of another


def _globals(table: symtable.SymbolTable) -> Iterator[str]:
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (symbol.is_global() or table.get_type() == "module"):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _globals(child)
