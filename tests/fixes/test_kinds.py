"""Each kind of fix on a small real project: what was proved is what real pytest then does."""

from __future__ import annotations

import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest
from tests.fixes.mending import mend, plan_of, write_project

from muster.usecases.fix import FixRequest, confirm_plan, plan_fixes
from muster.wiring import Choices, open_workspace, project_copy

pytestmark = [pytest.mark.oracle, pytest.mark.slow]

TEST = "def test_it():\n    assert f\n"
PROJECTS: dict[str, tuple[dict[str, str], str]] = {
    "a module that moved": (
        {"lib/__init__.py": "", "lib/deep/__init__.py": "", "lib/deep/tool_box.py": "def f(): ...\n",
         "test_a.py": "from lib.tool_box import f\n" + TEST,
         "test_b.py": "from unittest import mock\nimport lib.tool_box as t\n@mock.patch('lib.tool_box.f')\ndef test_b(m): assert t\n"},
        "rewrite",
    ),
    "a module that moved, and a class of it that was renamed on the way": (
        {"lib/__init__.py": "", "lib/deep/__init__.py": "",
         "lib/deep/tool_box.py": "class Registry: ...\nclass ReviewMicroAgent: ...\n",
         "test_a.py": "from lib.tool_box import Registry, ReviewAgent\ndef test_a(): assert Registry() and ReviewAgent()\n"},
        "rewrite",
    ),
    "a name that moved": (
        {"lib/__init__.py": "", "lib/old.py": "x = 1\n", "lib/new.py": "def fancy_one(): ...\n",
         "test_a.py": "from lib.old import (\n    x,  # kept\n    fancy_one,\n)\ndef test_a(): assert x\n"},
        "rewrite",
    ),
    "a class that was renamed": (
        {"lib.py": "class HttpClientPool: ...\n", "test_a.py": "from lib import HttpClient\ndef test_a(): HttpClient()\n"},
        "rewrite",
    ),
    "one folder too deep": (
        {"infra/vpc.py": "f = 1\n", "tests/infra/__init__.py": "", "tests/a/b/test_a.py":
         "import os, sys\nsys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))\n"
         "def test_a(): ...\n", "tests/z/test_z.py": "from infra.vpc import f\n" + TEST},
        "parents",
    ),
    "a missing import": ({"test_a.py": "@pytest.mark.skip\ndef test_a(): ...\n"}, "import"),
    "a misspelt marker": (
        {"pytest.ini": "[pytest]\naddopts = --strict-markers\nmarkers =\n    slowish: slow\n",
         "test_a.py": "import pytest\n@pytest.mark.slowsih\ndef test_a(): ...\n"},
        "respell",
    ),
    "an unregistered marker": (
        {"pytest.ini": "[pytest]\naddopts = --strict-markers\n", "test_a.py": "import pytest\n@pytest.mark.nightly\ndef test_a(): ...\n"},
        "register",
    ),
    "an unregistered marker of a pyproject": (
        {"pytest.ini": "", "pyproject.toml":
         '[tool.pytest.ini_options]\naddopts = "--strict-markers"  # strict\nmarkers = [\n    "one",  # 1\n]\n',
         "test_a.py": "import pytest\n@pytest.mark.nightly\ndef test_a(): ...\n"},
        "register",
    ),
    "a test that is defined twice": ({"test_a.py": "def test_a(): ...\n\n\ndef test_a(): ...\n"}, "rename"),
    "a class with a constructor": ({"test_a.py":
        "class TestA:\n    def __init__(self):\n        self.x = 1\n\n    def test_a(self): ...\n"}, "setup"),
    "a module beside the path": (
        {"pytest.ini": "[pytest]\n", "src/shop/__init__.py": "def f(): ...\n", "tests/test_a.py": "from shop import f\n" + TEST},
        "pythonpath",
    ),
    "two files of one name": (
        {"tests/a/test_x.py": "def test_a(): ...\n", "tests/b/test_x.py": "def test_b(): ...\n"}, "init",
    ),
    "an import that nobody uses": (
        {"lib.py": "x = 1\n", "test_a.py": "from lib import x, vanished\ndef test_a(): assert x\n"}, "unused",
    ),
    "two modules that import each other": (
        {"lib/__init__.py": "", "lib/a.py": "from lib.b import g\n\n\ndef f():\n    \"\"\"Ask b.\"\"\"\n    return g()\n",
         "lib/b.py": "from lib.a import f\n\n\ndef g():\n    return f\n", "test_a.py": "from lib.a import f\n" + TEST},
        "defer",
    ),
    "a module of another platform": (
        {"lib.py": "def f():\n    return winreg\nif f:\n    import winreg\n", "test_a.py": "from lib import f\n" + TEST}, "guard",
    ),
    "a file that a pattern leaves out": (
        {"tests/login_checks.py": "def test_a(): ...\n", "tests/test_b.py": "def test_b(): ...\n"}, "widen",
    ),
    "classes that a pattern leaves out": (
        {"test_a.py": "class LoginTests:\n    def test_a(self): ...\nclass LogoutTests:\n    def test_b(self): ...\n"}, "widen",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROJECTS)
def test_what_is_proved_holds(name: str, tmp_path: Path) -> None:
    files, kind = PROJECTS[name]
    if files.get("pytest.ini") == "":
        files = {path: text for path, text in files.items() if path != "pytest.ini"}
        write_project(tmp_path, files)
        (tmp_path / "pytest.ini").unlink()
    else:
        write_project(tmp_path, files)
    mended = mend(tmp_path)
    assert mended.chosen == [kind]
    assert mended.verdict(kind) == "proved"
    assert mended.after[1] == 0
    assert mended.before[0] < mended.after[0]
    assert len(mended.after[0] - mended.before[0]) == mended.plan.verdict.back if mended.plan.verdict else False


def test_one_re_export_comes_before_many_edited_tests(tmp_path: Path) -> None:
    tests = {f"test_{number}.py": "from lib.tool_box import f\n" + TEST for number in range(12)}
    write_project(
        tmp_path, {"lib/__init__.py": "", "lib/deep/__init__.py": "", "lib/deep/tool_box.py": "def f(): ...\n", **tests}
    )
    mended = mend(tmp_path)
    assert [proved.fix.kind for proved in mended.fixes] == ["re-export", "rewrite"]
    assert mended.plan.stages[0].chosen.fix.paths == (str(tmp_path / "lib/tool_box.py"),)
    assert (len(mended.after[0]), mended.after[1]) == (12, 0)


def test_the_idea_that_does_not_help_is_refuted(tmp_path: Path) -> None:
    write_project(tmp_path, PROJECTS["one folder too deep"][0])
    mended = mend(tmp_path)
    refuted = [proved for proved in mended.fixes if proved.verdict.state == "refuted"]
    assert [proved.fix.kind for proved in refuted] == ["init"]
    assert "still fails" in refuted[0].verdict.reason


def test_what_a_fix_uncovers_is_partial_and_until_green_goes_on(tmp_path: Path) -> None:
    write_project(
        tmp_path,
        {"lib/__init__.py": "", "lib/deep/__init__.py": "", "lib/deep/tool_box.py": "def f(): ...\n",
         "test_a.py": "from lib.tool_box import f\nclock = datetime.now\n" + TEST},
    )  # fmt: skip
    once = plan_of(tmp_path)
    assert (once.changes, once.rounds[0].fixes[0][0].verdict.state) == ((), "partial")
    mended = mend(tmp_path, FixRequest(until_green=True))
    assert mended.chosen == ["rewrite", "import"]
    assert mended.after == ({"test_a.py::test_it"}, 0)
    assert mended.plan.verdict is not None
    assert mended.plan.verdict.state == "proved"


def test_a_file_that_git_ignores_is_never_touched(tmp_path: Path) -> None:
    write_project(tmp_path, {".gitignore": "gen/\n", **PROJECTS["a module that moved"][0],
                             "gen/test_c.py": "from lib.tool_box import f\n" + TEST})  # fmt: skip
    plan = plan_of(tmp_path)
    assert plan.changes
    assert not [change.path for change in plan.changes if "/gen/" in change.path]


def test_a_wider_pattern_that_brings_in_a_file_that_fails_is_refuted(tmp_path: Path) -> None:
    write_project(tmp_path, {"tests/test_a.py": "def test_a(): ...\n",
                             "tests/types_tests.py": "import absent_thing\ndef test_b(): ...\n"})  # fmt: skip
    plan = plan_of(tmp_path, FixRequest(until_green=True))
    assert plan.changes == ()
    assert [proved.verdict.state for fixes in plan.rounds[0].fixes for proved in fixes] == ["refuted"]


def test_two_fixes_in_one_file_are_made_together(tmp_path: Path) -> None:
    write_project(tmp_path, {"test_a.py": "def test_a(): ...\n\n\ndef test_a(): ...\n\n\nclass TestB:\n    def __init__(self):\n"
                             "        self.x = 1\n\n    def test_b(self): ...\n"})  # fmt: skip
    mended = mend(tmp_path)
    assert sorted(mended.chosen) == ["rename", "setup"]
    assert (len(mended.after[0]), mended.after[1]) == (3, 0)


def git(root: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.invalid", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout


def test_a_removed_module_is_restored_from_the_history(tmp_path: Path) -> None:
    write_project(
        tmp_path,
        {
            "lib/__init__.py": "",
            "lib/old_way.py": "def f():\r\n    pass\r\n",
            "test_a.py": "from lib.old_way import f\n" + TEST,
        },
    )
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "Begin")
    (tmp_path / "lib/old_way.py").unlink()
    git(tmp_path, "commit", "-qam", "Remove the old way")
    mended = mend(tmp_path)
    assert mended.chosen == ["restore"]
    assert (tmp_path / "lib/old_way.py").read_bytes() == b"def f():\r\n    pass\r\n"
    assert mended.after == ({"test_a.py::test_it"}, 0)


ORPHAN = {
    "lib/__init__.py": "",
    "test_a.py": "from lib.planned import Thing, act\ndef test_a(): act(Thing())\n",
    "test_b.py": "def test_b(): ...\n",
}


def test_an_orphan_is_for_a_person_to_judge(tmp_path: Path) -> None:
    write_project(tmp_path, ORPHAN)
    plan = plan_of(tmp_path)
    (fixes,) = plan.rounds[0].fixes
    assert plan.changes == ()
    assert {(proved.fix.kind, proved.verdict.state) for proved in fixes} == {
        ("quarantine", "partial"), ("delete", "partial"), ("stub", "partial"),
    }  # fmt: skip


@pytest.mark.parametrize(("kind", "tests"), [("stub", 2), ("quarantine", 1), ("delete", 1)])
def test_what_a_person_chose_is_made(kind: str, tests: int, tmp_path: Path) -> None:
    write_project(tmp_path, ORPHAN)
    (fixes,) = plan_of(tmp_path).rounds[0].fixes
    letter = next(proved.letter for proved in fixes if proved.fix.kind == kind)
    mended = mend(tmp_path, FixRequest(cause=1, fix=letter))
    assert (len(mended.after[0]), mended.after[1]) == (tests, 0)


def test_a_missing_distribution_is_declared_and_never_called_proved(tmp_path: Path) -> None:
    project = '[project]\nname = "x"  # it\ndependencies = [\n    "pytest",  # tests\n]\n'
    write_project(tmp_path, {"pyproject.toml": project, "test_a.py": "import websocket\ndef test_a(): websocket\n"})
    (fixes,) = plan_of(tmp_path).rounds[0].fixes
    assert [(proved.fix.kind, proved.verdict.state) for proved in fixes] == [("declare", "unproved")]
    mend(tmp_path, FixRequest(cause=1, fix="a"))
    text = (tmp_path / "pyproject.toml").read_text()
    assert text == project.replace('    "pytest",  # tests\n', '    "pytest",  # tests\n    "websocket-client",\n')


def test_what_only_a_real_collection_sees_keeps_a_fix_from_being_confirmed(tmp_path: Path) -> None:
    """The same message before and after, for another reason: code that is made while the test file runs."""
    hidden = b64encode(b"from lib.tool_box import f").decode()
    write_project(
        tmp_path,
        {"lib/__init__.py": "", "lib/deep/__init__.py": "", "lib/deep/tool_box.py": "def f(): ...\n",
         "test_a.py": "from lib.tool_box import f\n" + TEST,
         "test_b.py": f"import base64\nfrom lib.tool_box import f\nexec(base64.b64decode('{hidden}'))\n" + TEST},
    )  # fmt: skip
    with open_workspace(Choices(root=str(tmp_path), python=sys.executable)) as workspace:
        plan = plan_fixes(workspace.ports, workspace.clock, workspace.plan, FixRequest())
        observed = project_copy(workspace).collect(plan.changes, workspace.words, workspace.plan.cwd)
    confirmed = confirm_plan(plan, observed)
    assert plan.verdict is not None
    assert (plan.verdict.state, plan.verdict.back) == ("proved", 2)
    assert (confirmed.state, confirmed.back, confirmed.by) == ("partial", 1, "collection")
    assert confirmed.reason.startswith("for real this still fails: test_b.py: ModuleNotFoundError")
