"""Plugins and options that ask about distribution get from Muster what they get from pytest-xdist.

`MUSTER_PLUGINS_PYTHON` names an interpreter with pytest-xdist, pytest-cov, pytest-django, pytest-asyncio and
pytest-timeout; `.ci/run` makes one.
"""

from __future__ import annotations

import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.runs.projects import environment, muster_run, write_project

PYTHON = os.environ.get("MUSTER_PLUGINS_PYTHON", "")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON, reason="MUSTER_PLUGINS_PYTHON names no interpreter with the plugins"),
]

SUITE = {
    "pkg/__init__.py": (
        "def one(x):\n    if x:\n        return 1\n    return 2\n\n\n"
        "def two():\n    return 3\n\n\ndef never():\n    return 4\n"
    ),
    "tests/test_a.py": (
        "import pkg\n\n\ndef test_a():\n    assert pkg.one(1) == 1\n\n\ndef test_b():\n    assert pkg.one(0) == 2\n"
    ),
    "tests/test_c.py": (
        "import pkg\n\n\ndef test_c():\n    assert pkg.two() == 3\n\n\ndef test_fails():\n    assert 0\n"
    ),
}


def xdist(folder: Path, *arguments: str) -> tuple[int, str]:
    """`pytest -n 2` of the same interpreter: exit code and output."""
    done = subprocess.run(
        [PYTHON, "-m", "pytest", "-n", "2", *arguments],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


def closing(output: str) -> str:
    """The closing line without its seconds."""
    return output.strip().splitlines()[-1].strip("= ").rpartition(" in ")[0]


def project(folder: Path, addopts: str, files: Mapping[str, str] = SUITE, more: str = "") -> Path:
    ini = f"[pytest]\npythonpath = .\naddopts = {addopts}\nasyncio_default_fixture_loop_scope = function\n{more}"
    return write_project(folder, {"pytest.ini": ini, **files})


@pytest.mark.parametrize(
    "addopts",
    [
        "-n 2",
        "-n 2 --dist loadfile",
        "-n 3 --maxfail=5",
        "-p xdist -n 2",
        "-n logical",
        "--dist=worksteal -n 2 -v",
        "-n 0",
    ],
)
def test_options_of_xdist_in_addopts_are_without_effect(tmp_path: Path, addopts: str) -> None:
    folder = project(tmp_path, addopts)
    run = muster_run(folder, "-n", "2", python=PYTHON)
    assert (run.code, run.closing_line) == (1, "1 failed, 3 passed")
    code, output = xdist(folder)
    assert (code, closing(output)) == (run.code, run.closing_line)


def test_one_junit_file_as_with_xdist(tmp_path: Path) -> None:
    folder = project(tmp_path, "--junitxml=junit.xml -o junit_family=xunit1")
    run = muster_run(folder, "-n", "2", python=PYTHON)
    mine = cases(folder / "junit.xml")
    xdist(folder)
    assert mine == cases(folder / "junit.xml")
    assert run.code == 1
    run = muster_run(folder, "-n", "2", "--junit", "other.xml", python=PYTHON)
    assert mine == cases(folder / "other.xml")
    assert {file for _, _, file, _ in mine} == {"tests/test_a.py", "tests/test_c.py"}


def cases(path: Path) -> list[tuple[str, str, str, str]]:
    """What a junit file says of each test."""
    return sorted(
        (case.get("classname", ""), case.get("name", ""), case.get("file", ""), " ".join(child.tag for child in case))
        for case in ElementTree.parse(path).iter("testcase")
    )


def test_one_coverage_report_as_with_xdist(tmp_path: Path) -> None:
    folder = project(tmp_path, "--cov=pkg --cov-report=term-missing --cov-branch")
    run = muster_run(folder, "-n", "2", python=PYTHON)
    row = re.search(r"^pkg/__init__.py .*$", run.output, re.M)
    _, output = xdist(folder)
    theirs = re.search(r"^pkg/__init__.py .*$", output, re.M)
    assert row is not None
    assert theirs is not None
    assert row[0].split() == theirs[0].split()
    assert (folder / ".coverage").exists()
    assert not list(folder.glob(".coverage.*"))


def test_too_little_coverage_is_red_as_with_xdist(tmp_path: Path) -> None:
    green = {name: text.replace("assert 0", "pass") for name, text in SUITE.items()}
    folder = project(tmp_path, "--cov=pkg --cov-fail-under=99", green)
    run = muster_run(folder, "-n", "2", python=PYTHON)
    assert "Required test coverage of 99% not reached" in run.output
    assert xdist(folder)[0] == run.code == 1


def test_the_first_failure_ends_the_run_where_addopts_say_so(tmp_path: Path) -> None:
    files = {f"tests/test_{number}.py": "def test_fails():\n    assert 0\n" * 1 for number in range(6)}
    run = muster_run(project(tmp_path, "-x", files), "-n", "1", python=PYTHON)
    assert run.code == 1
    assert sorted(run.fates.values()) == ["failed"] + ["not run"] * 5
    assert "stopping after 1 failures" in run.output
    assert run.closing_line == "1 failed, 5 not run"


def test_only_what_failed_last_runs_where_addopts_say_so(tmp_path: Path) -> None:
    folder = project(tmp_path, "")
    muster_run(folder, "-n", "2", python=PYTHON)
    write_project(folder, {"pytest.ini": "[pytest]\npythonpath = .\naddopts = --lf\n"})
    run = muster_run(folder, "-n", "2", python=PYTHON)
    assert run.fates == {"tests/test_c.py::test_fails": "failed"}
    assert closing(xdist(folder)[1]).startswith("1 failed")


def test_each_worker_has_its_own_database(tmp_path: Path) -> None:
    model = "from django.db import models\n\n\nclass Thing(models.Model):\n    class Meta:\n        app_label = 'app'\n"
    test = (
        "import glob, pytest, time\nfrom app.models import Thing\n\n\n"
        "@pytest.fixture(scope='module', autouse=True)\ndef both(worker_id):\n    open(worker_id + '.here', 'w').close()\n"
        "    deadline = time.monotonic() + 60\n"
        "    while len(glob.glob('*.here')) < 2 and time.monotonic() < deadline: time.sleep(0.05)\n\n\n"
        "@pytest.mark.django_db\n@pytest.mark.parametrize('n', range(3))\n"
        "def test_db(n, settings, worker_id):\n    assert Thing.objects.count() == 0\n    Thing.objects.create()\n"
        "    from django.db import connection\n    name = str(connection.settings_dict['NAME'])\n"
        "    assert worker_id in name\n    open('names', 'a').write(name + ' ' + worker_id + chr(10))\n"
    )
    files = {
        "app/__init__.py": "",
        "app/models.py": model,
        "site_settings.py": "SECRET_KEY = 'x'\nINSTALLED_APPS = ['app']\nUSE_TZ = True\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db.sqlite3', "
        "'TEST': {'NAME': 'test.sqlite3'}}}\nDEFAULT_AUTO_FIELD = 'django.db.models.AutoField'\n",
        "tests/test_one.py": test,
        "tests/test_two.py": test,
    }
    folder = project(tmp_path, "", files, "DJANGO_SETTINGS_MODULE = site_settings\n")
    run = muster_run(folder, "-n", "2", python=PYTHON)
    assert (run.code, run.closing_line) == (0, "6 passed")
    pairs = {tuple(line.split()) for line in (folder / "names").read_text().splitlines()}
    assert len({name for name, _ in pairs}) == len({worker for _, worker in pairs}) == len(pairs) == 2
    assert closing(xdist(folder)[1]) == "6 passed"


def test_asyncio_tests_run_as_with_xdist(tmp_path: Path) -> None:
    files = {
        "tests/test_async.py": "import asyncio, pytest\n\n\n@pytest.mark.asyncio\nasync def test_sleeps():\n"
        "    await asyncio.sleep(0)\n\n\n@pytest.mark.asyncio(loop_scope='module')\nasync def test_fails():\n    assert 0\n"
    }
    folder = project(tmp_path, "", files)
    run = muster_run(folder, "-n", "2", python=PYTHON)
    assert run.closing_line == closing(xdist(folder)[1]) == "1 failed, 1 passed"


@pytest.mark.parametrize("method", ["signal", "thread"])
def test_timeouts_of_pytest_timeout_cost_one_test(tmp_path: Path, method: str) -> None:
    files = {
        "tests/test_slow.py": "import time\n\n\ndef test_before(): pass\n\n\ndef test_sleeps():\n    time.sleep(60)\n\n\n"
        "def test_after(): pass\n"
    }
    folder = project(tmp_path, f"--timeout=1 --timeout-method={method}", files)
    run = muster_run(folder, "-n", "1", python=PYTHON)
    assert run.code == 1
    assert run.fates == {
        "tests/test_slow.py::test_before": "passed",
        "tests/test_slow.py::test_sleeps": "failed" if method == "signal" else "crashed",
        "tests/test_slow.py::test_after": "passed",
    }


def test_workers_look_like_those_of_xdist(tmp_path: Path) -> None:
    files = {
        "conftest.py": "def pytest_configure_node(node):\n    node.workerinput['given'] = node.gateway.id\n\n\n"
        "def pytest_testnodedown(node, error):\n    open('down', 'a').write(f'{node.workeroutput[\"back\"]} {error}\\n')\n\n\n"
        "def pytest_sessionfinish(session):\n    if hasattr(session.config, 'workerinput'):\n"
        "        session.config.workeroutput['back'] = session.config.workerinput['workerid']\n",
        "tests/test_it.py": "import os\n\n\ndef test_it(request, worker_id, testrun_uid, tmp_path):\n"
        "    given = request.config.workerinput\n    assert given['given'] == given['workerid'] == worker_id\n"
        "    assert os.environ['PYTEST_XDIST_WORKER'] == worker_id\n"
        "    assert os.environ['PYTEST_XDIST_WORKER_COUNT'] == str(given['workercount']) == '2'\n"
        "    assert os.environ['PYTEST_XDIST_TESTRUNUID'] == given['testrunuid'] == testrun_uid\n"
        "    assert f'popen-{worker_id}' in str(tmp_path)\n",
        "tests/test_other.py": "from test_it import test_it\n",
    }
    folder = project(tmp_path, "", files)
    run = muster_run(folder, "-n", "2", python=PYTHON)
    assert (run.code, run.closing_line) == (0, "2 passed")
    mine = sorted((folder / "down").read_text().splitlines())
    (folder / "down").unlink()
    assert closing(xdist(folder)[1]) == "2 passed"
    assert mine == sorted((folder / "down").read_text().splitlines()) == ["gw0 None", "gw1 None"]
