"""What a run says of every test, and with which exit code it ends."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.runs.projects import MUSTER, muster_run, run_in, write_project

pytestmark = pytest.mark.slow

PYTHONS = [sys.executable, *filter(None, os.environ.get("MUSTER_ORACLE_PYTHONS", "").split(os.pathsep))]

KINDS = """
import pytest

def test_passes(): pass
def test_fails(): assert 0
def test_skips(): pytest.skip("why")

@pytest.mark.xfail
def test_xfails(): assert 0

@pytest.mark.xfail
def test_xpasses(): pass

@pytest.fixture
def broken(): raise RuntimeError("early")

def test_errors(broken): pass
"""


@pytest.mark.parametrize("number", range(len(PYTHONS)), ids="python{}".format)
def test_every_kind_of_outcome_is_counted_as_pytest_counts_it(tmp_path: Path, number: int) -> None:
    folder = write_project(tmp_path, {"tests/test_it.py": KINDS})
    run = muster_run(folder, "-n", "2", python=PYTHONS[number])
    assert run.closing_line == "1 failed, 1 passed, 1 skipped, 1 xfailed, 1 xpassed, 1 error"
    assert {name.rpartition("::")[2]: fate for name, fate in run.fates.items()} == {
        "test_passes": "passed",
        "test_fails": "failed",
        "test_skips": "skipped",
        "test_xfails": "xfailed",
        "test_xpasses": "xpassed",
        "test_errors": "error",
    }
    assert run.code == 1


def test_a_run_that_matches_nothing_says_so_with_code_five_and_starts_nothing(tmp_path: Path) -> None:
    folder = write_project(tmp_path, {"tests/test_it.py": "open('imported', 'w')\ndef test_it(): pass\n"})
    run = muster_run(folder, "-k", "nothing_of_that_name")
    assert (run.code, run.fates) == (5, {})
    assert "no test matches" in run.output
    assert run.closing_line == "1 deselected"
    assert not (folder / "imported").exists()


def test_a_blocked_file_is_named_first_the_rest_runs_and_the_run_is_red(tmp_path: Path) -> None:
    files = {
        "tests/test_bad.py": "import no_such_module\ndef test_lost(): pass\n",
        "tests/test_it.py": "def test_it(): pass\n",
    }
    run = muster_run(write_project(tmp_path, files), "-n", "2", "--report", f"github={tmp_path / 'annotations'}")
    assert run.code == 1
    assert run.fates == {"tests/test_it.py::test_it": "passed"}
    assert (tmp_path / "annotations").read_text().startswith("::error file=tests/test_bad.py,line=1,")
    assert run.output.index("blocks 1 file, 1 test") < run.output.index("test session starts")
    assert run.closing_line == "1 passed, 1 error"
    assert [error["foreseen"] for error in run.report["errors"]] == [True]


def test_a_broken_conftest_costs_its_folder_and_is_reported_once(tmp_path: Path) -> None:
    files = {
        "tests/sub/conftest.py": "import no_such_module\n",
        **{f"tests/sub/test_{number}.py": "def test_lost(): pass\n" for number in range(3)},
        "tests/test_it.py": "def test_it(): pass\n",
    }
    for workers in ("1", "3"):
        run = muster_run(write_project(tmp_path, files), "-n", workers)
        assert (run.code, run.fates) == (1, {"tests/test_it.py::test_it": "passed"})
        assert run.closing_line == "1 passed, 1 error"


def test_a_broken_conftest_of_the_whole_suite_is_an_error_of_usage_as_for_pytest(tmp_path: Path) -> None:
    files = {"conftest.py": "import no_such_module\n", "tests/test_it.py": "def test_it(): pass\n"}
    run = muster_run(write_project(tmp_path, files), "-n", "1")
    assert run.code == 4
    assert "No module named 'no_such_module'" in run.output
    assert set(run.fates.values()) <= {"not run"}


def test_what_is_deselected_is_counted_once(tmp_path: Path) -> None:
    files = {f"tests/test_{letter}.py": "def test_one(): pass\ndef test_two(): pass\n" for letter in "abc"}
    files["tests/test_a.py"] += "def test_wanted(): pass\n"
    run = muster_run(write_project(tmp_path, files), "-n", "2", "-k", "wanted")
    assert (run.code, run.closing_line) == (0, "1 passed, 6 deselected")
    assert run.report["totals"]["deselected"] == 6


def test_a_category_that_is_too_small_is_not_green(tmp_path: Path) -> None:
    settings = "[categories.all]\npaths = ['tests']\nmin_tests = 2\n"
    folder = write_project(tmp_path, {"muster.toml": settings, "tests/test_it.py": "def test_it(): pass\n"})
    assert muster_run(folder, "-c", "all").code == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-n", "0"), "-n 0: it takes a number of workers"),
        (("--shard", "3/2"), "--shard 3/2: it takes I/N"),
        (("--report", "json=no/such/folder.json"), "there is no folder for it"),
        (("--", "--collect-only"), "the command only collects"),
        (("--", "--version"), "the command runs no tests"),
    ],
)
def test_what_cannot_be_run_is_refused(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    run = muster_run(write_project(tmp_path, {"tests/test_it.py": "def test_it(): pass\n"}), *arguments)
    assert run.code == 4
    assert words in run.output


def test_strict_stops_before_anything_runs(tmp_path: Path) -> None:
    files = {
        "tests/test_bad.py": "import no_such_module\ndef test_lost(): pass\n",
        "tests/test_it.py": "open('imported', 'w')\ndef test_it(): pass\n",
    }
    run = muster_run(write_project(tmp_path, files), "--strict")
    assert (run.code, run.fates) == (1, {"tests/test_it.py::test_it": "not run"})
    assert not (tmp_path / "imported").exists()


def test_what_the_simulation_did_not_foresee_or_foresaw_wrongly_is_listed_and_not_green(tmp_path: Path) -> None:
    """Only in a worker is there this variable: there one test more, and one less."""
    in_worker = (
        "import os\nif 'PYTEST_XDIST_WORKER' {} os.environ:\n    def test_here(): pass\n\ndef test_always(): pass\n"
    )
    files = {"tests/test_more.py": in_worker.format("in"), "tests/test_less.py": in_worker.format("not in")}
    run = muster_run(write_project(tmp_path, files), "-n", "2")
    assert run.report["ran_unforeseen"] == ["tests/test_more.py::test_here"]
    assert run.report["foreseen_not_run"] == ["tests/test_less.py::test_here"]
    assert run.fates["tests/test_less.py::test_here"] == "not run"
    assert (run.code, run.closing_line) == (1, "3 passed, 1 not run")
    assert "tests/test_less.py::test_here  pytest did not collect it" in run.output


def test_a_pass_on_retry_is_flaky_and_only_red_where_that_is_asked_for(tmp_path: Path) -> None:
    text = (
        "import os\n\n\ndef test_flaky():\n    tried = os.path.exists('tried')\n    open('tried', 'w')\n    assert tried\n\n\n"
        "def test_steady(): pass\n"
    )
    settings = "[categories.all]\npaths = ['tests']\nretries = 1\n"
    folder = write_project(tmp_path, {"muster.toml": settings, "tests/test_it.py": text})
    run = muster_run(folder, "-c", "all", "-n", "2")
    assert run.fates == {"tests/test_it.py::test_flaky": "flaky", "tests/test_it.py::test_steady": "passed"}
    assert (run.code, run.closing_line) == (0, "1 passed, 1 flaky")
    (folder / "tried").unlink()
    assert muster_run(folder, "-c", "all", "--fail-flaky").code == 1


@pytest.mark.parametrize("number", range(len(PYTHONS)), ids="python{}".format)
def test_a_failure_that_stays_is_tried_as_often_as_allowed_and_reported_once(tmp_path: Path, number: int) -> None:
    text = "def test_fails():\n    open('tries', 'a').write('x')\n    assert 0\n"
    settings = "[categories.all]\npaths = ['tests']\nretries = 2\n"
    folder = write_project(tmp_path, {"muster.toml": settings, "tests/test_it.py": text})
    run = muster_run(folder, "-c", "all", python=PYTHONS[number])
    assert (run.code, run.closing_line) == (1, "1 failed")
    assert (tmp_path / "tries").read_text() == "xxx"


def test_fixtures_of_session_package_and_module_are_set_up_and_torn_down_as_in_one_session(tmp_path: Path) -> None:
    head = "import pytest\nfrom notes import note\n\n\n"
    fixture = "@pytest.fixture(scope='{0}', autouse=True)\ndef {0}_fixture():\n    note('{0} up')\n    yield\n    note('{0} down')\n\n\n"
    conftest, package, module = (head + fixture.format(scope) for scope in ("session", "package", "module"))
    test = module + "def test_one(): note('test')\ndef test_two(): note('test')\n"
    notes_py = "def note(word):\n    open('notes', 'a').write(word + chr(10))\n"
    files = {"notes.py": notes_py, "conftest.py": conftest, "pkg/__init__.py": "", "pkg/conftest.py": package}
    files |= {f"pkg/test_{letter}.py": test for letter in "abc"}
    run = muster_run(write_project(tmp_path, files), "-n", "1")
    assert run.code == 0
    notes = (tmp_path / "notes").read_text().splitlines()
    module = ["module up", "test", "test", "module down"]
    assert notes == ["session up", "package up", *module * 3, "package down", "session down"]


def test_shards_are_together_the_whole_even_when_they_run_one_after_the_other(tmp_path: Path) -> None:
    files = {
        f"tests/test_{number}.py": f"import time\ndef test_it(): time.sleep({number} / 20)\n" for number in range(5)
    }
    folder = write_project(tmp_path, files)
    muster_run(folder, "-n", "2")  # durations are known from here on
    seen: list[str] = []
    plans = set()
    for number in (1, 2, 3):
        run = muster_run(folder, "-n", "1", "--shard", f"{number}/3")
        seen += run.fates
        plans.add(run.report["plan"])
    assert sorted(seen) == [f"tests/test_{number}.py::test_it" for number in range(5)]
    assert len(plans) == 1


def test_a_slow_file_is_run_in_parts_by_several_workers(tmp_path: Path) -> None:
    text = "import time\n\n\nclass TestA:\n" + "".join(f"    def test_{n}(self): time.sleep(0.3)\n" for n in range(10))
    folder = write_project(tmp_path, {"tests/test_it.py": text})
    for _ in range(2):
        run = muster_run(folder, "-n", "2")
        assert run.closing_line == "10 passed"
    assert {test["worker"] for test in run.report["tests"]} == {"gw0", "gw1"}


def test_who_has_nothing_left_takes_half_of_what_another_one_has(tmp_path: Path) -> None:
    generated = "import time\n\n\ndef test_many(n): time.sleep(0.1)\n\n\nclass TestLast:\n    def test_it(self): pass\n"
    conftest = "def pytest_generate_tests(metafunc):\n    if 'n' in metafunc.fixturenames:\n"
    conftest += "        metafunc.parametrize('n', [int(x) for x in open('numbers').read().split()])\n"
    files = {"numbers": " ".join(map(str, range(60))), "conftest.py": conftest, "test_big.py": generated}
    folder = write_project(tmp_path, {**files, "test_little.py": "def test_it(): pass\n"})
    run = muster_run(folder, "-n", "2")
    assert (run.code, run.closing_line) == (0, "62 passed")
    shares = Counter(test["worker"] for test in run.report["tests"])
    assert min(shares.values()) > 15
    assert len(shares) == 2


def test_tests_that_depend_on_each_other_are_not_torn_apart(tmp_path: Path) -> None:
    slow = "import time, sys\n\n\nclass TestA:\n" + "".join(
        f"    def test_{n}(self): time.sleep(0.3); assert 'stub' in sys.modules\n" for n in range(12)
    )
    stub = "import sys, types\nsys.modules['stub'] = types.ModuleType('stub')\n\n\ndef test_stubs(): pass\n"
    files = {"test_a.py": stub, "test_b.py": "import stub\n" + slow, "test_c.py": "def test_it(): pass\n"}
    run = muster_run(write_project(tmp_path, files), "-n", "2")
    assert (run.code, run.closing_line) == (0, "14 passed")
    assert len({test["worker"] for test in run.report["tests"] if "test_c" not in test["nodeid"]}) == 1


def test_tests_of_one_group_run_in_one_worker(tmp_path: Path) -> None:
    """As with `--dist loadgroup` of pytest-xdist; the marks may stand on a test, its class, its file or a parameter."""
    sleep = "import pytest, time\ndef test_other(): time.sleep(0.2)\n"
    files = {
        "test_a.py": sleep + "@pytest.mark.xdist_group('db')\ndef test_it(): time.sleep(0.2)\n",
        "test_b.py": sleep,
        "test_c.py": sleep
        + "@pytest.mark.xdist_group(name='db')\nclass TestIt:\n    def test_it(self): time.sleep(0.2)\n",
        "test_d.py": sleep,
        "test_e.py": sleep + "pytestmark = pytest.mark.xdist_group('db')\n",
        "test_f.py": sleep + "marked = pytest.param(1, marks=pytest.mark.xdist_group('db'))\n"
        "@pytest.mark.parametrize('n', [marked])\ndef test_it(n): time.sleep(0.2)\n",
        "test_g.py": sleep,
    }
    run = muster_run(write_project(tmp_path, files), "-n", "2")
    assert run.code == 0
    workers = {test["nodeid"]: test["worker"] for test in run.report["tests"]}
    of_group = {name for name in workers if "test_it" in name or "test_e.py" in name}
    assert len(of_group) == 4
    assert len({workers[name] for name in of_group}) == 1
    assert set(workers.values()) == {"gw0", "gw1"}


def test_durations_are_kept_out_of_sight_of_git(tmp_path: Path) -> None:
    folder = write_project(tmp_path, {"tests/test_it.py": "def test_it(): pass\n"})
    muster_run(folder)
    assert (folder / ".muster/.gitignore").read_text() == "*\n"
    assert list(json.loads((folder / ".muster/durations.json").read_text())["files"]) == ["tests/test_it.py"]


def test_categories_are_listed_and_really_collected_with_their_budget(tmp_path: Path) -> None:
    settings = "[categories.good]\npaths = ['tests']\nbudget = '100s'\n\n[categories.hasty]\npaths = ['tests']\nbudget = '1ms'\n"
    folder = write_project(tmp_path, {"muster.toml": settings, "tests/test_it.py": "def test_it(): pass\n"})

    def said(*arguments: str) -> tuple[int, str]:
        done = run_in(folder, *MUSTER, "run", "--python", sys.executable, *arguments)
        return done.returncode, done.stdout

    code, output = said("--list-categories")
    assert code == 0
    assert "good   1 file   1 test   budget 100 s   needs no service" in output
    code, output = said("--collect-only", "-c", "good")
    assert code == 0
    assert output.startswith("tests/test_it.py::test_it\n")
    assert "budget 100 s" in output
    code, output = said("--collect-only", "-c", "hasty")
    assert code == 1
    assert "over budget" in output


def test_a_file_that_only_imports_thanks_to_an_earlier_one_and_one_that_an_earlier_one_breaks(tmp_path: Path) -> None:
    """Run alone, the first would fail and the second would pass: neither is what the session does."""
    files = {
        "lib/useful.py": "X = 1\n",
        "other/helper.py": "WRONG = 1\n",
        "helper.py": "RIGHT = 1\n",
        "tests/test_a_paves.py": "import os, sys\nsys.path.insert(0, os.path.abspath('lib'))\ndef test_a(): pass\n",
        "tests/test_b_thanks.py": "import useful\ndef test_b(): assert useful.X\n",
        "tests/test_c_pollutes.py": "import os, sys\nsys.path.insert(0, os.path.abspath('other'))\ndef test_c(): pass\n",
        "tests/test_d_broken.py": "from helper import RIGHT\ndef test_d(): pass\n",
        **{f"tests/test_{number}.py": "def test_n(): pass\n" for number in range(6)},
        "pytest.ini": "[pytest]\npythonpath = .\naddopts = --import-mode=importlib\n",
    }
    run = muster_run(write_project(tmp_path, files), "-n", "2")
    assert run.fates["tests/test_b_thanks.py::test_b"] == "passed"
    assert "tests/test_d_broken.py::test_d" not in run.fates
    assert [error["nodeid"] for error in run.report["errors"]] == ["tests/test_d_broken.py"]
    assert (run.report["ran_unforeseen"], run.report["foreseen_not_run"]) == ([], [])


def test_the_same_runs_from_python(tmp_path: Path) -> None:
    folder = write_project(tmp_path, {"tests/test_it.py": "def test_it(): pass\n"})
    script = (
        "import sys\nfrom muster.api import run\nreport = run(workers=1, python=sys.executable, stream=sys.stdout)\n"
        "print(report.exit_code, [test.outcome for test in report.tests])\n"
    )
    started = time.monotonic()
    done = run_in(folder, sys.executable, "-c", script)
    assert done.stdout.splitlines()[-1] == "0 ['passed']", done.stderr
    assert "1 passed" in done.stdout
    assert time.monotonic() - started < 60
