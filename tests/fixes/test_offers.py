"""Fixes that were offered late: what each writes, what the proof says of it, and whether a person has to choose it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.fixes.mending import collected, plan_of, write_project

from muster.fixes.conftests import with_plugins
from muster.fixes.dependencies import with_bound
from muster.fixes.past_names import restored_name
from muster.fixes.patterns import matching_name
from muster.fixes.settings import without_word
from muster.fixes.unparsable import one_side, without_breakage
from muster.usecases.fix import FixRequest, ProvedFix
from muster.wiring import project_writer

pytestmark = [pytest.mark.slow]

TEST = "def test_a(): ...\n"
STUBBED = "import sys, types\nsys.modules['lib'] = types.ModuleType('lib')\n"
OFFERS: dict[str, tuple[dict[str, str], str, bool, dict[str, str]]] = {
    "a misspelt option": (
        {"pytest.ini": "[pytest]\naddopts = -ra --strict-marker\n", "test_a.py": TEST},
        "setting", False, {"pytest.ini": "[pytest]\naddopts = -ra --strict-markers\n"},
    ),
    "a misspelt option of a TOML list": (
        {"pyproject.toml": '[tool.pytest.ini_options]\naddopts = ["-ra", "--import-mod=append"]  # it\n', "test_a.py": TEST},
        "setting", False,
        {"pyproject.toml": '[tool.pytest.ini_options]\naddopts = ["-ra", "--import-mode=append"]  # it\n'},
    ),
    "an option of a plugin that is not there": (
        {"pytest.ini": "[pytest]\naddopts =\n    --cov=x\n    -ra\n", "test_a.py": TEST},
        "setting", True, {"pytest.ini": "[pytest]\naddopts =\n    -ra\n"},
    ),
    "a misspelt setting": (
        {"pytest.ini": "[pytest]\naddopts = --strict-config\ntestpath = tests\n", "tests/test_a.py": TEST},
        "setting", False, {"pytest.ini": "[pytest]\naddopts = --strict-config\ntestpaths = tests\n"},
    ),
    "a bad choice": (
        {"pytest.ini": "[pytest]\naddopts = --import-mode=importlb\n", "test_a.py": TEST},
        "setting", False, {"pytest.ini": "[pytest]\naddopts = --import-mode=importlib\n"},
    ),
    "a folder that is not there": (
        {"pytest.ini": "[pytest]\naddopts = tests/unti\n", "tests/unit/test_a.py": TEST},
        "setting", False, {"pytest.ini": "[pytest]\naddopts = tests/unit\n"},
    ),
    "plugins of an inner conftest": (
        {"tests/deep/conftest.py": "import os\npytest_plugins = ('plug',)\nX = os\n", "plug.py": "", "tests/deep/test_a.py": TEST,
         "conftest.py": "import sys\n\nY = sys\n", "test_b.py": TEST},
        "hoist", False,
        {"tests/deep/conftest.py": "import os\nX = os\n", "conftest.py": 'import sys\n\npytest_plugins = ["plug"]\n\nY = sys\n'},
    ),
    "a misspelt hook": (
        {"conftest.py": "def pytest_collection_modifyitem(items): ...\n", "test_a.py": TEST},
        "rename", False, {"conftest.py": "def pytest_collection_modifyitems(items): ...\n"},
    ),
    "a stub that others meet": (
        {"lib.py": "f = 1\n", "test_a.py": STUBBED + "import lib\n\n" + TEST, "test_b.py": "from lib import f\n" + TEST},
        "put-back", False,
        {"test_a.py": "import sys, types\n_replaced_lib = sys.modules.get('lib')\nsys.modules['lib'] = types.ModuleType('lib')\n"
                      "import lib\nif _replaced_lib is None:\n    del sys.modules['lib']\nelse:\n    sys.modules['lib'] = _replaced_lib\n\n"
                      + TEST},
    ),
    "a stub for the tests alone": (
        {"lib.py": "f = 1\n", "test_a.py": STUBBED + TEST, "test_b.py": "from lib import f\n" + TEST},
        "fixture", False,
        {"test_a.py": "import sys, types\nimport pytest\n\n@pytest.fixture(autouse=True)\ndef _replace_lib(monkeypatch):\n"
                      "    monkeypatch.setitem(sys.modules, 'lib', types.ModuleType('lib'))\n\n" + TEST},
    ),
    "a merge that was not finished": (
        {"lib.py": "a = 0\r\n<<<<<<< HEAD\r\nf = 1\r\n||||||| base\r\nf = 0\r\n=======\r\nf = 2\r\n>>>>>>> other\r\nb = 3\r\n",
         "test_a.py": "from lib import f\n" + TEST},
        "conflict", True, {"lib.py": "a = 0\r\nf = 1\r\nb = 3\r\n"},
    ),
    "classes that a rename lost": (
        {"test_a.py": "class LoginTests:\n    def test_a(self): ...\nclass LogoutTests:\n    def test_b(self): return LogoutTests\n"},
        "rename", True,
        {"test_a.py": "class TestLogin:\n    def test_a(self): ...\nclass TestLogout:\n    def test_b(self): return TestLogout\n"},
    ),
    "a module that strings name": (
        {"lib/__init__.py": "", "lib/deep/__init__.py": "", "lib/deep/tool_box.py": "def f(): ...\n",
         "load.py": "from importlib import import_module\n\ndef load(names):\n    return [import_module(name) for name in names]\n",
         "test_a.py": "from load import load\nload(['lib.tool_box'])\n" + TEST},
        "rewrite", False, {"test_a.py": "from load import load\nload(['lib.deep.tool_box'])\n" + TEST},
    ),
    "a re-export of what is there when it runs": (
        {"lib/__init__.py": "", "lib/deep/__init__.py": "",
         "lib/deep/tool_box.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    Hint = int\ndef f(): ...\n",
         "test_a.py": "from lib.tool_box import f\n" + TEST},
        "re-export", False,
        {"lib/tool_box.py": '"""Moved to `lib.deep.tool_box`; this is left for those who still import it from here."""\n\n'
         "import warnings\n\n"
         "from lib.deep.tool_box import (  # noqa: F401\n    f,\n)\n\nwarnings.warn(\n"
         "    \"'lib.tool_box' is now 'lib.deep.tool_box'\", DeprecationWarning, stacklevel=2\n)\n"},
    ),
    "a folder that a name stands for": (
        {"infra/vpc.py": "f = 1\n", "tests/infra/__init__.py": "", "tests/z/test_z.py": "from infra.vpc import f\n" + TEST,
         "tests/a/b/test_a.py": "import sys\nfrom pathlib import Path\nHERE = Path(__file__).resolve()\nROOT = HERE.parents[2]\n"
         "sys.path.insert(0, str(ROOT))\n" + TEST},
        "parents", False,
        {"tests/a/b/test_a.py": "import sys\nfrom pathlib import Path\nHERE = Path(__file__).resolve()\nROOT = HERE.parents[3]\n"
         "sys.path.insert(0, str(ROOT))\n" + TEST},
    ),
    "a renamed name of a renamed module": (
        {"lib/__init__.py": "", "lib/http_client.py": "class HttpClientPool: ...\n",
         "test_a.py": "from lib.http_clients import HttpClient\ndef test_a(): HttpClient()\n"},
        "rewrite", True,
        {"test_a.py": "from lib.http_client import HttpClientPool\ndef test_a(): HttpClientPool()\n"},
    ),
}  # fmt: skip


def offered(root: Path, kind: str, request: FixRequest = FixRequest()) -> ProvedFix:  # noqa: B008  # because it is frozen
    """The first fix of that kind."""
    fixes = [proved for each in plan_of(root, request).rounds[0].fixes for proved in each]
    return next(proved for proved in fixes if proved.fix.kind == kind)


def written(root: Path, proved: ProvedFix) -> dict[str, str]:
    """The files of the fix as it leaves them."""
    return {str(Path(each.path).relative_to(root)): (each.after or b"").decode() for each in proved.fix.changes}


@pytest.mark.parametrize("name", OFFERS)
def test_what_is_offered_is_proved(name: str, tmp_path: Path) -> None:
    files, kind, is_choice, expected = OFFERS[name]
    write_project(tmp_path, files)
    if "pyproject.toml" in files:
        (tmp_path / "pytest.ini").unlink()
    proved = offered(tmp_path, kind)
    assert written(tmp_path, proved) == expected
    assert (proved.verdict.state, proved.fix.choice) == ("proved", is_choice)


def commit(root: Path, subject: str) -> None:
    """Everything as it lies, committed."""
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", subject]):
        command = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.invalid", *arguments]
        subprocess.run(command, cwd=root, capture_output=True, check=True)


OLD = (
    "import os\nimport re\n\nLIMIT = 3\n\n\ndef first():\n    return 1\n\n\n# Why it is here.\n@staticmethod\ndef second(x=LIMIT):\n"
    "    return re.compile(os.sep * x)\n\n\ndef third():\n    return os.sep\n"
)


@pytest.mark.oracle
def test_a_removed_name_is_restored_with_what_it_needs(tmp_path: Path) -> None:
    write_project(tmp_path, {"lib.py": OLD, "test_a.py": "from lib import second\ndef test_a(): second()\n"})
    commit(tmp_path, "Begin")
    now = "import os\n\n\ndef first():\n    return 1\n\n\ndef third():\n    return os.sep\n"
    (tmp_path / "lib.py").write_text(now)
    commit(tmp_path, "Take it out")
    plan = plan_of(tmp_path)
    assert [stage.chosen.fix.kind for stage in plan.stages] == ["restore"]
    project_writer(str(tmp_path)).apply(plan.changes)
    assert (tmp_path / "lib.py").read_text() == now.replace(
        "import os\n", "import os\nimport re\n\nLIMIT = 3\n"
    ).replace(
        "def third",
        "# Why it is here.\n@staticmethod\ndef second(x=LIMIT):\n    return re.compile(os.sep * x)\n\n\ndef third",
    )
    assert collected(tmp_path) == ({"test_a.py::test_a"}, 0)


def test_who_tries_both_places_is_left_alone_and_no_one_else(tmp_path: Path) -> None:
    write_project(tmp_path, {
        "pytest.ini": "[pytest]\npythonpath = .\nfilterwarnings = error\n", "lib.py": "class HttpClientPool: ...\n",
        "test_a.py": "from lib import HttpClient\ndef test_a():\n    try:\n        HttpClient()\n    except ImportError: ...\n",
        "test_b.py": "try:\n    from lib import HttpClient\nexcept ImportError:\n    from lib import HttpClientPool as HttpClient\n" + TEST,
    })  # fmt: skip
    plan = plan_of(tmp_path)
    assert [change.path for change in plan.changes] == [str(tmp_path / "test_a.py")]
    refused = offered(tmp_path, "re-export")
    assert (refused.verdict.state, refused.verdict.reason) == (
        "refuted", "the project makes warnings errors, and the re-export warns",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "old", "after"),
    [
        ("b = 2\r\n", "a = 1\nb = 2\n", "b = 2\r\na = 1\r\n"),
        ("", "def f():\n    pass\n\n\na = f()\n", "def f():\n    pass\n\n\na = f()\n"),
        ("if b:\n    b = 1\n", "a: int = 1", "if b:\n    b = 1\na: int = 1\n"),
        ("a = 1\n", "a = 2\n", None),
        ("b = 1\n", "b = 1\n", None),
        ("b = 1; c = 2\n", "b = 1\nc = 2\na = 3\n", None),
        ("(", "a = 1\n", None),
    ],
)  # fmt: skip
def test_a_name_of_an_older_version(text: str, old: str, after: str | None) -> None:
    assert restored_name(text, old, "a") == after


def test_the_lines_that_broke_a_file_can_be_taken_back(tmp_path: Path) -> None:
    good = "def f():\n    return 1\n\n\ndef g():\n    return 2\n"
    write_project(tmp_path, {"lib.py": good, "test_a.py": "from lib import f\n" + TEST})
    commit(tmp_path, "Begin")
    (tmp_path / "lib.py").write_text(good.replace("return 1", "return (1").replace("return 2", "return 3"))
    commit(tmp_path, "Improve it")
    proved = offered(tmp_path, "revert")
    assert written(tmp_path, proved) == {"lib.py": good.replace("return 2", "return 3")}
    assert (proved.verdict.state, proved.fix.choice) == ("proved", True)
    assert plan_of(tmp_path).changes == ()


def test_of_several_breakages_each_is_taken_back() -> None:
    good = "".join(f"x{number} = {number}\n" for number in range(20))
    places: list[int] = []
    broken = good.replace("x3 = 3\n", "x3 = = 3\n").replace("x9 = 9\n", "x9 = 10\n").replace("x15 = 15\n", "def :\n\n")
    assert without_breakage(broken, good, places) == good.replace("x9 = 9\n", "x9 = 10\n")
    assert places == [4, 16]
    assert one_side("<<<<<<< a\n(\n=======\n)\n>>>>>>> b\n", "ours") is None


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ('dependencies = ["pydantic>=2,<3", "x"]\n', 'dependencies = ["pydantic<2.0", "x"]\n'),
        ("    'Pydantic[email] ~= 2.1 ; python_version > \"3\"',\n", "    'Pydantic[email]<2.0 ; python_version > \"3\"',\n"),
        ("pydantic  # why\r\n", "pydantic<2.0  # why\r\n"),
        ("pydantic-core==1\n", None),
    ],
)  # fmt: skip
def test_a_declaration_gets_a_bound(line: str, after: str | None) -> None:
    assert with_bound("first\n" + line, 2, "pydantic", "<2.0") == (None if after is None else "first\n" + after)


@pytest.mark.parametrize(
    ("name", "allowed", "after"),
    [
        ("LoginTests", ("Test",), "TestLogin"), ("Login", ("Test*",), "TestLogin"), ("Tests", ("Test",), "TestTests"),
        ("check_login", ("test",), "test_check_login"), ("login_test", ("test_",), "test_login"), ("x", ("*_it",), ""),
    ],
)  # fmt: skip
def test_a_name_that_the_pattern_takes(name: str, allowed: tuple[str, ...], after: str) -> None:
    assert matching_name(name, allowed) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pytest_plugins = 'a'\n", "pytest_plugins = ['a', \"b\"]\n"),
        ("pytest_plugins = [\n    'a',  # one\n]\n", "pytest_plugins = [\n    'a', \"b\",  # one\n]\n"),
        ("pytest_plugins = ['b']\n", None),
        ("pytest_plugins = names()\n", None),
        ("pytest_plugins += ['a']\n", None),
        ("# a\r\nx = 1\r\n", '# a\r\npytest_plugins = ["b"]\r\nx = 1\r\n'),
    ],
)  # fmt: skip
def test_plugins_join_those_that_are_named(before: str, after: str | None) -> None:
    assert with_plugins(before, ("b",)) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("addopts = -ra --x=1 -q\n", "addopts = -ra -q\n"), ("addopts = -ra --x=1\n", "addopts = -ra\n"),
        ('addopts = ["-ra", "--x=1"]\n', 'addopts = ["-ra"]\n'), ('addopts = ["--x=1", "-ra"]\n', 'addopts = ["-ra"]\n'),
        ('addopts = ["--x=1"]\n', "addopts = []\n"), ('addopts = ["-a" , "--x=1"]\n', 'addopts = ["-a"]\n'),
        ('addopts = [\n  "-a",\n  "--x=1",\n]\n', 'addopts = [\n  "-a",\n]\n'),
        ('addopts = [\n  "--x=1", "-a",\n]\n', 'addopts = [\n  "-a",\n]\n'), ("addopts = --xx=1\n", None),
    ],
)  # fmt: skip
def test_an_option_is_taken_out(before: str, after: str | None) -> None:
    assert without_word(before, 1, "--x=1") == after
