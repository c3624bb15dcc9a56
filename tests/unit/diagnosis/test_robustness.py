"""Whatever a session says, the diagnosis answers: no rule raises, and the same input gives the same causes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.diagnosis.scene import diagnose, no_module

from muster.model.collection import (
    Collection,
    CollectorReport,
    Confidence,
    FileMismatch,
    Frame,
    Loss,
    ModuleMissing,
    NameMissing,
    OtherFailure,
    Outcome,
    PathEffect,
    RaisedException,
    Session,
    SessionExit,
    SessionState,
    SyntaxFailure,
    UndefinedName,
    UnknownMarker,
)
from muster.model.invocation import Invocation
from muster.model.location import Location

FILES = {
    "app/__init__.py": "from .c import *\n",
    "conftest.py": "",
    "docker/build.py": "",
    "pyproject.toml": "[project\n",
    "requirements.txt": "a\n-e .\n\x00\nfoo @ git+https://x\n",
    "setup.cfg": "[options\n",
    "setup.py": "setup(install_requires=[f'{x}', 'a>1'])\n",
    "tests/test_a.py": "import app.gone\nfrom utils import x\n",
    "tests/test_b.py": "def f(:\n",
    "utils.py": "x = 1\n",
}

words = st.sampled_from(
    (
        "a",
        "app",
        "app.gone",
        "docker",
        "docker.x",
        "google.cloud",
        "json",
        "json.x",
        "tests",
        "utils",
        "ünï",
        "",
        ".",
        "a..b",
    )
)
paths = st.sampled_from(
    (
        *(f"/r/{name}" for name in FILES),
        "/r/none.py",
        "/env/lib/site-packages/q.py",
        "/r",
        "/r/\udce9.py",
        "relative.py",
        "",
    )
)
lines = st.integers(0, 9)
places = st.builds(Location, paths, lines)
frames = st.lists(st.builds(Frame, paths, lines), max_size=3).map(tuple)
entries = st.lists(paths, max_size=3).map(tuple)
details = st.one_of(
    st.builds(ModuleMissing, words, paths, entries, st.booleans(), entries, st.none() | paths),
    st.builds(NameMissing, words, words, paths, st.none() | paths, st.booleans(), frames, entries),
    st.builds(UndefinedName, words),
    st.builds(UnknownMarker, words, st.just(("slow",))),
    st.builds(FileMismatch, words, paths),
    st.builds(SyntaxFailure, paths, lines, lines, words),
    st.builds(SessionExit, words),
    st.builds(
        OtherFailure, st.sampled_from(("", "arity", "fixture", "usage", "plugins", "raise")), words, st.none() | places
    ),
)
exceptions = st.builds(
    RaisedException,
    st.sampled_from(
        ("ImportError", "ModuleNotFoundError", "NameError", "Failed", "UsageError", "SystemExit", "TypeError")
    ),
    st.sampled_from(
        ("", "No module named 'a.b'", "cannot import name 'x' from 'y' (/r/utils.py)", "pip install ''", "a\nb")
    ),
    frames,
    details,
    st.sampled_from(Confidence),
)
reports = st.builds(
    CollectorReport,
    st.sampled_from(("tests/test_a.py", "tests", "", "tests/test_a.py::TestX")),
    paths,
    st.sampled_from(Outcome),
    st.none() | exceptions,
)
effects = st.builds(
    PathEffect,
    st.sampled_from(("insert", "append", "remove", "assign", "module", "pytest")),
    words | paths,
    st.integers(-2, 3),
    places,
    paths,
)
losses = st.builds(
    Loss,
    st.sampled_from(("M401", "M402", "M403", "M404", "M407", "M408", "M409", "M999")),
    words,
    places,
    st.lists(words, max_size=2).map(tuple),
    st.integers(0, 3),
    st.sampled_from(("", "could not import 'yaml'", "excluded by norecursedirs")),
    st.sampled_from(("", "python_classes")),
    words,
    st.none() | places,
)
sessions = st.builds(Session, st.sampled_from(SessionState), st.integers(0, 5), st.none() | reports)
collections = st.builds(
    Collection,
    session=sessions,
    files=st.lists(paths, max_size=4).map(tuple),
    reports=st.lists(reports, max_size=5).map(tuple),
    effects=st.lists(effects, max_size=4).map(tuple),
    losses=st.lists(losses, max_size=3).map(tuple),
    hidden=st.lists(reports, max_size=2).map(tuple),
)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(collections)
def test_every_session_is_answered_the_same_way_twice(collection: Collection) -> None:
    causes = diagnose(FILES, collection=collection)
    assert causes == diagnose(FILES, collection=collection)
    assert [cause.message for cause in causes if cause.code == "M002"] == []


def test_a_rootdir_that_is_the_file_systems_own_root_is_searched_to_its_end() -> None:
    """It is one when a session is given files of two disks, or `/tmp` and a home."""
    whole = Invocation("pytest", "test", (), "/", "/", import_mode="importlib")
    [cause] = diagnose({"/home/a.py": "import nowhere"}, no_module("/home/a.py", "nowhere"), invocation=whole)
    assert cause.subject == "nowhere"


def test_a_file_whose_name_looks_like_a_node_id_blocks_itself_alone() -> None:
    files = {"test_a::b.py": "import nowhere", "test_c.py": ""}
    session = Collection(files=("/r/test_a::b.py", "/r/test_c.py"))
    [cause] = diagnose(files, no_module("test_a::b.py", "nowhere"), collection=session)
    assert cause.victims == ("/r/test_a::b.py",)
