"""Generated test modules: classes, fixtures, scopes and parameters, spelled and ordered as real pytest does.

`MUSTER_EXAMPLES` sets how many modules are drawn. A failure prints the module: make it a scenario.
"""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from tests.properties.agreement import disagreements
from tests.support.oracle import Oracle
from tests.support.scenario import Scenario, render_scenario

EXAMPLES = int(os.environ.get("MUSTER_EXAMPLES", "40"))

FIXTURES = ("fa", "fb", "fc")
PARAMETERS = ("p", "q")
scopes = st.sampled_from(["function", "function", "class", "module", "session"])
values = st.sampled_from(
    ["1", "2", "'a'", "'b'", "'a b'", "None", "True", "1.5", "[1]", "'x1'", "''", "int", "b'z'", "-3", "'é'", "{}"]
)
marked = st.one_of(
    values,
    values,
    st.builds("pytest.param({}, id='given')".format, values),
    st.builds("pytest.param({}, marks=pytest.mark.skip)".format, values),
)
value_lists = st.lists(marked, min_size=1, max_size=3)


@st.composite
def fixtures(draw: st.DrawFn) -> list[str]:
    """Definitions of some of the three fixtures; a later one may use an earlier one."""
    known: list[str] = []
    parts = []
    for name in draw(st.lists(st.sampled_from(FIXTURES), unique=True, max_size=3)):
        options = [f"scope={draw(scopes)!r}"]
        if draw(st.booleans()):
            options.append(f"params=[{', '.join(draw(value_lists))}]")
        if draw(st.integers(0, 6)) == 0:
            options.append("autouse=True")
        uses = draw(st.lists(st.sampled_from(known), unique=True, max_size=2)) if known else []
        parts.append(f"@pytest.fixture({', '.join(options)})\ndef {name}({', '.join(['request', *uses])}): ...")
        known.append(name)
    return parts


@st.composite
def parametrized(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A decorator and the names that it gives values to."""
    if draw(st.booleans()):
        name = draw(st.sampled_from([*PARAMETERS, *FIXTURES[:1]]))
        options = draw(st.sampled_from(["", ", scope='module'", ", ids=str", ", ids=['one', 'two', 'three']"]))
        found = draw(value_lists)
        if "three" in options:
            options = f", ids={['one', 'two', 'three'][: len(found)]}"
        indirect = ", indirect=True" if name in FIXTURES else ""
        return f"@pytest.mark.parametrize({name!r}, [{', '.join(found)}]{options}{indirect})", [name]
    pairs = draw(st.lists(st.tuples(values, values), min_size=1, max_size=2))
    rows = ", ".join(f"({one}, {other})" for one, other in pairs)
    return f"@pytest.mark.parametrize('p,q', [{rows}])", ["p", "q"]


@st.composite
def functions(draw: st.DrawFn, *, method: bool = False) -> str:
    """A test function or method with its decorators; names repeat, so some definitions are lost."""
    decorators: list[str] = []
    given_names: list[str] = []
    for text, names in draw(st.lists(parametrized(), max_size=2)):
        if not set(names) & set(given_names):
            decorators.append(text)
            given_names += names
    uses = draw(st.lists(st.sampled_from(FIXTURES), unique=True, max_size=2))
    arguments = list(dict.fromkeys([*(["self"] if method else []), *uses, *given_names]))
    name = draw(st.sampled_from(["test_a", "test_b", "test_c", "helper"]))
    return "\n".join([*decorators, f"def {name}({', '.join(arguments)}): ..."])


@st.composite
def classes(draw: st.DrawFn) -> str:
    """A class, perhaps with a base from the module, a flag, an `__init__` or a class inside."""
    name = draw(st.sampled_from(["TestA", "TestB", "Base", "Other"]))
    base = draw(st.sampled_from(["", "", "(Ground)", "(TestGround)"]))
    body = draw(st.lists(functions(method=True), max_size=3))
    extra = draw(
        st.sampled_from(["", "", "", "__test__ = False", "__test__ = True", "def __init__(self): ...", "value = 1"])
    )
    if draw(st.integers(0, 4)) == 0:
        inner = draw(functions(method=True))
        body.append(f"class TestInner:\n{textwrap.indent(inner, '    ')}")
    decorator, names = draw(parametrized())
    if draw(st.integers(0, 4)) or not all(f"{names[0]}" in text for text in body):
        decorator = ""
    lines = "\n".join(filter(None, [extra, *body])) or "pass"
    return "\n".join(filter(None, [decorator, f"class {name}{base}:\n{textwrap.indent(lines, '    ')}"]))


GROUND = """import pytest

class Ground:
    def test_ground(self): ...

class TestGround:
    def test_shared(self): ...
    def test_a(self): ...
"""


@st.composite
def modules(draw: st.DrawFn) -> Scenario:
    """One or two test modules and a conftest that may define a fixture too."""
    files = {}
    for name in draw(st.sampled_from([("test_one.py",), ("test_one.py", "test_two.py")])):
        parts = draw(st.lists(st.one_of(functions(), functions(), classes()), min_size=1, max_size=4))
        files[name] = "\n\n".join([GROUND, *draw(fixtures()), *parts]) + "\n"
    if draw(st.booleans()):
        files["conftest.py"] = "\n\n".join(["import pytest", *draw(fixtures())]) + "\n"
    contents = {name: text.encode() for name, text in files.items()}
    return Scenario(source=Path("generated.md"), name="generated", line=0, last_line=0, files=contents)


@pytest.mark.oracle
@pytest.mark.slow
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    print_blob=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(scenario=modules())
def test_simulation_spells_and_orders_as_pytest(scenario: Scenario, oracle_of: Callable[[str], Oracle]) -> None:
    """The same ids in the same order, the same errors."""
    found = disagreements(scenario, oracle_of(sys.executable))
    note(render_scenario(scenario))
    assert not found, "\n".join(found)
