"""What importing an installed module really does, asked of its own interpreter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from tests.adapters.environments import MadeEnvironment, make_environment
from tests.adapters.test_environment import OTHER_PYTHONS, query
from tests.hostile.booby_traps import SOURCE

from muster.adapters.environment import InterpreterQuery
from muster.adapters.fact_cache import NullFactCache, SqliteFactCache
from muster.model.environment import ProbedClass, ProbedModule


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The examined tree."""
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


@pytest.fixture
def made(tmp_path: Path) -> MadeEnvironment:
    """An environment outside the tree."""
    return make_environment(tmp_path / "env")


def probe_installed(root: Path, made: MadeEnvironment, files: dict[str, str], *names: str) -> dict[str, ProbedModule]:
    """Install `files` and probe `names`, in that order."""
    made.install("probed", {path: textwrap.dedent(text) for path, text in files.items()})
    asked = query(root, made.python)
    try:
        return asked.probe_many(names)
    finally:
        asked.close()


SHAPES = '''
    """Doc."""
    import enum, abc, os.path, functools
    LIMIT, RATIO, NAME, NOTHING, FLAG = 3, 1.5, "n", None, True
    PAIR, BIG, LONG = (1, "x"), 1 << 80, "x" * 9000
    class Plain: pass
    class WithInit:
        def __init__(self, a, b=1, *rest, c, **more): pass
        def test_it(self): pass
    class Child(WithInit): __test__ = False
    class WithNew:
        def __new__(cls): return object.__new__(cls)
    class Colour(enum.Enum): RED = 1
    class Abstract(abc.ABC): pass
    class Odd(type):
        def __dir__(cls): raise RuntimeError
        def __getattr__(cls, name): raise RuntimeError
    class Hostile(metaclass=Odd): pass
    class Fake:
        __class__ = property(lambda self: 1 / 0)
        def __getattr__(self, name): raise SystemExit
    fake = Fake()
    def plain(a, /, b, *, c=Plain): pass
    def wrapper(f):
        @functools.wraps(f)
        def inner(*args, **kwargs): return f(*args, **kwargs)
        return inner
    wrapped = wrapper(plain)
    __all__ = ["Plain", "LIMIT"]
'''


@pytest.mark.parametrize("python", [sys.executable, *OTHER_PYTHONS])
def test_names_are_what_they_are(root: Path, tmp_path: Path, python: str) -> None:
    """Modules, classes, functions, small constants; anything else by its type."""
    made = make_environment(tmp_path / "env", python, with_pytest=False)
    probed = probe_installed(root, made, {"shapes/__init__.py": SHAPES}, "shapes")["shapes"]
    assert (probed.first, probed.second, probed.lenient) == (None, None, False)
    assert (probed.is_package, probed.path) == (True, (str(made.site / "shapes"),))
    assert probed.file == str(made.site / "shapes" / "__init__.py")
    assert probed.all == ("Plain", "LIMIT")
    names = probed.names
    values = {name: names[name].value for name in ("LIMIT", "RATIO", "NAME", "NOTHING", "FLAG", "PAIR")}
    assert values == {"LIMIT": 3, "RATIO": 1.5, "NAME": "n", "NOTHING": None, "FLAG": True, "PAIR": (1, "x")}
    assert {names[name].kind for name in values} == {"value"}
    assert (names["BIG"].kind, names["BIG"].type_name) == ("object", "builtins.int")
    assert (names["LONG"].kind, names["LONG"].type_name) == ("object", "builtins.str")
    assert (names["os"].kind, names["os"].target) == ("module", "os")
    assert (names["fake"].kind, names["fake"].type_name) == ("object", "shapes.Fake")
    assert (names["plain"].kind, names["plain"].signature) == ("function", "(a, /, b, *, c=...)")
    assert names["wrapped"].signature == "(*args, **kwargs)"
    assert (names["WithInit"].kind, names["WithInit"].signature) == ("class", "(a, b=..., *rest, c, **more)")

    def facts(name: str) -> ProbedClass:
        found = names[name].class_
        assert found is not None
        return found

    assert facts("Plain").mro == ("shapes.Plain", "builtins.object")
    assert [facts(name).own_init for name in ("Plain", "WithInit", "Child", "WithNew")] == [False, True, True, False]
    assert [facts(name).own_new for name in ("Plain", "WithInit", "WithNew")] == [False, False, True]
    assert facts("Child").tests == ("test_it",)
    assert facts("Child").test_flag is False
    assert facts("Plain").test_flag is None
    assert facts("Colour").is_enum
    assert facts("Abstract").metaclass == "abc.ABCMeta"
    assert "__init__" in facts("Hostile").names
    assert {"os", "os.path", "enum", "abc", "functools", "shapes"} <= set(probed.imported)


def test_builtins_can_be_asked(root: Path) -> None:
    """`dir()` of every standard class comes from there."""
    asked = query(root, sys.executable)
    probed = asked.probe("builtins")
    logging = asked.probe("logging")
    asked.close()
    assert probed is not None
    assert logging is not None
    text = probed.names["str"].class_
    assert text is not None
    assert "removeprefix" in text.names
    assert probed.names["len"].signature == "(obj, /)"
    logger = logging.names["Logger"].class_
    assert logger is not None
    assert "getChild" in logger.names
    assert "get_logger" not in logger.names


def test_an_import_can_fail_once_and_then_succeed(root: Path, made: MadeEnvironment) -> None:
    """Both outcomes are told, as of a fresh process, whatever was imported before."""
    files = {
        "healing/__init__.py": "",
        "healing/state.py": "ready = False",
        "healing/aio.py": """
            from healing import state
            if not state.ready:
                state.ready = True
                raise ImportError("the extra is missing", name="greenlet")
        """,
        "guarded.py": "try:\n    import healing.aio\nexcept ImportError:\n    pass\n",
    }
    probed = probe_installed(root, made, files, "guarded", "healing.aio")
    healing = probed["healing.aio"]
    assert healing.first is not None
    assert (healing.first.type, healing.first.message, healing.first.missing) == (
        "ImportError",
        "the extra is missing",
        "greenlet",
    )
    assert healing.second is None
    assert healing.lenient
    assert probed["guarded"].first is None


def test_every_way_to_fail_is_data(root: Path, made: MadeEnvironment) -> None:
    """Exceptions, exits, crashes and noise; modules asked afterwards are still answered."""
    files = {
        "raises.py": "raise ValueError('no')",
        "exits.py": "import sys; sys.exit(3)",
        "interrupts.py": "raise KeyboardInterrupt",
        "dies.py": "import os; os._exit(7)",
        "crashes.py": "import ctypes; ctypes.string_at(0)",
        "noisy.py": "import os, sys\nprint('{}')\nsys.stderr.write('x' * 100000)\nos.write(1, b'{}\\n')",
        "closes.py": "import os\nfor fd in range(3, 64):\n    try: os.close(fd)\n    except OSError: pass",
        "misspelt.py": "import json.nothing",
        "unsayable.py": "class E(Exception):\n    def __str__(self): raise RuntimeError\nraise E",
        "surrogate.py": "name = '\\udcff'\nraise ValueError('\\udcff')",
        "fine.py": "value = 1",
    }
    probed = probe_installed(root, made, files, *(name.removesuffix(".py") for name in files), "absent", "absent.below")
    failures = {name: (module.first.type, module.first.message) for name, module in probed.items() if module.first}
    assert failures == {
        "raises": ("ValueError", "no"),
        "exits": ("SystemExit", "3"),
        "interrupts": ("KeyboardInterrupt", ""),
        "dies": ("InterpreterDied", "it ended with code 7"),
        "crashes": ("InterpreterDied", "killed by SIGSEGV"),
        "closes": ("InterpreterDied", failures["closes"][1]),
        "misspelt": ("ModuleNotFoundError", "No module named 'json.nothing'"),
        "unsayable": ("E", ""),
        "surrogate": ("ValueError", "\\udcff"),
        "absent": ("ModuleNotFoundError", "No module named 'absent'"),
        "absent.below": ("ModuleNotFoundError", "No module named 'absent'"),
    }
    lasting = {name for name, module in probed.items() if module.first and module.first.is_of_the_module}
    assert lasting == {"misspelt", "absent", "absent.below"}
    assert probed["fine"].names["value"].value == 1
    assert probed["noisy"].first is None


def is_running(pid: int) -> bool:
    """Whether the process is there, and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_an_import_that_hangs_is_ended(root: Path, made: MadeEnvironment) -> None:
    """With all that it started, after the time limit."""
    made.install(
        "hangs",
        {
            "hangs.py": "import subprocess, time, pathlib\n"
            "child = subprocess.Popen(['sleep', '60'])\n"
            "pathlib.Path(__file__).with_suffix('.pid').write_text(str(child.pid))\n"
            "time.sleep(60)"
        },
    )
    asked = query(root, made.python, probe_timeout_s=1.5)
    probed = asked.probe("hangs")
    asked.close()
    assert probed is not None
    assert probed.first is not None
    assert probed.first.message == "no answer within 1.5 s"
    pid = int((made.site / "hangs.pid").read_text())
    deadline = time.monotonic() + 5
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(pid)


def test_a_module_that_makes_names_on_demand_is_lenient(root: Path, made: MadeEnvironment) -> None:
    """Absence proves nothing under `__getattr__`, in a module of another type, or where an object took its place."""
    files = {
        "lazy.py": "def __getattr__(name): raise AttributeError(name)",
        "typed.py": "import sys, types\nclass M(types.ModuleType): pass\nsys.modules[__name__].__class__ = M",
        "replaced.py": "import sys\nclass Thing: pass\nsys.modules[__name__] = Thing()",
        "strict.py": "",
    }
    probed = probe_installed(root, made, files, "lazy", "typed", "replaced", "strict")
    assert {name: module.lenient for name, module in probed.items()} == {
        "lazy": True,
        "typed": True,
        "replaced": True,
        "strict": False,
    }


def test_what_came_with_a_module_does_not_depend_on_what_was_asked_before(root: Path, made: MadeEnvironment) -> None:
    """Imports that were already done still belong to whoever asks for them."""
    files = {
        "pkg/__init__.py": "from . import one",
        "pkg/one.py": "from .two import value",
        "pkg/two.py": "import importlib\nvalue = importlib.import_module('third')",
        "third.py": "",
        "user.py": "import pkg.one",
    }
    probed = probe_installed(root, made, files, "third", "pkg.two", "pkg", "user")
    assert {"pkg", "pkg.one", "pkg.two", "third", "user"} <= set(probed["user"].imported)
    assert "user" not in probed["pkg"].imported


def test_nothing_is_written_into_the_environment(root: Path, made: MadeEnvironment) -> None:
    """No bytecode, even where the interpreter would."""
    probe_installed(root, made, {"plain.py": ""}, "plain", "antigravity", "this")
    assert not list(made.site.rglob("*.pyc"))
    assert os.listdir(root) == []


def test_answers_are_cached_with_the_environment(root: Path, tmp_path: Path, made: MadeEnvironment) -> None:
    """Another installed version is another environment."""
    cache = SqliteFactCache(str(tmp_path / "cache"))
    made.install("one", {"one.py": "value = 1"})
    for _ in range(2):
        asked = query(root, made.python, cache)
        probed = asked.probe("one")
        started = asked._prober.is_running
        asked.close()
    assert probed is not None
    assert probed.names["value"].value == 1
    assert not started
    (made.site / "one.py").write_text("value = 22")
    again = query(root, made.python, cache)
    probed = again.probe("one")
    again.close()
    assert probed is not None
    assert probed.names["value"].value == 22


def test_a_host_that_is_killed_leaves_nothing_behind(root: Path, tmp_path: Path) -> None:
    """The child sees its pipe end, and takes its folder away."""
    (tmp_path / "temporary").mkdir()
    script = f"""
import os, signal, sys
sys.path.insert(0, {SOURCE!r})
from muster.adapters.environment import InterpreterQuery
from muster.adapters.fact_cache import NullFactCache
from muster.adapters.interpreters import choose_interpreter
chosen = choose_interpreter({str(root)!r}, named=sys.executable, environ=os.environ, own=sys.executable)
InterpreterQuery(chosen, {str(root)!r}, NullFactCache(), environ=os.environ).probe("json")
os.kill(os.getpid(), signal.SIGKILL)
"""
    environ = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    subprocess.run([sys.executable, "-c", script], env=environ, check=False, timeout=60)
    deadline = time.monotonic() + 10
    while list((tmp_path / "temporary").iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list((tmp_path / "temporary").iterdir()) == []


def test_odd_names_are_not_asked(root: Path) -> None:
    """Only what an import statement can spell."""
    asked = query(root, sys.executable)
    assert [asked.probe(name) for name in ("", "a b", "a..b", "../x", "a\n", "os:", "os:a.b", ":a")] == [None] * 8
    assert not asked._prober.is_running


def test_a_name_that_is_made_on_demand_is_asked_for(root: Path, made: MadeEnvironment) -> None:
    """What `module.name` gives, or what the module's own `__getattr__` raises."""
    source = """
        LATE = 7
        def __getattr__(name):
            if name == "late":
                return LATE
            if name == "optional":
                import nowhere
            if name == "angry":
                raise RuntimeError("no")
            raise AttributeError("nothing called " + name)
    """
    files = {"lazy.py": source, "lazypkg/__init__.py": source, "lazypkg/part.py": "", "uses.py": "import lazypkg.part"}
    wanted = ["lazy:late", "lazy:optional", "lazy:angry", "lazy:other", "lazy:LATE", "uses", "lazypkg:part", "broken:x"]
    answers = probe_installed(root, made, {**files, "broken.py": "1 / 0"}, *wanted)
    assert (answers["lazy:late"].names["late"].value, answers["lazy:LATE"].names["LATE"].value) == (7, 7)
    raised = {name: answer.first.type for name, answer in answers.items() if answer.first is not None}
    assert raised == {
        "lazy:optional": "ModuleNotFoundError",
        "lazy:angry": "RuntimeError",
        "lazy:other": "AttributeError",
    }
    assert str(answers["lazy:other"].first and answers["lazy:other"].first.message) == "nothing called other"
    assert [name for name, answer in answers.items() if answer.lenient] == ["broken:x"]
    assert answers["lazypkg:part"].first is not None or answers["lazypkg:part"].names == {}


def test_a_lying_child_is_no_traceback(root: Path, made: MadeEnvironment) -> None:
    """Whatever an installed module writes into the answering pipe itself."""
    lie = json.dumps({"name": "other"})
    files = {
        "liar.py": f"import os\nfor fd in range(3, 64):\n    try: os.write(fd, b'{lie}\\n')\n    except OSError: pass",
        "fine.py": "",
    }
    probed = probe_installed(root, made, files, "liar", "fine")
    assert probed["liar"].lenient
    assert probed["fine"].first is None


def test_the_null_cache_serves(root: Path) -> None:
    """Nothing depends on a record being kept."""
    asked = query(root, sys.executable, NullFactCache())
    assert isinstance(asked, InterpreterQuery)
    assert asked.probe("json") is asked.probe("json")
    asked.close()


def test_submodules_that_others_imported_are_no_attributes(root: Path) -> None:
    """`import xml` alone does not bring `xml.etree`, whatever was asked before."""
    asked = query(root, sys.executable)
    asked.probe("xml.etree.ElementTree")
    probed = asked.probe("xml")
    asked.close()
    assert probed is not None
    assert "etree" not in probed.names
    assert "xml.etree" not in probed.imported
