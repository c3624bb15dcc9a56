"""`muster locate`, and the history in `check` and `explain`, over a real repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.repositories import Work

TOKENS = (
    "import base64\n\n\ndef issue(user):\n    return base64.b64encode(user)\n\n\ndef verify(token):\n    return token\n"
)


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which a module moved, a class was renamed, a function and a module removed, and two never were."""
    work = Work(tmp_path_factory.mktemp("project"))
    work.write("pyproject.toml", '[tool.pytest.ini_options]\npythonpath = ["."]\n')
    work.write("chat/__init__.py", "").write("chat/tokens.py", TOKENS).write("chat/metrics.py", "def count(): ...\n")
    work.write("chat/live.py", "class Manager:\n    open = 1\n\n\ndef ping():\n    return 1\n")
    work.write("tests/test_moved.py", "from chat.tokens import issue\n\n\ndef test_it(): ...\n")
    work.write("tests/test_renamed.py", "from chat.live import Manager\n\n\ndef test_it(): ...\n")
    work.write("tests/test_removed.py", "from chat.live import ping\n\n\ndef test_it(): ...\n")
    work.write("tests/test_deleted.py", "import chat.metrics\n\n\ndef test_it(): ...\n").commit("begin")
    work.write("chat/security/__init__.py", "").move("chat/tokens.py", "chat/security/tokens.py").commit("move tokens")
    work.write("chat/live.py", "class Connections:\n    open = 1\n\n\ndef ping():\n    return 1\n").commit(
        "rename Manager"
    )
    work.write("chat/live.py", "class Connections:\n    open = 1\n").commit("drop ping")
    work.delete("chat/metrics.py").commit("drop metrics")
    work.write("tests/test_never.py", "from chat.ledger import Book\n\n\ndef test_it(): ...\n").commit(
        "test the ledger"
    )
    work.write("tests/test_no_name.py", "from chat.live import Zebra\n\n\ndef test_it(): ...\n").commit("test a zebra")
    return work.folder


def muster(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "FORCE_COLOR")}
    command = [sys.executable, "-m", "muster", *arguments, "--root", str(folder), "--python", sys.executable]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)


def located(folder: Path, subject: str) -> dict[str, Any]:
    done = muster(folder, "locate", subject, "--format", "json")
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["schema"] == "muster.locate/1"
    assert done.returncode == (0 if found["found"] else 1)
    return found


def test_check_tells_each_fate_with_its_commit(moved: Path) -> None:
    report = json.loads(muster(moved, "check", "--format", "json").stdout)
    told = {cause["subject"]: (cause["code"], (cause["since"] or {}).get("subject")) for cause in report["causes"]}
    assert told == {
        "chat.tokens": ("M101", "move tokens"),
        "chat.metrics": ("M102", "drop metrics"),
        "chat.ledger": ("M103", "test the ledger"),
        "chat.live:Manager": ("M202", "rename Manager"),
        "chat.live:ping": ("M203", "drop ping"),
        "chat.live:Zebra": ("M204", "test a zebra"),
    }
    (first,) = (cause["candidates"] for cause in report["causes"] if cause["subject"] == "chat.tokens")
    assert (first[0]["module"], first[0]["change"], first[0]["why"], first[0]["tied"]) == (
        "chat.security.tokens", "moved", ["same name", "definition", "git rename", "names"], False
    )  # fmt: skip


def test_without_a_repository_nothing_is_said_of_the_past(moved: Path, tmp_path: Path) -> None:
    for path in moved.rglob("*.py"):
        target = tmp_path / path.relative_to(moved)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    (tmp_path / "pyproject.toml").write_bytes((moved / "pyproject.toml").read_bytes())
    report = json.loads(muster(tmp_path, "check", "--format", "json").stdout)
    told = {cause["subject"]: (cause["code"], cause["since"]) for cause in report["causes"]}
    assert told == {
        "chat.tokens": ("M101", None),
        "chat.metrics": ("M103", None),
        "chat.ledger": ("M103", None),
        "chat.live:Manager": ("M204", None),
        "chat.live:ping": ("M204", None),
        "chat.live:Zebra": ("M204", None),
    }


def test_a_module_that_moved_is_located_with_its_past_and_its_importers(moved: Path) -> None:
    found = located(moved, "chat.tokens")
    assert (found["found"], found["code"]) == (False, "M101")
    ((move),) = found["moves"]
    assert {key: move[key] for key in ("what", "from", "to", "author", "subject")} == {
        "what": "renamed", "from": "chat/tokens.py", "to": "chat/security/tokens.py", "author": "Ada", "subject": "move tokens"
    }  # fmt: skip
    assert found["candidates"][0]["module"] == "chat.security.tokens"
    assert found["importers"] == [
        {"statement": "from chat.tokens import issue", "files": 1, "path": "tests/test_moved.py", "line": 1}
    ]


def test_a_module_that_is_there_tells_where_it_was(moved: Path) -> None:
    found = located(moved, "chat.security.tokens:issue")
    assert found["places"] == [{"path": "chat/security/tokens.py", "line": 4, "kind": "function"}]
    assert [(move["from"], move["to"]) for move in found["moves"]] == [("chat/tokens.py", "chat/security/tokens.py")]


def test_a_name_of_a_module_that_moved_is_located_where_it_is_now_though_nobody_imports_it(moved: Path) -> None:
    found = located(moved, "chat.tokens:verify")
    assert (found["code"], found["importers"]) == ("M101", [])
    assert [(each["module"], each["name"]) for each in found["candidates"]] == [("chat.security.tokens", "verify")]
    assert "names" in found["candidates"][0]["why"]


def test_a_name_that_was_removed_is_located_with_the_commit(moved: Path) -> None:
    found = located(moved, "chat.live:ping")
    assert (found["code"], found["candidates"]) == ("M203", [])
    assert [(move["what"], move["subject"]) for move in found["moves"]] == [("removed", "drop ping")]


def test_the_text_says_the_same(moved: Path) -> None:
    done = muster(moved, "locate", "chat.live:Manager")
    lines = [line.split(None, 1)[0] for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert lines == ["chat.live:Manager", "is", "removed", "nearest", "today", "imported"]
    assert "chat.live:Connections" in done.stdout
    assert "rename Manager" in done.stdout


def test_what_is_no_name_is_refused(moved: Path) -> None:
    done = muster(moved, "locate", "../x")
    assert (done.returncode, done.stdout) == (4, "")
    assert "no module's name" in done.stderr


def test_explain_shows_the_chain_and_the_commit(moved: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "muster", "explain", "tests/test_moved.py", "--python", sys.executable],
        cwd=moved, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "tests/test_moved.py:1" in done.stdout
    assert "from chat.tokens import issue" in done.stdout
    assert "Ada: move tokens" in done.stdout


def test_the_page_of_a_cause_ends_with_how_to_silence_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "muster", "explain", "m105"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0
    for heading in ("# M105", "## Example", "## How to fix it", "## How to silence it"):
        assert heading in done.stdout
    assert "# muster: ignore[M105]" in done.stdout
