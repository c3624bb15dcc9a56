"""The resolved invocation: what counts, where it comes from, and what pytest refuses with which words and place."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from muster.invocation import Additions, Request, conftests_for, initial_conftests, resolve_invocation
from muster.model.environment import Distribution, Environment, IniOption, PluginOption
from muster.model.invocation import Argument, Invocation, Refusal, Setting
from muster.model.location import Location
from muster.trees.memory import MemoryTree

COVERAGE = PluginOption(("--cov",), "cov_source", "?", action="append")


def environment(version: str = "9.2.0", *, asked: bool = True) -> Environment:
    """An environment with pytest-cov."""
    cov = Distribution("pytest-cov", "6.0", pytest_plugins=(("pytest_cov", "pytest_cov.plugin"),))
    return Environment(
        "python",
        "test",
        (3, 12, 1),
        pytest_version=version,
        options=(COVERAGE,) if asked else (),
        ini_options=(IniOption("timeout", "string"),),
        distributions=(cov,),
        asked=asked,
    )


def resolve(
    files: Mapping[str, str],
    *argv: str,
    version: str = "9.2.0",
    cwd: str = "/p",
    environ: Mapping[str, str] | None = None,
    additions: Additions | None = None,
    asked: bool = True,
) -> Invocation:
    """The invocation of `pytest ARGV` in a project of these files below `/p`."""
    tree = MemoryTree({f"/p/{path}": text.encode() for path, text in files.items()}, folders=[cwd])
    return resolve_invocation(
        tree, environment(version, asked=asked), Request(argv, cwd, environ or {}), additions=additions
    )


def test_a_bare_project() -> None:
    """No configuration: the working directory is the root and the one argument."""
    assert resolve({"test_a.py": ""}) == Invocation(
        command="pytest",
        why="default",
        argv=(),
        cwd="/p",
        rootdir="/p",
        pytest_version=(9, 2, 0),
        arguments=(Argument("/p"),),
        arguments_from="invocation_dir",
        confcutdir="/p",
        conftest_anchors=("/p",),
    )


def test_settings_have_their_line_and_arguments_their_parts() -> None:
    """Everything that a project configures, as one value."""
    files = {
        "pyproject.toml": (
            "[project]\nname = 'x'\n\n[tool.pytest.ini_options]\n"
            'addopts = "--import-mode=importlib -k fast"\npythonpath = ["src"]\nmarkers = [\n  "slow: x",\n]\n'
        ),
        "tests/test_a.py": "",
        "tests/sub/conftest.py": "",
    }
    where = "/p/pyproject.toml"
    addopts = "--import-mode=importlib -k fast"
    assert resolve(files, "tests/test_a.py::TestX::test_y[a::b]", "-x") == Invocation(
        command="pytest",
        why="default",
        argv=("tests/test_a.py::TestX::test_y[a::b]", "-x"),
        cwd="/p",
        rootdir="/p",
        inifile=where,
        pytest_version=(9, 2, 0),
        import_mode="importlib",
        arguments=(Argument("/p/tests/test_a.py", ("TestX", "test_y"), "[a::b]"),),
        settings={
            "addopts": Setting("addopts", addopts, Location(where, 5)),
            "pythonpath": Setting("pythonpath", ["src"], Location(where, 6)),
            "markers": Setting("markers", ["slow: x"], Location(where, 7)),
        },
        pythonpath=("/p/src",),
        keyword="fast",
        maxfail=1,
        markers=("slow: x",),
        confcutdir="/p",
        conftest_anchors=("/p/tests/test_a.py",),
    )


def test_testpaths_count_only_in_rootdir() -> None:
    """Elsewhere the working directory is collected."""
    files = {"pytest.ini": "[pytest]\ntestpaths = t* none\n", "tests/a/x.py": "", "tools/x.py": ""}
    here, below = resolve(files), resolve(files, cwd="/p/tests")
    assert (here.arguments, here.arguments_from) == ((Argument("/p/tests"), Argument("/p/tools")), "testpaths")
    assert (below.arguments, below.arguments_from) == ((Argument("/p/tests"),), "invocation_dir")


def test_overlapping_arguments_are_dropped_since_9_0() -> None:
    """Before, they were kept for the collectors to sort out."""
    files = {"tests/test_a.py": "", "b/x.py": ""}
    argv = ("tests/test_a.py::T", "b", "tests", "tests/test_a.py")
    assert resolve(files, *argv).arguments == (Argument("/p/b"), Argument("/p/tests"))
    assert len(resolve(files, *argv, version="8.4.2").arguments) == 4
    assert len(resolve(files, *argv, "--keep-duplicates").arguments) == 4


def test_initial_conftests_come_from_the_arguments_and_their_test_folders() -> None:
    """Outermost first; `confcutdir` cuts above; other folders wait for collection."""
    files = {
        "pytest.ini": "",
        "conftest.py": "",
        "a/conftest.py": "",
        "a/tests/conftest.py": "",
        "a/testing/conftest.py": "",
        "a/other/conftest.py": "",
        "b/conftest.py": "",
    }
    tree = MemoryTree({f"/p/{path}": text.encode() for path, text in files.items()} | {"/conftest.py": b""})
    invocation = resolve(files, "a")
    assert initial_conftests(tree, invocation) == (
        "/p/conftest.py",
        "/p/a/conftest.py",
        "/p/a/testing/conftest.py",
        "/p/a/tests/conftest.py",
    )
    assert conftests_for(tree, invocation, "/p/b") == ("/p/conftest.py", "/p/b/conftest.py")
    assert initial_conftests(tree, resolve(files, "a", "--confcutdir=a"))[0] == "/p/a/conftest.py"
    assert initial_conftests(tree, resolve(files, "a", "--noconftest")) == ()


USAGE = "usage: pytest [options] [file_or_dir] [file_or_dir] [...]\npytest: error: "


@pytest.mark.parametrize(
    ("files", "argv", "refusal"),
    [
        (
            {},
            ("nope",),
            Refusal("file or directory not found: nope", "nope", when="collection"),
        ),
        (
            {"pytest.ini": "[pytest]\naddopts =\n  -x\n  --nope\n"},
            (),
            Refusal(
                f"{USAGE}unrecognized arguments: --nope\n  inifile: /p/pytest.ini\n  rootdir: /p",
                "--nope",
                Location("/p/pytest.ini", 4),
                when="conftest",
            ),
        ),
        (
            {"pyproject.toml": "[tool.pytest.ini_options]\naddopts = [\n  '-q',\n  '--maxfail=x',\n]\n"},
            (),
            Refusal(
                f"{USAGE}argument --maxfail: invalid int value: 'x'\n  config source: via addopts config\n"
                "  inifile: /p/pyproject.toml\n  rootdir: /p",
                "--maxfail",
                Location("/p/pyproject.toml", 4),
            ),
        ),
        (
            {"pyproject.toml": "x = 1\ny =\n"},
            (),
            Refusal("/p/pyproject.toml: Invalid value (at line 2, column 4)", "", Location("/p/pyproject.toml", 2)),
        ),
        (
            {"setup.cfg": "[metadata]\n[pytest]\n"},
            (),
            Refusal(
                "[pytest] section in setup.cfg files is no longer supported, change to [tool:pytest] instead.",
                "[pytest]",
                Location("/p/setup.cfg", 2),
                exit_code=1,
                type="Failed",
            ),
        ),
        (
            {"tox.ini": "[pytest]\nfilterwarnings =\n  error\n  e::Nope\n  loud\n"},
            (),
            Refusal(
                "while parsing the following warning configuration:\n\n  e::Nope\n\nThis error occurred:\n\n"
                "AttributeError: module 'builtins' has no attribute 'Nope'\n",
                "filterwarnings",
                Location("/p/tox.ini", 4),
            ),
        ),
        (
            {"pytest.toml": "[pytest]\nminversion = '99'\n"},
            (),
            Refusal(
                "/p/pytest.toml: 'minversion' requires pytest-99, actual pytest-9.2.0'",
                "minversion",
                Location("/p/pytest.toml", 2),
            ),
        ),
        (
            {"pytest.ini": "[pytest]\nrequired_plugins = pytest-cov>=7 pytest-cov>5\n  pytest-nope\n"},
            (),
            Refusal(
                "Missing required plugins: pytest-cov>=7, pytest-nope", "required_plugins", Location("/p/pytest.ini", 2)
            ),
        ),
        (
            {"pytest.ini": "[pytest]\nstrict = true\ntimeout = 3\ntimoeut = 3\n"},
            (),
            Refusal("Unknown config option: timoeut\n", "timoeut", Location("/p/pytest.ini", 4), when="end"),
        ),
        (
            {"pytest.ini": "[pytest]\naddopts = -q -m 'a b'\n"},
            (),
            Refusal(
                "Wrong expression passed to '-m': a b: at column 3: expected end of input; got identifier",
                "-m",
                Location("/p/pytest.ini", 2),
                when="end",
            ),
        ),
        (
            {"pyproject.toml": "[tool.pytest]\ntestpaths = 'tests'\n"},
            (),
            Refusal(
                "/p/pyproject.toml: config option 'testpaths' expects a list for type 'args', got str: 'tests'",
                "testpaths",
                Location("/p/pyproject.toml", 2),
            ),
        ),
    ],
)
def test_refusals_have_words_and_place(files: dict[str, str], argv: tuple[str, ...], refusal: Refusal) -> None:
    """The words are pytest's, the place is the line to change."""
    assert resolve(files, *argv).refusals == (refusal,)


def test_options_that_conftests_define_are_read_from_their_source() -> None:
    """Flags, values and settings count as if pytest had run `pytest_addoption`; what is not there is refused."""
    conftest = (
        "def pytest_addoption(parser):\n"
        "    group = parser.getgroup('x')\n"
        "    group.addoption('--db', choices=['a', 'postgres'])\n"
        "    parser.addoption('--fast', action='store_true')\n"
        "    parser.addini('timeuot', 'help')\n"
    )
    files = {"conftest.py": conftest, "tests/x.py": "", "pytest.ini": "[pytest]\nstrict = yes\ntimeuot = 1\n"}
    known = resolve(files, "--db", "postgres", "--fast", "tests")
    assert (known.arguments, known.unmodelled, known.refusals) == ((Argument("/p/tests"),), (), ())
    refused = resolve(files, "--slow", "tests")
    assert [(refusal.setting, refusal.when) for refusal in refused.refusals] == [("--slow", "conftest")]
    assert [refusal.setting for refusal in resolve(files, "--db=b").refusals] == ["--db"]


@pytest.mark.parametrize(
    "conftest",
    [
        "from plugin import *",
        "from plugin import pytest_addoption",
        "pytest_plugins = ['plugin']",
        "pytest_plugins = names()",
        "def pytest_addoption(parser):\n    for name in NAMES:\n        parser.addoption(name)",
        "def pytest_addoption(parser):\n    add_options(parser)",
        "if X:\n    def pytest_addoption(parser):\n        parser.addoption('--a', action=Custom)",
        "def broken(",
    ],
)
def test_an_unknown_option_is_tolerated_where_a_conftest_may_define_it(conftest: str) -> None:
    """Whatever cannot be read off the source leaves the answer open."""
    files = {"conftest.py": conftest, "tests/x.py": "", "pytest.ini": "[pytest]\nstrict = yes\nunknown = 1\n"}
    argv = ("--db", "postgres", "tests")
    unsure = resolve(files, *argv)
    assert (unsure.arguments, unsure.unmodelled, unsure.refusals) == (
        (Argument("/p/tests"),),
        ("--db: an option that no known plugin defines", "unknown: a setting that no known plugin defines"),
        (),
    )
    told = resolve(
        files, *argv, additions=Additions((PluginOption(("--db",), "db", "1"),), (IniOption("unknown", ""),))
    )
    assert (told.arguments, told.unmodelled, told.refusals) == ((Argument("/p/tests"),), (), ())


def test_values_of_plugin_options_may_move_the_root() -> None:
    """pytest looks for its root before plugins are loaded: the value of `--cov` counts as a path then."""
    files = {"src/pytest.ini": "", "tests/pytest.ini": "", "tests/x.py": ""}
    invocation = resolve(files, "--cov", "src", "tests")
    assert (invocation.rootdir, invocation.arguments) == ("/p/src", (Argument("/p/tests"),))
    assert resolve(files, "--cov=src", "tests").rootdir == "/p/tests"


def test_an_environment_that_was_not_asked_refuses_no_option() -> None:
    """The options of widely used plugins are read right even then."""
    files = {"tests/x.py": ""}
    invocation = resolve(files, "-n", "4", "--what", "tests", asked=False)
    assert (invocation.arguments, invocation.refusals) == ((Argument("/p/tests"),), ())
    assert invocation.unmodelled == ("--what: an option that no known plugin defines",)


@pytest.mark.parametrize(("argv", "variable"), [(("-p", "pytest_cov"), ""), ((), "pytest_cov")])
def test_a_plugin_that_is_loaded_on_request_may_define_an_option(argv: tuple[str, ...], variable: str) -> None:
    """Where nothing is loaded by itself, the environment was asked without it."""
    files, environ = {"tests/x.py": ""}, {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": variable}
    invocation = resolve(files, *argv, "--cov-branch", "tests", environ=environ)
    assert (invocation.arguments, invocation.refusals) == ((Argument("/p/tests"),), ())
    assert invocation.unmodelled == ("--cov-branch: an option that no known plugin defines",)
    alone = resolve(files, "--cov-branch", "tests", environ={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})
    assert [refusal.setting for refusal in alone.refusals] == ["--cov-branch"]


def test_the_command_line_wins_over_the_variable_and_that_over_addopts() -> None:
    """All three are joined in this order, and the last value counts."""
    files = {"pytest.ini": "[pytest]\naddopts = --import-mode=append --maxfail=1\n"}
    invocation = resolve(files, "--maxfail=3", environ={"PYTEST_ADDOPTS": "--import-mode=importlib --maxfail=2"})
    assert (invocation.import_mode, invocation.maxfail) == ("importlib", 3)


@pytest.mark.parametrize(
    ("version", "inifile"), [("8.4.2", "/p/pytest.ini"), ("9.0.0", "/p/pytest.toml"), ("", "/p/pytest.toml")]
)
def test_the_version_decides_which_files_count(version: str, inifile: str) -> None:
    """`pytest.toml` is known since 9.0; without a version the newest is assumed."""
    files = {"pytest.toml": "", "pytest.ini": "[pytest]\n"}
    assert resolve(files, version=version).inifile == inifile


def test_arguments_are_read_from_files_since_8_2() -> None:
    """`@file` holds one argument a line; a file that holds itself is refused, not followed for ever."""
    files = {"args.txt": "tests\n@more.txt\n", "more.txt": "-x\n", "loop.txt": "@loop.txt\n", "tests/x.py": ""}
    invocation = resolve(files, "@args.txt")
    assert (invocation.arguments, invocation.maxfail) == ((Argument("/p/tests"),), 1)
    assert [refusal.exit_code for refusal in resolve(files, "@loop.txt").refusals] == [1]
    assert resolve(files, "@args.txt", version="8.1.0").refusals == (
        Refusal("file or directory not found: @args.txt", "@args.txt", when="collection"),
    )
