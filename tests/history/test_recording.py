"""What commands leave for the history, and that they do their work whatever becomes of it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.history.records import record

from muster.adapters.git_objects import git_environment
from muster.adapters.history.database import sqlite_url
from muster.adapters.record_spool import RecordSpool
from muster.cli.main import run
from muster.model.memory import HistoryRecord, RecordSummary
from muster.settings import load_settings
from muster.usecases.ci_job import CiJob, find_ci_job
from muster.usecases.wire import decode_record
from muster.wiring import open_tree
from muster.wiring.memory import open_current_history, open_history

PROJECT = {
    "pyproject.toml": '[tool.muster]\nbudget = "30s"\n[tool.muster.history]\nproject = "shop"\n'
    '[tool.muster.categories.good]\npaths = ["tests/test_good.py"]\n',
    "tests/test_good.py": "def test_one(): pass\ndef test_two(): pass\n",
    "tests/test_bad.py": "import json\nimport nowhere\n\ndef test_three(): pass\n",
}
Records = Callable[[], list[HistoryRecord]]


@pytest.fixture(scope="module")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def project(tmp_path: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    for name, text in PROJECT.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(root)
    monkeypatch.setenv("MUSTER_HISTORY", "on")
    monkeypatch.setenv("MUSTER_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("MUSTER_CACHE_DIR", str(cache_folder))
    for name in ("CI", "GITHUB_ACTIONS", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)
    return root


def waiting(root: Path) -> list[HistoryRecord]:
    spool = RecordSpool(str(root))
    return [decode_record(spool.read(name) or b"") for name in spool.waiting()]


def remembered(root: Path) -> list[RecordSummary]:
    """What the memory holds once it has taken in what waits."""
    with open_current_history(str(root), load_settings(open_tree(), str(root))) as store:
        return list(store.recent(99))


def git(root: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=A. Uthor", "-c", "user.email=a@example", *arguments]
    done = subprocess.run(command, cwd=root, env=git_environment(), capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_check_leaves_what_it_found(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(project, "init", "-q", "-b", "topic")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "All of it")
    assert run(["check"]) == 1
    assert capsys.readouterr().err == ""
    (record,) = waiting(project)
    assert (record.kind, record.project, record.category, record.whole) == ("check", "shop", "all", True)
    assert (record.branch, record.commit) == ("topic", git(project, "rev-parse", "HEAD"))
    assert (record.files_total, record.files_blocked, record.tests, record.blocked_tests) == (2, 1, 2, 1)
    assert (record.exit_code, record.budget_s, record.observed_s) == (1, 30.0, None)
    assert record.nodeids == {"tests/test_good.py": ("test_one", "test_two")}
    (cause,) = record.causes or ()
    assert (cause.code, cause.subject, cause.victims, cause.path) == (
        "M107",
        "nowhere",
        ("tests/test_bad.py",),
        "tests/test_bad.py",
    )
    bad = next(file for file in record.files if file.path == "tests/test_bad.py")
    assert (bad.outcome, bad.causes) == ("failed", (cause.fingerprint,))
    assert [(each.module, each.line, each.outcome) for each in bad.imports] == [
        ("json", 1, "found"),
        ("nowhere", 2, "missing"),
    ]
    assert bad.imports[1].steps[0].startswith("nowhere, looked for on sys.path: no entry has 'nowhere'")
    assert (project / ".muster/.gitignore").read_text() == "*\n"


def test_each_command_leaves_its_own(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "-c", "good"]) == 0
    assert run(["collect", "tests/test_good.py"]) == 0
    assert run(["run", "--collect-only", "-c", "good"]) == 0
    records = sorted(waiting(project), key=lambda each: each.kind)
    assert [(each.kind, each.category, each.whole, each.causes is None) for each in records] == [
        ("check", "good", True, False),
        ("collect", "all", False, True),
        ("run", "good", True, True),
    ]
    assert records[2].observed_s is not None
    assert not records[2].simulated
    assert [each.tests for each in records] == [2, 2, 2]


def test_the_memory_takes_in_what_waits_once(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        run(["check", "--static"])
    spool = RecordSpool(str(project))
    again = spool.waiting()[0], spool.read(spool.waiting()[0]) or b""
    assert len(remembered(project)) == 2
    assert spool.waiting() == []
    spool.keep(*again)  # as where a process was killed between the two
    assert len(remembered(project)) == 2


@pytest.mark.parametrize("switch", ["--no-history", "environment", "setting"])
def test_nothing_is_left_where_it_is_switched_off(
    switch: str, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if switch == "environment":
        monkeypatch.setenv("MUSTER_HISTORY", "off")
    if switch == "setting":
        monkeypatch.delenv("MUSTER_HISTORY")
        text = PROJECT["pyproject.toml"].replace("[tool.muster.history]\n", "[tool.muster.history]\nrecord = false\n")
        (project / "pyproject.toml").write_text(text)
    words = [switch] if switch.startswith("-") else []
    assert run(["check", "--static", *words]) == 1
    assert run(["check", "--static", "--output=out.txt", *words]) == 1  # what the other grammar reads
    assert not (project / ".muster").exists()


def test_a_check_ends_as_ever_where_nothing_can_be_recorded(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / ".muster").write_text("in the way")
    assert run(["check", "-c", "good"]) == 0
    told = capsys.readouterr()
    assert "every file collects" in told.out
    assert told.err.startswith("muster: this is not recorded in the history: ")
    assert len(told.err.splitlines()) == 1


def test_a_link_in_the_tree_is_not_followed(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (project / ".muster").symlink_to(elsewhere)
    assert run(["check", "--static", "-c", "good"]) == 0
    assert "symlink" in capsys.readouterr().err
    assert run(["history"]) == 4
    assert list(elsewhere.iterdir()) == []


def test_a_damaged_record_is_set_aside_and_the_others_are_taken(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["check", "--static"])
    folder = project / ".muster/spool"
    (folder / "1.json.z").write_bytes(b"no zlib")
    (folder / "2.json.z").write_bytes((next(folder.glob("2*-*")).read_bytes())[:-9])
    os.mkfifo(folder / "3.json.z")
    assert len(remembered(project)) == 1
    assert "3 of the records that waited cannot be read" in capsys.readouterr().err
    (folder / "3.json.z.damaged").unlink()
    assert sorted(path.name for path in folder.iterdir()) == ["1.json.z.damaged", "2.json.z.damaged"]


@pytest.mark.parametrize("damage", ["garbage", "newer", "locked"])
def test_a_database_that_cannot_be_used_is_named_and_no_check_minds(
    damage: str, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["check", "--static", "-c", "good"])
    database = project / ".muster/history.db"
    if damage == "garbage":
        database.write_bytes(b"no database at all\n" * 999)
        words = "is damaged (file is not a database): move it away"
    else:
        remembered(project)
        connection = sqlite3.connect(database)
        if damage == "newer":
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
            connection.commit()
            words = "was written by a newer version of Muster (schema 9999"
        else:
            monkeypatch.setattr("muster.adapters.history.database.BUSY_S", 0.01)
            connection.execute("BEGIN IMMEDIATE")
            words = "is locked: another process"
    run(["check", "--static", "-c", "good"])
    capsys.readouterr()
    assert run(["history"]) == 4
    assert words in capsys.readouterr().err
    assert run(["check", "--static", "-c", "good"]) == 0
    assert capsys.readouterr().err == ""
    assert len(waiting(project)) >= 2  # nothing is lost: it waits


def test_a_secret_that_is_not_needed_need_not_be_there(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.toml").write_text('[push]\ntoken = "${NOT_SET_ANYWHERE}"\n')
    assert run(["history"]) == 0
    assert capsys.readouterr().err == ""


def test_names_that_are_too_long_are_cut(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(project, "init", "-q", "-b", "b" * 210)
    git(project, "add", "-A")
    git(project, "commit", "-qm", "All of it")
    name = "s" * 300
    (project / "pyproject.toml").write_text(PROJECT["pyproject.toml"].replace("shop", name))
    run(["check", "--static"])
    (record,) = waiting(project)
    assert (record.project, record.branch) == ("s" * 200, "b" * 200)
    assert run(["history"]) == 0
    assert "1 record" in capsys.readouterr().out


def test_the_history_shows_what_commands_left(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["check", "--static", "-c", "good"])
    run(["check", "--static"])
    capsys.readouterr()
    assert run(["history", "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [(each["category"], each["latest"]["tests"]) for each in report["categories"]] == [("all", 2), ("good", 2)]
    assert [(each["code"], each["subject"]) for each in report["causes"]] == [("M107", "nowhere")]
    assert run(["history", "-c", "good", "--format", "csv", "-o", "out.csv"]) == 0
    assert len((project / "out.csv").read_text().splitlines()) == 2
    assert run(["history", "-c", "godo"]) == 4
    assert "there are: all, good" in capsys.readouterr().err


def test_a_project_forgets_what_is_old_in_its_own_database_only(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = record("old", recorded_at="2020-01-01T00:00:00Z")
    with open_history(str(project)) as store:
        store.add(old)
    assert remembered(project) == []
    monkeypatch.setenv("MUSTER_HISTORY_URL", sqlite_url(str(tmp_path / "everybody.db")))
    with open_history(str(project)) as store:
        store.add(old)
    assert [each.id for each in remembered(project)] == [old.id]
    monkeypatch.delenv("MUSTER_HISTORY_URL")
    keep_all = PROJECT["pyproject.toml"].replace("[tool.muster.history]\n", "[tool.muster.history]\nkeep_days = 0\n")
    (project / "pyproject.toml").write_text(keep_all)
    with open_history(str(project)) as store:
        store.add(old)
    assert [each.id for each in remembered(project)] == [old.id]


def test_the_extra_is_named_where_it_is_missing(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("muster.wiring.memory.has_history_extra", lambda: False)
    assert run(["history"]) == 4
    assert "pip install 'pytest-muster[history]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environ", "job"),
    [
        ({}, CiJob()),
        ({"CI": "true"}, CiJob("CI")),
        (
            {
                "GITHUB_ACTIONS": "true", "GITHUB_WORKFLOW": "tests", "GITHUB_JOB": "unit", "GITHUB_RUN_NUMBER": "7",
                "GITHUB_SERVER_URL": "https://github.example", "GITHUB_REPOSITORY": "a/b", "GITHUB_RUN_ID": "99",
                "GITHUB_REF_NAME": "12/merge", "GITHUB_HEAD_REF": "topic",
            },
            CiJob("tests / unit #7", "https://github.example/a/b/actions/runs/99", "topic"),
        ),
        (
            {"GITLAB_CI": "true", "CI_JOB_STAGE": "test", "CI_JOB_NAME": "unit", "CI_JOB_ID": "5",
             "CI_JOB_URL": "https://gitlab.example/5", "CI_COMMIT_BRANCH": "main"},
            CiJob("test / unit #5", "https://gitlab.example/5", "main"),
        ),
        (
            {"JENKINS_URL": "https://j", "JOB_NAME": "shop", "BUILD_NUMBER": "3", "BUILD_URL": "https://j/3",
             "GIT_BRANCH": "origin/main"},
            CiJob("shop #3", "https://j/3", "main"),
        ),
    ],
)  # fmt: skip
def test_the_job_of_ci_is_known_by_its_variables(environ: dict[str, str], job: CiJob) -> None:
    assert find_ci_job(environ) == job


def test_nothing_of_the_memory_is_loaded_by_a_check(project: Path) -> None:
    """Opening the database costs a third of a second: a check leaves a file and opens nothing."""
    code = (
        "import sys; from muster.cli.main import run; run(['check', '--static', '-c', 'good']); "
        "print(sorted({'sqlalchemy', 'alembic', 'urllib.request'} & set(sys.modules)))"
    )
    from sys import executable

    done = subprocess.run([executable, "-c", code], capture_output=True, text=True, env=os.environ, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert len(waiting(project)) == 1
