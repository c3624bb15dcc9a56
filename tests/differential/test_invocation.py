"""The invocation that we resolve is the one that real pytest resolves: chosen corners, and generated projects."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.differential.invocation_oracle import Case, Oracle, differences, lay_out, simulate

PYTHONS = [sys.executable, *filter(None, os.environ.get("MUSTER_ORACLE_PYTHONS", "").split(":"))]

PROJECT = {
    "tests/test_a.py": "",
    "tests/sub/test_b.py": "",
    "tests/conftest.py": "",
    "conftest.py": "",
    "pkg/__init__.py": "",
}


@pytest.fixture(scope="session", params=PYTHONS, ids=lambda python: Path(python).parent.parent.name)
def oracle(request: pytest.FixtureRequest) -> Iterator[Oracle]:
    """A warm process of the interpreter."""
    oracle = Oracle(request.param)
    yield oracle
    oracle.close()


def disagreements(oracle: Oracle, case: Case) -> list[str]:
    """Where real pytest and we differ over the case."""
    with TemporaryDirectory() as folder:
        root = Path(os.path.realpath(folder))
        lay_out(case, root)
        truth = oracle.ask(case, root)
        if "ConftestImportFailure" in truth.get("refused", {}).get("message", ""):
            # Whether a conftest can be imported is not the invocation's to say: the scenarios hold it.
            return []
        return differences(truth, simulate(case, root, oracle.environment))


def _case(files: dict[str, str], *argv: str, cwd: str = ".", module: bool = False, **environ: str) -> Case:
    return Case({**PROJECT, **files}, argv, cwd, environ, module=module)


def _ini(*lines: str) -> dict[str, str]:
    return {"pytest.ini": "\n".join(("[pytest]", *lines, ""))}


def _pyproject(*lines: str) -> dict[str, str]:
    return {"pyproject.toml": "\n".join(lines)}


ARGUMENTS = [
    _case({}),
    _case({}, "tests"),
    _case({}, "./tests/", "tests//sub", "tests/../pkg"),
    _case({}, "tests/test_a.py::T::x[a::b]"),
    _case({}, "nope"),
    _case({"pytest.toml": '[pytest]\nnorecursedirs = "build"\n'}, "nope"),
    _case({"pytest.toml": '[pytest]\npython_files = "build"\n'}, "nope"),
    _case({}, "tests::x"),
    _case({}, "tests/test[1].py"),
    _case({}, "tests", "tests"),
    _case({}, "tests", "tests/sub", "pkg"),
    _case({}, "--keep-duplicates", "tests", "tests"),
    _case({}, "tests", "-x", "pkg"),
    _case({}, "--", "tests"),
    _case({}, "--", "-x"),
    _case({}, ""),
    _case({"args.txt": "tests\n-x\n"}, "@args.txt"),
    _case({"args.txt": "@b.txt\n", "b.txt": "tests/sub"}, "@args.txt"),
    _case({}, "@none.txt"),
    _case({}, "--pyargs", "pkg"),
    _case({}, "--pyargs", "pkg::x", module=True),
    _case({}, "--pyargs", "nopackage"),
    _case({"ns/m.py": ""}, "--pyargs", "ns", module=True),
    _case({"ns/m.py": ""}, "--pyargs", "ns", "-o", "consider_namespace_packages=true", module=True),
    _case(_ini("testpaths = tests")),
    _case(_ini("testpaths = t*s pkg none")),
    _case(_ini("testpaths = none*")),
    _case(_ini("testpaths = tests/**/")),
    _case(_ini("testpaths = tests"), cwd="tests"),
    _case(_ini("testpaths = pkg"), "--pyargs", module=True),
]
ROOTS = [
    _case({"setup.py": ""}, cwd="tests/sub"),
    _case({".pytest.ini": ""}),
    _case({"pytest.ini": ""}),
    _case({"tox.ini": "[pytest]\naddopts=-x"}),
    _case({"tox.ini": "[tox]"}),
    _case({"setup.cfg": "[tool:pytest]\naddopts=-q"}),
    _case({"setup.cfg": "[pytest]\nx=1"}),
    _case({"pyproject.toml": ""}, "tests"),
    _case({"pytest.toml": "", "pytest.ini": "[pytest]\nx=1"}),
    _case({"pytest.ini": "[pytest]", "tox.ini": "bad"}),
    _case({"tests/pytest.ini": "[pytest]"}, "tests"),
    _case({"tests/pytest.ini": "[pytest]"}, "tests", "pkg"),
    _case({"tests/pytest.ini": "[pytest]", "pkg/pytest.ini": ""}, "pkg", "tests"),
    _case({}, "--rootdir=tests"),
    _case({}, "--rootdir=nope"),
    _case({}, "--rootdir=$HERE", HERE="pkg"),
    _case({}, "--rootdir="),
    _case({}, "-c", "none.ini"),
    _case({}, "-c", "tests"),
    _case({"conf/a.ini": "[pytest]\npythonpath=. ../src"}, "-c", "conf/a.ini"),
    _case({"a.toml": "[pytest]\nmarkers=['a: b']"}, "-c", "a.toml"),
    _case({"a.toml": "[tool.pytest.ini_options]\nmarkers=['a']\n[pytest]\nx=1"}, "-c", "a.toml"),
    _case({"a.toml": "q=1"}, "-c", "a.toml"),
    _case({"a.txt": ""}, "-c", "a.txt"),
    _case({}, "--confcutdir=tests"),
    _case({}, "--confcutdir=nope"),
    _case({}, "--confcutdir=tests/sub", "tests/sub"),
    _case({}, "--noconftest"),
]
FILES = [
    _case(_pyproject("[tool.pytest.ini_options]", "addopts='-x'", "testpaths=['tests']", "minversion=8.0")),
    _case(_pyproject("[tool.pytest]", "addopts=['-x']", "testpaths=['tests']")),
    _case(_pyproject("[tool.pytest]", "addopts='-x'")),
    _case(_pyproject("[tool.pytest]", "addopts=['-x']", "[tool.pytest.ini_options]", "xfail_strict=true")),
    _case(_pyproject("[tool.pytest]")),
    _case(_pyproject("[tool.pytest]", "ini_options={}")),
    _case(_pyproject("[tool.pytest]", "ini_options=1")),
    _case(_pyproject("[tool.pytest]", "markers=[1]")),
    _case(_pyproject("[tool.pytest]", "log_cli='yes'")),
    _case(_pyproject("[tool.pytest]", "log_level=true")),
    _case(_pyproject("[tool.pytest]", "minversion=8")),
    _case(_pyproject("[tool.pytest.ini_options]", "addopts=[1]")),
    _case(_pyproject("[tool.pytest.ini_options]", "minversion=['8']")),
    _case(_pyproject("[tool]", "pytest=1")),
    _case(_pyproject("tool=1")),
    _case(_pyproject("[tool.pytest")),
    _case(_pyproject("x=1", "x=2")),
    _case({"pytest.toml": "[pytest]\ntestpaths=['tests']"}),
    _case({"pytest.toml": "testpaths=['tests']"}),
    _case({"pytest.ini": "[pytest]\n[pytest]\n"}),
    _case({"pytest.ini": "x=1"}),
    _case({"pytest.ini": "[pytest]\na=1\na=2"}),
    _case({"pytest.ini": "[pytest]\nfoo"}),
    _case({"pytest.ini": "[pytest]\n  x\n"}),
    _case({"pytest.ini": "[]\n"}),
    _case({"pytest.ini": "[pytest]\r\naddopts=-x\r\n"}),
    _case({"pytest.ini": "[pytest]\naddopts=\udcff"}),
    _case({"pyproject.toml": "\ufeffx=1"}),
]
VALUES = [
    _case(_ini(line), *argv)
    for line, *argv in (
        ("addopts = -k 'a b",),
        ("addopts = --nope",),
        ("addopts = --maxfail=x",),
        ("addopts = --import-mode=foo",),
        ("addopts = -p nosuch",),
        ("addopts = --strict-config\nnope = 1",),
        ("addopts = --strict-markers",),
        ("addopts = --strict",),
        ("nope = 1",),
        ("nope = 1", "--strict-config"),
        ("strict = true\nnope = 1",),
        ("strict = true\nstrict_config = no\nnope = 1",),
        ("minversion = 99",),
        ("minversion = abc",),
        ("required_plugins = pytest-foo>=1 pytest-bar",),
        ("xfail_strict = maybe",),
        ("consider_namespace_packages = maybe",),
        ("collect_imported_tests = maybe",),
        ("empty_parameter_set_mark = foo",),
        ("log_cli = maybe",),
        ("log_level = nope",),
        ("console_output_style = foo",),
        ("python_files = 'x",),
        ("python_classes = 'x",),
        ("testpaths = 'x",),
        ("norecursedirs = 'x",),
        ("markers =\n  a: x\n  # c\n  b\nusefixtures = x",),
        ("filterwarnings =\n  error\n  ignore::Foo",),
        ("filterwarnings =\n  a:b:c:d:e:f",),
        ("filterwarnings = nope",),
        ("filterwarnings = error:[:",),
        ("filterwarnings = error:::x:abc",),
        ("filterwarnings = error:::x:-1",),
        ("filterwarnings = error::ValueError",),
        ("filterwarnings = error::nopackage.foo.Bar",),
        ("doctest_optionflags = x", "-p", "no:doctest", "--strict-config"),
    )
]
OPTIONS = [
    _case({}, *argv)
    for argv in (
        ("--nope",),
        ("--nope=3", "tests"),
        ("tests", "--nope", "pkg"),
        ("--import-mode=foo",),
        ("--maxfail",),
        ("--maxfail=x",),
        ("--maxf=1",),
        ("-xvs", "tests"),
        ("-o", "foo"),
        ("-o", "foo=1"),
        ("-o", "testpaths=tests"),
        ("-o", "python_files=*.py", "-o", "python_files=x.py"),
        ("-o", "addopts=-x"),
        ("-k", "a and"),
        ("-k", "a(x=1)"),
        ("-k", "$"),
        ("-k", "a 'b"),
        ("-k", " "),
        ("-m", "a b"),
        ("-m", "a(x=1)"),
        ("-m", "a(x=y)"),
        ("-m", "a(if=1)"),
        ("-m", "a(b='\\')"),
        ("-m", " "),
        ("--strict",),
        ("--strict-markers", "-m", "foo"),
        ("-W", "foo"),
        ("-W", "foo", "-p", "no:warnings"),
        ("-p", "no:main"),
        ("-p", "no:tests/conftest.py"),
        ("-pno:mark",),
        ("-p", "nosuch"),
        ("-p",),
        ("-p", "no:doctest", "--doctest-modules"),
        ("-p", "no:cacheprovider", "--lf"),
        ("--ignore=a", "--ignore", "b", "--ignore-glob=*x", "--deselect", "t::a"),
        ("--doctest-modules", "--doctest-glob=*.md", "--doctest-glob", "*.rst"),
        ("--doctest-report=X",),
        ("--doctest-report=NDIFF",),
        ("--junitxml=tests",),
        ("--durations=a",),
        ("--basetemp=.",),
        ("--basetemp=",),
        ("--pdbcls=x",),
        ("--help",),
        ("--version",),
    )
]
VARIABLES = [
    _case({}, PYTEST_ADDOPTS="-x tests"),
    _case({}, PYTEST_ADDOPTS="--nope"),
    _case({}, PYTEST_ADDOPTS="'"),
    _case({}, PYTEST_ADDOPTS="--maxfail=q"),
    _case(_ini("addopts = --maxfail=1"), "--maxfail=3", PYTEST_ADDOPTS="--maxfail=2"),
    _case({}, PYTEST_PLUGINS="nosuch"),
]
LINKS = [
    Case({**PROJECT}, ("link",), symlinks={"link": "tests"}),
    Case({**PROJECT}, ("link/test_a.py",), symlinks={"link": "tests"}),
    Case({**PROJECT}, ("linked.py",), symlinks={"linked.py": "tests/test_a.py"}),
    Case({**PROJECT}, ("link/pkg",), symlinks={"link": "tests/.."}),
    Case({**PROJECT}, ("link",), symlinks={"link": "nowhere"}),
]
DATABASE = """\
def pytest_addoption(parser):
    group = parser.getgroup("x")
    group.addoption("--db", choices=["a", "b"])
    parser.addoption("--fast", action="store_true")
    parser.addoption("--pair", nargs=2)
    parser.addini("timeuot", "help", type="bool", default=False)
def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes long")
"""
PLUGIN = "def pytest_addoption(parser):\n    parser.addoption('--plugged')\n"
CONFTESTS = [
    _case({"conftest.py": DATABASE}, *argv)
    for argv in (
        ("--db", "b", "tests"),
        ("--db=c", "tests"),
        ("--db",),
        ("--fast", "tests"),
        ("--fast", "--slow", "tests"),
        ("--pair", "tests", "pkg"),
        ("--pair", "tests"),
        ("-m", "slow", "--strict-markers"),
        ("-m", "quick", "--strict-markers"),
        ("--noconftest", "--db=a"),
    )
]
CONFTESTS += [
    _case({"conftest.py": DATABASE, **_ini("timeuot = 1", "addopts = --strict-config")}),
    _case({"pkg/conftest.py": DATABASE}, "--db=a"),
    _case({"pkg/conftest.py": DATABASE}, "--db=a", "pkg"),
    _case({"conftest.py": "pytest_plugins = ['plugged']", "plugged.py": PLUGIN}, "--plugged=1", module=True),
    _case({"conftest.py": "pytest_plugins = ['plugged']", "plugged.py": PLUGIN}, "--plucked=1", module=True),
    _case({"plugged.py": PLUGIN}, "-p", "plugged", "--plugged=1", module=True),
    _case({"plugged.py": PLUGIN}, "-p", "plugged", "--plucked=1", module=True),
    _case({"plugged.py": PLUGIN}, "--plugged=1", module=True, PYTEST_PLUGINS="plugged"),
]


@pytest.mark.oracle
@pytest.mark.parametrize(
    "case",
    [*ARGUMENTS, *ROOTS, *FILES, *VALUES, *OPTIONS, *VARIABLES, *LINKS, *CONFTESTS],
    ids=lambda case: str(case.argv),
)
def test_corners(oracle: Oracle, case: Case) -> None:
    """Everything that pytest resolved, or the words with which it refused."""
    assert disagreements(oracle, case) == []


# Generated projects: a few folders, one to three configuration files of any kind, options and paths in any order.

_FOLDERS = ["", "tests", "tests/sub", "src/pkg", "pkg", "a b", ".hidden"]
_NAMES = ["test_a.py", "conftest.py", "__init__.py", "mod.py", "test_[x].py"]
_SETTINGS = {
    "testpaths": ["tests", "tests pkg", "t*", "tests/**", "'a b'", "nope", "**/test_a.py", ".hid*", "[tp]*"],
    "addopts": [
        "-x",
        "-q --maxfail=2",
        "--import-mode=importlib",
        "--strict-markers",
        "--strict-config",
        "-k 'a or b'",
        "--nope",
        "--ignore=tests/sub",
        "tests",
        "-o testpaths=pkg",
        "--doctest-modules --doctest-glob='*.txt'",
        "--confcutdir=tests",
        "--pyargs",
        "-n auto",
    ],
    "markers": ["slow: x", "slow: x\n  fast"],
    "python_files": ["*.py", "test_*.py check_*.py"],
    "norecursedirs": [".* build"],
    "minversion": ["8.0", "10", "x"],
    "pythonpath": ["src", ". src", "../x /abs"],
    "filterwarnings": ["error", "error\n  ignore::DeprecationWarning", "once:(:", "nope::x"],
    "xfail_strict": ["true", "maybe"],
    "strict": ["true", "no"],
    "strict_config": ["1", "off"],
    "unknown_key": ["1"],
    "empty_parameter_set_mark": ["xfail", "bad"],
}
_OPTIONS = [
    ["-x"],
    ["-k", "a and not b"],
    ["-m", "slow"],
    ["-o", "testpaths=pkg"],
    ["--strict-markers"],
    ["--strict-config"],
    ["--rootdir=tests"],
    ["-c", "other.ini"],
    ["--import-mode=append"],
    ["--pyargs"],
    ["--confcutdir=tests"],
    ["--noconftest"],
    ["--keep-duplicates"],
    ["--nope"],
    ["-p", "no:doctest"],
    ["-qk", "a"],
    ["-o", "strict_config=true"],
    ["--"],
]
_PATHS = [
    "tests",
    "tests/test_a.py",
    "./tests",
    "../p",
    "tests/test_a.py::T::t[1::2]",
    "nope",
    ".",
    "",
    "a b",
    "pkg.mod",
]


@st.composite
def _settings_text(draw: st.DrawFn, style: str) -> str:
    names = draw(st.lists(st.sampled_from(sorted(_SETTINGS)), max_size=4, unique=True))
    lines = []
    for name in names:
        value = draw(st.sampled_from(_SETTINGS[name]))
        if style == "ini":
            lines.append(f"{name} = {value}")
        else:
            lines.append(f"{name} = {json.dumps(draw(st.sampled_from([value, value.split()])))}")
    return "\n".join(lines) + "\n"


@st.composite
def _config(draw: st.DrawFn) -> tuple[str, str]:
    name = draw(st.sampled_from(["pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg", "pytest.toml", "other.ini"]))
    if not name.endswith(".toml"):
        header = "[tool:pytest]" if name == "setup.cfg" else "[pytest]"
        return name, f"{header}\n{draw(_settings_text('ini'))}"
    headers = ["[pytest]"] if name == "pytest.toml" else ["[tool.pytest.ini_options]", "[tool.pytest]"]
    return name, f"{draw(st.sampled_from(headers))}\n{draw(_settings_text('toml'))}"


@st.composite
def _cases(draw: st.DrawFn) -> Case:
    files = {"p/tests/test_a.py": "", "p/tests/conftest.py": ""}
    for folder, name in draw(st.lists(st.tuples(st.sampled_from(_FOLDERS), st.sampled_from(_NAMES)), max_size=5)):
        files[os.path.normpath(f"p/{folder}/{name}")] = ""
    for folder, (name, text) in draw(
        st.lists(st.tuples(st.sampled_from(["", "", "tests", ".."]), _config()), max_size=3)
    ):
        files[os.path.normpath(f"p/{folder}/{name}")] = text
    options = draw(st.lists(st.sampled_from(_OPTIONS), max_size=2))
    paths = [[path] for path in draw(st.lists(st.sampled_from(_PATHS), max_size=3))]
    argv = [word for words in draw(st.permutations([*options, *paths])) for word in words]
    variables = draw(
        st.sampled_from([{}, {}, {"PYTEST_ADDOPTS": "--import-mode=importlib"}, {"PYTEST_ADDOPTS": "tests"}])
    )
    return Case(files, tuple(argv), draw(st.sampled_from(["p", "p", "p/tests"])), variables, module=draw(st.booleans()))


@pytest.mark.oracle
@settings(
    max_examples=60,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=_cases())
def test_generated(oracle: Oracle, case: Case) -> None:
    """Whatever the files and options say, both agree."""
    assert disagreements(oracle, case) == []
