"""Generated projects: whatever the packages, paths, clashes and guards, the simulation says what real pytest says.

A failure is printed as a scenario: paste it into `tests/scenarios/`, record it, and mend the simulation.
`MUSTER_EXAMPLES` sets how many projects are drawn.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from tests.properties.agreement import disagreements
from tests.support.oracle import Oracle
from tests.support.scenario import Scenario, render_scenario

EXAMPLES = int(os.environ.get("MUSTER_EXAMPLES", "40"))

NAMES = ("alpha", "beta", "gamma")
"""Few names for modules, packages and what they hold: clashes are the point."""

FOLDERS = ("", "tests", "tests/unit", "tests/alpha", "alpha", "beta", "lib", "lib/alpha")
TEST_FILES = ("test_one.py", "test_two.py")

names = st.sampled_from(NAMES)
dotted = st.one_of(names, st.builds("{}.{}".format, names, names), st.just("tests.alpha"), st.just("lib"))
functions = st.builds("def {}(): ...".format, names)
imports = st.one_of(
    st.builds("import {}".format, dotted),
    st.builds("from {} import {}".format, dotted, names),
    st.builds("from {} import *".format, dotted),
    st.builds("from . import {}".format, names),
    st.builds("from .{} import {}".format, names, names),
    st.builds("import {} as other\nother.{}".format, names, names),
)
guarded = st.builds(
    "try:\n    {}\nexcept {}:\n    {}".format,
    imports.filter(lambda text: "\n" not in text and "*" not in text),
    st.sampled_from(["ImportError", "ModuleNotFoundError", "AttributeError", "Exception"]),
    st.one_of(st.just("pass"), functions),
)
path_edits = st.builds(
    "import sys, os\nsys.path.{}(os.path.normpath(os.path.join(os.path.dirname(__file__), {!r})))".format,
    st.sampled_from(["append", "insert"]),
    st.sampled_from(["..", "../..", ".", "../lib", "../alpha", "lib"]),
).map(lambda text: text.replace("sys.path.insert(", "sys.path.insert(0, "))
module_edits = st.one_of(
    st.builds("import sys, types\nsys.modules[{0!r}] = types.ModuleType({0!r})".format, names),
    st.builds("import sys\nsys.modules.pop({!r}, None)".format, names),
    st.builds("import sys\nsys.modules[{!r}] = None".format, names),
)
conditions = st.builds(
    "import sys\nif {!r} {} sys.modules:\n    def test_{}(): ...".format,
    dotted,
    st.sampled_from(["in", "not in"]),
    names,
)
statements = st.one_of(imports, imports, functions, guarded, path_edits, module_edits, conditions)
tests = st.one_of(
    st.builds("def test_{}(): ...".format, names),
    st.builds("class Test{}:\n    def test_{}(self): ...".format, names, names),
)
bodies = st.lists(statements, max_size=3).map("\n".join)
conftest_bodies = st.one_of(st.just(""), path_edits, module_edits, bodies)
"""Mostly harmless: a conftest that fails ends the session, and nothing else is learnt."""
test_bodies = st.builds(
    lambda body, own: "\n".join([*body, own]), st.lists(st.one_of(statements, tests), max_size=3), tests
)


@st.composite
def projects(draw: st.DrawFn) -> Scenario:
    """A small project in which a few names mean many things."""
    files: dict[str, str] = {}
    for folder in draw(st.lists(st.sampled_from(FOLDERS[1:]), unique=True, max_size=4)):
        files[f"{folder}/__init__.py"] = draw(st.one_of(st.just(""), bodies))
    for folder, name in draw(st.lists(st.tuples(st.sampled_from(FOLDERS), names), unique=True, max_size=4)):
        files[os.path.join(folder, f"{name}.py")] = draw(bodies)
    for folder in draw(st.lists(st.sampled_from(FOLDERS), unique=True, max_size=2)):
        files[os.path.join(folder, "conftest.py")] = draw(conftest_bodies)
    places = st.tuples(st.sampled_from(FOLDERS), st.sampled_from(TEST_FILES))
    for folder, name in draw(st.lists(places, unique=True, min_size=1, max_size=4)):
        files[os.path.join(folder, name)] = draw(test_bodies)
    return Scenario(
        source=Path("generated.md"),
        name="generated",
        line=0,
        last_line=0,
        files={name: (text + "\n" if text else "").encode() for name, text in files.items()},
        args=draw(st.sampled_from([(), ("tests",), ("lib", "tests"), (".",)])) if "tests/test_one.py" in files else (),
        folders=("tests", "lib"),
        command=draw(st.sampled_from(["pytest", "python -m pytest"])),
        modes=(draw(st.sampled_from(["prepend", "append", "importlib"])),),
    )


@pytest.mark.oracle
@pytest.mark.slow
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    print_blob=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(scenario=projects())
def test_simulation_agrees_with_pytest(scenario: Scenario, oracle_of: Callable[[str], Oracle]) -> None:
    """The same items, errors and exit code, but for what the simulation says it cannot know."""
    found = disagreements(scenario, oracle_of(sys.executable))
    note(render_scenario(scenario))
    assert not found, "\n".join(found)
