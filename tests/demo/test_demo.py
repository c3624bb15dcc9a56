"""`muster demo`: what it writes, that each fault is named at its culprit, and that real pytest says the same."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from muster.api import check
from muster.model.report import Report
from muster.usecases.story import read_story
from muster.wiring import read_story_text

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"
BLOCK = re.compile(r"(<!-- output of muster demo -->\n```console\n).*?(```)", re.DOTALL)

FAULTS = {
    ("M105", "tests/golden/agents/test_agent_end_to_end.py", 5),
    ("M401", "tests/unit/test_client.py", 2),
    ("M307", "tests/mission_critical/test_sessions.py", 4),
    ("M202", "tests/unit/test_connections.py", 1),
    ("M107", "tests/unit/test_relay.py", 1),
    ("M101", "tests/unit/test_tokens.py", 1),
    ("M102", "tests/unit/test_legacy_metrics.py", 1),
    ("M503", "chat/embeddings.py", 7),
}

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("websocket") is not None, reason="websocket-client is installed: one fault is none here"
)


def demo(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command as a user runs it."""
    environ = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "FORCE_COLOR")}
    return subprocess.run(
        [sys.executable, "-m", "muster", "demo", str(folder)],
        env=environ | {"COLUMNS": "100"} | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("demo") / "chat"
    done = demo(folder)
    assert (done.returncode, done.stderr) == (0, "")
    return folder, done.stdout


def faults(report: Report) -> set[tuple[str, str, int]]:
    return {
        (cause.code, cause.culprit.path if cause.culprit else "", cause.culprit.line if cause.culprit else 0)
        for cause in report.causes
    }


def test_each_fault_is_named_at_its_culprit(written: tuple[Path, str]) -> None:
    report = check(root=str(written[0]), python=sys.executable)
    assert faults(report) == FAULTS
    assert all(cause.blocked_tests or cause.lost or cause.code == "M503" for cause in report.causes)


@pytest.mark.oracle
@pytest.mark.slow
def test_real_pytest_says_the_same(written: tuple[Path, str]) -> None:
    report = check(root=str(written[0]), python=sys.executable, confirm="whole")
    assert faults(report) == FAULTS
    blocking = [cause for cause in report.causes if cause.blocked_tests]
    assert len(blocking) == 6
    assert {cause.seen for cause in blocking} == {"confirmed"}
    assert (report.seconds.observed or 0) > 2


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_history_is_the_same_everywhere(written: tuple[Path, str], tmp_path: Path) -> None:
    """Whatever git is told by the environment of the user: signing, hooks, another repository, another clock."""
    (tmp_path / "gitconfig").write_text(
        "[commit]\n gpgSign = true\n[gpg]\n program = /bin/false\n[core]\n hooksPath = /nowhere\n autocrlf = true\n"
    )
    settings = {"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"), "GIT_DIR": str(tmp_path / "x"), "TZ": "Asia/Tokyo"}
    done = demo(tmp_path / "again", **settings)
    assert done.returncode == 0, done.stderr
    assert git(tmp_path / "again", "rev-parse", "HEAD") == git(written[0], "rev-parse", "HEAD")
    assert git(written[0], "status", "--porcelain") == ""
    subjects = [chapter.subject for chapter in read_story(read_story_text())]
    assert git(written[0], "log", "--reverse", "--format=%s").splitlines() == subjects


def test_what_the_remedies_say_heals_it(written: tuple[Path, str], tmp_path: Path) -> None:
    folder = tmp_path / "healed"
    assert demo(folder).returncode == 0
    heal(folder, "tests/golden/agents/test_agent_end_to_end.py", ".parent.parent.parent", ".parent" * 4)
    heal(folder, "tests/unit/test_client.py", "__init__", "setup_method")
    heal(folder, "tests/mission_critical/test_sessions.py", "mission_critcal", "mission_critical")
    heal(folder, "tests/unit/test_connections.py", "WebSocketManager", "WebSocketConnectionManager")
    heal(folder, "tests/unit/test_tokens.py", "chat.tokens", "chat.security.tokens")
    heal(folder, "chat/embeddings.py", "    time.sleep(2)  # the model is large\n", "")
    (folder / "tests/unit/test_relay.py").unlink()
    (folder / "tests/unit/test_legacy_metrics.py").unlink()
    report = check(root=str(folder), python=sys.executable, confirm="whole")
    assert faults(report) == set()
    assert (report.totals.tests, report.totals.blocked_tests, report.totals.lost_tests) == (20, 0, 0)


def test_muster_fix_heals_what_files_can_heal(tmp_path: Path) -> None:
    """Only the distribution that must be installed, and the sleep, are left; undo takes every byte back."""
    folder = tmp_path / "fixed"
    assert demo(folder).returncode == 0
    done = muster(folder, "fix", "--apply", "--until-green", "--confirm")
    assert (done.returncode, done.stderr) == (1, "")
    assert "# together  proved: 13 tests back, none lost" in done.stdout
    assert "# confirmed by a real collection of a copy  proved: 13 tests back, none lost" in done.stdout
    report = check(root=str(folder), python=sys.executable, confirm="whole")
    assert faults(report) == {fault for fault in FAULTS if fault[0] in ("M107", "M503")}
    assert (report.totals.tests, report.totals.blocked_tests, report.totals.lost_tests) == (21, 2, 0)
    assert muster(folder, "fix", "--undo").returncode == 0
    assert git(folder, "status", "--porcelain") == ""


def test_muster_fix_commits_each_cause_with_its_evidence(tmp_path: Path) -> None:
    folder = tmp_path / "fixed"
    assert demo(folder).returncode == 0
    (folder / "tests/unit/test_client.py").write_bytes((folder / "tests/unit/test_client.py").read_bytes() + b"\n")
    done = muster(folder, "fix", "--commit")
    assert (done.returncode, git(folder, "rev-list", "--count", "HEAD")) == (4, "9")
    assert "has changes that are not committed" in done.stderr
    git(folder, "checkout", "-q", ".")
    before = git(folder, "rev-parse", "HEAD")
    (folder / "mine.txt").write_text("staged and not theirs")
    git(folder, "add", "mine.txt")
    done = muster(folder, "fix", "--commit")
    assert (done.returncode, done.stderr) == (1, "")
    subjects = git(folder, "log", "--format=%s", f"{before}..").splitlines()
    assert len(subjects) == 6
    assert subjects[-1].startswith("Fix M105: one parent more at tests/golden/agents/test_agent_end_to_end.py:4")
    body = git(folder, "log", "-1", "--format=%b", "HEAD~5")
    assert "winner: tests/infrastructure/__init__.py" in body
    assert "proved by simulation: 3 tests back, 0 lost" in body
    assert git(folder, "status", "--porcelain") == "A  mine.txt"


def muster(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of Muster's in `folder`, with an author for its commits."""
    environ = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "FORCE_COLOR")}
    who = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in (
        ("NAME", "Ada"), ("EMAIL", "ada@example.invalid")
    )}  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "muster", *arguments],
        cwd=folder,
        env=environ | who,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def heal(folder: Path, path: str, old: str, new: str) -> None:
    place = folder / path
    assert old in place.read_text()
    place.write_text(place.read_text().replace(old, new))


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = demo(tmp_path)
    assert done.returncode == 4
    assert "is not empty" in done.stderr
    assert os.listdir(tmp_path) == ["mine.txt"]


def test_without_git_it_says_so(tmp_path: Path) -> None:
    done = demo(tmp_path / "new", PATH=str(tmp_path))
    assert done.returncode == 4
    assert "git is not installed" in done.stderr


def test_the_tutorial_shows_what_is_printed(written: tuple[Path, str]) -> None:
    """`MUSTER_UPDATE_EXAMPLES=1` writes the output into the page. Seconds and the folder are not compared."""
    printed = written[1].replace(str(written[0]), "muster-demo")
    page = TUTORIAL.read_text(encoding="utf-8")
    if os.environ.get("MUSTER_UPDATE_EXAMPLES"):
        page = BLOCK.sub(lambda block: block[1] + "$ muster demo\n" + printed + block[2], page)
        TUTORIAL.write_text(page, encoding="utf-8")
    shown = BLOCK.search(page)
    assert shown is not None
    assert timeless(shown[0]).split("$ muster demo\n")[1] == timeless(printed) + "```"


def timeless(text: str) -> str:
    return re.sub(r"in \d+(\.\d+)? s\b", "in N s", text)
