"""The environment's answers are those of the real interpreter, and nothing of the examined tree runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from tests.adapters.environments import MadeEnvironment, make_environment

from muster.adapters.environment import InterpreterQuery
from muster.adapters.fact_cache import NullFactCache, SqliteFactCache
from muster.adapters.interpreters import ChosenInterpreter, choose_interpreter
from muster.model.environment import Environment
from muster.ports import FactCache

OTHER_PYTHONS = [path for path in os.environ.get("MUSTER_TEST_PYTHONS", "").split(os.pathsep) if path]
"""Interpreters of other versions, each with a pytest, to run the guest on too."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The examined tree."""
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


@pytest.fixture
def made(tmp_path: Path) -> MadeEnvironment:
    """An environment outside the tree."""
    return make_environment(tmp_path / "env")


def query(
    root: Path,
    python: str,
    cache: FactCache | None = None,
    environ: dict[str, str] | None = None,
    **options: object,
) -> InterpreterQuery:
    """The query for a project whose user named `python`."""
    environ = environ if environ is not None else clean_environ()
    chosen = choose_interpreter(str(root), named=python, environ=environ, own=sys.executable)
    return InterpreterQuery(chosen, str(root), cache or NullFactCache(), environ=environ, **options)  # type: ignore[arg-type]  # because tests pass options through


def clean_environ(**more: str) -> dict[str, str]:
    """This process's variables without those that choose or bend an environment."""
    dropped = ("PYTHON", "PYTEST_", "VIRTUAL_ENV", "CONDA")
    return {name: value for name, value in os.environ.items() if not name.startswith(dropped)} | more


def modules_loaded_by(python: str, folder: Path) -> set[str]:
    """`sys.modules` of `python -m pytest` where collection begins in an empty folder."""
    folder.mkdir()
    (folder / "spy.py").write_text(
        "import sys\ndef pytest_collection(session):\n    names = sorted(sys.modules)\n"
        "    import json\n    open('names.json', 'w').write(json.dumps(names))\n"
    )
    environ = clean_environ(PYTHONPATH=str(folder))
    subprocess.run([python, "-m", "pytest", "-p", "spy"], cwd=folder, env=environ, capture_output=True, check=False)
    return set(json.loads((folder / "names.json").read_text()))


@pytest.mark.parametrize("python", [sys.executable, *OTHER_PYTHONS])
def test_the_dump_is_what_real_pytest_sees(python: str, root: Path, tmp_path: Path) -> None:
    """Search path, loaded modules, version, builtins and pytest's own options."""
    environment = query(root, python).describe()
    facts = "sys.path[1:], sys.version_info[:3], sys.prefix, dir(builtins)"
    script = f"import sys, json, builtins; print(json.dumps([{facts}]))"
    real = json.loads(subprocess.check_output([python, "-c", script], env=clean_environ(), cwd=root))
    assert list(environment.search_path) == real[0]
    assert list(environment.version) == real[1]
    assert environment.prefix == real[2]
    assert set(real[3]) - {"_"} <= environment.builtins
    loaded = modules_loaded_by(python, tmp_path / "empty")
    own = {"spy", "pytest.__main__", "runpy", "pkgutil", "__main__", "zipimport", "_bootlocale"}
    differing = loaded ^ set(environment.preloaded)
    assert {name for name in differing - own if not name.startswith("encodings.")} == set()
    options = {name: option for option in environment.options for name in option.names}
    assert (options["-k"].dest, options["-k"].nargs) == ("keyword", "1")
    assert (options["--collect-only"].nargs, options["--collect-only"].action) == ("0", "store_true")
    assert {"python_files", "testpaths", "markers"} <= {option.name for option in environment.ini_options}
    assert any(line.startswith("parametrize(") for line in environment.markers)
    assert {"main", "python", "cacheprovider"} <= set(environment.plugins)
    assert "pytest" in {found.name for found in environment.distributions}
    assert environment.problems == ()
    assert {"json", "os", "sys"} <= environment.stdlib_modules


def test_plugins_bring_their_options_settings_and_markers(root: Path, made: MadeEnvironment) -> None:
    """As registered by an installed entry point."""
    plugin = textwrap.dedent("""
        def pytest_addoption(parser):
            parser.addoption("--shape", choices=["round", "square"], default="round")
            parser.addini("shapes", "text", type="linelist")
        def pytest_configure(config):
            config.addinivalue_line("markers", "shape(name): of that shape")
    """)
    made.install("pytest-shape", {"pytest_shape.py": plugin}, "[pytest11]\nshape = pytest_shape\n")
    environment = query(root, made.python).describe()
    option = next(option for option in environment.options if "--shape" in option.names)
    assert (option.nargs, option.choices) == ("1", ("round", "square"))
    assert ("shapes", "linelist") in {(ini.name, ini.type) for ini in environment.ini_options}
    assert "shape(name): of that shape" in environment.markers
    assert "shape" in environment.plugins
    installed = next(found for found in environment.distributions if found.name == "pytest-shape")
    assert installed.modules == ("pytest_shape",)
    assert installed.pytest_plugins == (("shape", "pytest_shape"),)
    assert installed.version == "1.0"


def test_a_plugin_that_cannot_start_here_still_tells_its_options(root: Path, made: MadeEnvironment) -> None:
    """As pytest-django without its settings: the session fails, `--help` does not."""
    made.install(
        "pytest-needy",
        {
            "needy.py": "def pytest_addoption(parser): parser.addoption('--needy')\n"
            "def pytest_load_initial_conftests(args):\n"
            "    if '--help' not in args: raise RuntimeError('no project here')\n"
        },
        "[pytest11]\nneedy = needy\n",
    )
    environment = query(root, made.python).describe()
    assert any("--needy" in option.names for option in environment.options)
    assert "no project here" in environment.problems[0]


def test_a_plugin_that_fails_to_import_leaves_the_core(root: Path, made: MadeEnvironment) -> None:
    """Its failure is told."""
    made.install("pytest-bad", {"bad.py": "1 / 0"}, "[pytest11]\nbad = bad\n")
    environment = query(root, made.python).describe()
    assert any("--collect-only" in option.names for option in environment.options)
    assert environment.pytest_version == pytest.__version__
    assert "ZeroDivisionError" in environment.problems[0]


def test_an_environment_without_pytest_is_still_described(root: Path, tmp_path: Path) -> None:
    """Its pytest version is empty, its standard library and path are there."""
    made = make_environment(tmp_path / "bare", with_pytest=False)
    environment = query(root, made.python).describe()
    assert environment.pytest_version == ""
    assert any("--collect-only" in option.names for option in environment.options)  # of the pytest beside Muster
    assert environment.search_path[-1] == str(made.site)
    assert environment.problems == ()


def test_the_search_path_has_pythonpath_and_pth_lines(root: Path, tmp_path: Path, made: MadeEnvironment) -> None:
    """Entries inside the tree are reported too, though the child leaves them out; import lines outside it run."""
    (root / "src").mkdir()
    (root / "src" / "sitecustomize.py").write_text("raise SystemExit(9)")
    (tmp_path / "more").mkdir()
    (tmp_path / "added").mkdir()
    import_line = f"import sys; sys.path.append({str(tmp_path / 'added')!r})"
    (made.site / "paths.pth").write_text(
        f"# comment\n{root / 'src'}\n/does/not/exist\n{tmp_path / 'more'}\n{import_line}\n"
    )
    environ = clean_environ(PYTHONPATH=f"src{os.pathsep}/nowhere")
    environment = query(root, made.python, environ=environ).describe()
    assert environment.search_path[:2] == (str(root / "src"), "/nowhere")
    script = "import sys; print(list(dict.fromkeys(sys.path[1:])))"  # site runs an environment's import lines twice
    (root / "src" / "sitecustomize.py").unlink()
    real = subprocess.check_output([made.python, "-c", script], cwd=root, env=environ, text=True)
    assert str(list(environment.search_path)) == real.strip()


def test_nothing_changed_is_answered_from_the_cache(root: Path, tmp_path: Path, made: MadeEnvironment) -> None:
    """Whatever is installed, removed or upgraded makes it ask again."""
    cache = SqliteFactCache(str(tmp_path / "cache"))

    def described() -> tuple[Environment, bool]:
        asked = query(root, made.python, cache)
        children: list[object] = []
        original = asked._dump
        asked._dump = lambda *a, **k: (children.append(a), original(*a, **k))[1]  # type: ignore[method-assign]  # because it counts
        return asked.describe(), bool(children)

    first, first_asked = described()
    second, second_asked = described()
    assert (first, first_asked, second_asked) == (second, True, False)
    made.install("new-one", {"new_one.py": ""})
    third, third_asked = described()
    assert third_asked
    assert "new-one" in {found.name for found in third.distributions}
    (made.site / "more.pth").write_text(str(tmp_path) + "\n")
    assert str(tmp_path) in described()[0].search_path
    assert described()[1] is False


def editable_plugin(made: MadeEnvironment, root: Path, finder: bool) -> None:
    """An editable install of the project's own pytest plugin, by a path line or by setuptools' finder."""
    (root / "own_plugin.py").write_text(f"open({str(root / 'SPRUNG')!r}, 'w')")
    made.install("own", {}, "[pytest11]\nown = own_plugin\n")
    metadata = made.site / "own-1.0.dist-info"
    (metadata / "direct_url.json").write_text(json.dumps({"url": root.as_uri(), "dir_info": {"editable": True}}))
    if finder:
        (made.site / "__editable___own_finder.py").write_text(
            f"import sys\nfrom importlib.util import spec_from_file_location\n"
            f"MAPPING: dict[str, str] = {{'own_plugin': {str(root / 'own_plugin.py')!r}}}\n"
            "class Finder:\n"
            "    @classmethod\n"
            "    def find_spec(cls, name, path=None, target=None):\n"
            "        if name in MAPPING: return spec_from_file_location(name, MAPPING[name])\n"
            "def install(): sys.meta_path.append(Finder)\n"
        )
        install = "import __editable___own_finder; __editable___own_finder.install()"
        (made.site / "__editable__.own.pth").write_text(install)
    else:
        (made.site / "__editable__.own.pth").write_text(str(root))


def test_a_plugin_whose_package_has_a_folder_in_site_packages_too(root: Path, made: MadeEnvironment) -> None:
    """An editable install may put data beside the link: that folder alone is no package that a session begins with."""
    source = root / "src"
    (source / "split").mkdir(parents=True)
    for name in ("__init__", "plugin"):
        (source / "split" / f"{name}.py").touch()
    made.install("split", {"split/data/page.md": ""}, "[pytest11]\nsplit = split.plugin\n")
    (made.site / "split.pth").write_text(f"{source}\n")
    environment = query(root, made.python).describe()
    assert ("split", "split.plugin") in environment.withheld_plugins
    assert "split" not in environment.preloaded


@pytest.mark.parametrize("finder", [False, True])
def test_an_editable_plugin_of_the_project_is_left_out(root: Path, made: MadeEnvironment, finder: bool) -> None:
    """It is named, not run; where it lies is reported."""
    editable_plugin(made, root, finder)
    asked = query(root, made.python)
    environment = asked.describe()
    # Muster's own plugin, installed in editable mode where these tests run, is nowhere to be found in the made environment.
    assert [plugin for plugin in environment.withheld_plugins if plugin[0] != "muster"] == [("own", "own_plugin")]
    assert environment.problems == ()
    assert not (root / "SPRUNG").exists()
    if finder:
        assert environment.editable_finders == {"own_plugin": str(root / "own_plugin.py")}
    else:
        assert str(root) in environment.search_path
    assert next(found for found in environment.distributions if found.name == "own").editable == str(root)
    asked.probe("own_plugin")
    asked.close()
    assert not (root / "SPRUNG").exists()


def test_code_of_the_tree_is_refused_however_it_is_reached(root: Path, made: MadeEnvironment) -> None:
    """By a link from site-packages, by a plugin that changes `sys.path`, by `exec` and by `runpy`."""
    trap = f"open({str(root / 'SPRUNG')!r}, 'w')\n"
    (root / "trap.py").write_text(trap)
    (root / "pkg").mkdir()
    (root / "pkg" / "__init__.py").write_text(trap)
    os.symlink(root / "pkg", made.site / "linked")
    made.install(
        "reach",
        {
            "by_path.py": f"import sys; sys.path.insert(0, {str(root)!r})\nimport trap",
            "by_runpy.py": f"import runpy; runpy.run_path({str(root / 'trap.py')!r})",
            "by_exec.py": f"exec(compile({trap!r}, {str(root / 'trap.py')!r}, 'exec'))",
            "by_open.py": f"exec(open({str(root / 'trap.py')!r}).read())",
        },
    )
    asked = query(root, made.python)
    for name in ("linked", "by_path", "by_runpy", "by_exec", "by_open"):
        probed = asked.probe(name)
        assert probed is not None
        assert probed.lenient, name
        assert probed.first is None, name
        assert not (root / "SPRUNG").exists(), name
    asked.close()


def test_an_activated_environment_inside_the_tree_is_run(root: Path) -> None:
    """The user's own act; the rest of the tree stays forbidden."""
    made = make_environment(root / "env")
    made.install("inner", {"inner.py": "value = 3"})
    environ = clean_environ(VIRTUAL_ENV=str(made.prefix))
    chosen = choose_interpreter(str(root), environ=environ, own=sys.executable)
    asked = InterpreterQuery(chosen, str(root), NullFactCache(), environ=environ)
    assert asked.describe().asked
    probed = asked.probe("inner")
    assert probed is not None
    assert probed.names["value"].value == 3
    asked.close()


def test_an_environment_made_in_the_root_itself_opens_only_its_packages(root: Path) -> None:
    """The root's own `lib` is the project's, though the environment's `lib` lies there too."""
    made = make_environment(root)
    made.install("inner", {"inner.py": "value = 3"})
    for name in ("trap.py", "lib/trap.py"):
        (root / name).write_text(f"open({str(root / 'SPRUNG')!r}, 'w')\n")
    (made.site / "paths.pth").write_text(f"{root}\n{root / 'lib'}\n")
    environ = clean_environ(VIRTUAL_ENV=str(root))
    chosen = choose_interpreter(str(root), environ=environ, own=sys.executable)
    asked = InterpreterQuery(chosen, str(root), NullFactCache(), environ=environ)
    assert asked.describe().problems == ()
    probed = asked.probe("inner")
    asked.probe("trap")
    asked.close()
    assert probed is not None
    assert probed.names["value"].value == 3
    assert not (root / "SPRUNG").exists()


def found_environment(root: Path) -> MadeEnvironment:
    """A `.venv` in the tree whose interpreter and packages are traps."""
    made = make_environment(root / ".venv", with_pytest=False)
    trap = f"open({str(root / 'SPRUNG')!r}, 'w')\n"
    (made.site / "trap.pth").write_text("import trap_module\n")
    made.install("thing", {"trap_module.py": trap, "thing/__init__.py": trap}, "[pytest11]\nthing = thing\n", "2.5")
    made.install("pytest", {"pytest/__init__.py": trap}, version="8.1.1")
    for name in ("python", "python3"):
        (made.prefix / "bin" / name).unlink()
        (made.prefix / "bin" / name).write_text(f"#!/bin/sh\ntouch {root / 'SPRUNG'}\n")
        (made.prefix / "bin" / name).chmod(0o755)
    return made


@pytest.mark.parametrize("static", [False, True])
def test_an_environment_merely_found_is_read_not_run(root: Path, static: bool) -> None:
    """Its metadata is there; only the standard library can be asked, of the interpreter that it was made from."""
    made = found_environment(root)
    chosen = choose_interpreter(str(root), environ=clean_environ(), own=sys.executable)
    assert not chosen.may_run
    asked = InterpreterQuery(chosen, str(root), NullFactCache(), environ=clean_environ(), static=static)
    environment = asked.describe()
    assert not environment.asked
    assert environment.version[:2] == sys.version_info[:2]
    assert environment.pytest_version == "8.1.1"
    assert environment.search_path[-1] == str(made.site)
    assert os.path.isfile(os.path.join(environment.search_path[1], "json", "__init__.py"))
    assert {found.name: found.version for found in environment.distributions} == {"pytest": "8.1.1", "thing": "2.5"}
    assert environment.withheld_plugins == (("thing", "thing"),)
    assert asked.probe("thing") is None
    if static:
        assert asked.probe("json") is None
    else:
        probed = asked.probe("json")
        assert probed is not None
        assert "dumps" in probed.names
        assert any("--collect-only" in option.names for option in environment.options)
    asked.close()
    assert not (root / "SPRUNG").exists()


def test_static_reads_an_environment_that_was_named(root: Path, made: MadeEnvironment) -> None:
    """Nothing is started."""
    made.install("thing", {"thing.py": ""})
    asked = query(root, made.python, static=True)
    environment = asked.describe()
    assert not environment.asked
    assert "thing" in {found.name for found in environment.distributions}
    assert environment.pytest_version == pytest.__version__
    assert "len" in environment.builtins
    assert asked.probe("thing") is None


def test_an_interpreter_that_is_none_is_told(root: Path, tmp_path: Path) -> None:
    """The environment is then read as far as it goes."""
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "python"
    fake.write_text("#!/bin/sh\nexit 3\n")
    fake.chmod(0o755)
    environment = query(root, str(fake)).describe()
    assert not environment.asked
    assert "it ended with code 3" in environment.problems[0]
    broken = ChosenInterpreter(str(tmp_path / "none"), "test", str(tmp_path))
    environment = InterpreterQuery(broken, str(root), NullFactCache(), environ={}).describe()
    assert "cannot be run" in environment.problems[0]
