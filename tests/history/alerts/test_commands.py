"""From a check to a message and back: the commands, in the background of a check, and behind a server's pushes."""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.history.alerts.listening import Listening, listening, refusing
from tests.history.records import cause, record
from tests.support.golden_path import EXAMPLE, LEFT_BEHIND, break_example, heal_example

from muster.adapters.history.store import DatabaseHistory
from muster.cli.main import run
from muster.cli.token import fresh_token
from muster.model.alert import AlertRules
from muster.usecases.demo import write_demo
from muster.usecases.story import read_story
from muster.usecases.tokens import issue_token
from muster.usecases.wire import encode_push, encode_record
from muster.web.app import make_application
from muster.web.server_settings import ServerSettings
from muster.wiring import new_repository, read_story_text
from muster.wiring.alerts import telling_behind

HOW_TO = (Path(__file__).parents[3] / "docs/how-to/alerts.md").read_text(encoding="utf-8")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

Muster = Callable[..., tuple[int, str, str]]


@pytest.fixture
def service() -> Iterator[Listening]:
    with listening() as heard:
        yield heard


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project with a module that is missing, of which nothing is told yet."""
    for name in [name for name in os.environ if name.startswith("MUSTER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MUSTER_HISTORY", "on")
    monkeypatch.setenv("MUSTER_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("MUSTER_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "100")
    shop = tmp_path / "shop"
    (shop / "tests").mkdir(parents=True)
    (shop / "pyproject.toml").write_text("[tool.muster]\n")
    (shop / "tests/test_a.py").write_text("import nowhere_at_all\ndef test_a(): pass\n")
    return shop


@pytest.fixture
def muster(project: Path, capsys: pytest.CaptureFixture[str]) -> Muster:
    """Runs a command on the project; its exit code and what it printed."""

    def run_muster(*words: str, root: Path = project) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run([*words, "--root", str(root)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run_muster


def test_a_check_tells_in_the_background_what_the_how_to_shows(
    project: Path, muster: Muster, service: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAM_HOOK", service.url)
    Path(os.environ["MUSTER_CONFIG"]).write_text('[alerts.targets]\nteam = "${TEAM_HOOK}"\n')
    golden = project.parent / "golden_path"
    shutil.copytree(EXAMPLE, golden, ignore=LEFT_BEHIND)
    break_example(golden)
    assert muster("check", "-c", "mission_critical", root=golden)[0] == 1
    (begun,) = service.wait_for(1)
    # The message may be here before its sender has noted that it is: what is on its way is waited for.
    assert muster("alerts", "send", root=golden)[:2] == (0, "nothing new to tell\n")
    shown = muster("alerts", root=golden)[1]
    heal_example(golden)
    assert muster("check", "-c", "mission_critical", root=golden)[0] == 0
    _, over = service.wait_for(2)
    assert muster("alerts", "send", root=golden)[:2] == (0, "nothing new to tell\n")
    assert (begun["type"], over["type"]) == ("failure", "success")
    for text in (_as_shown(begun), _as_shown(over), shown):
        assert TIME.sub("TIME", _indented(text)) in TIME.sub("TIME", HOW_TO)


def test_the_demo_has_the_alerts_that_the_how_to_shows(project: Path, muster: Muster) -> None:
    if importlib.util.find_spec("websocket") is not None:
        pytest.skip("websocket-client is installed: one fault of the demo is none here")
    demo = project.parent / "demo"
    write_demo(read_story(read_story_text()), new_repository(str(demo)))
    assert muster("check", root=demo)[0] == 1
    assert TIME.sub("TIME", _indented(muster("alerts", root=demo)[1])) in TIME.sub("TIME", HOW_TO)


def _as_shown(message: dict[str, Any]) -> str:
    return f"{message['title']}\n\n{message['message']}\n"


def _indented(text: str) -> str:
    return "".join(f"    {line}".rstrip() + "\n" for line in text.splitlines())


def test_a_check_does_not_wait_for_a_channel_that_hangs(muster: Muster, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("MUSTER_ALERT_TARGETS", f"json://127.0.0.1:{server.getsockname()[1]}")
        code, _, said = muster("check")
        assert (code, said) == (1, "")
        # The check has ended: whoever connects now is its child, and what it brings is still worth an answer.
        server.settimeout(60)
        connection, _ = server.accept()
        with connection:
            assert connection.recv(5) == b"POST "


def test_what_could_not_be_sent_is_said_and_sent_later(
    project: Path, muster: Muster, service: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    muster("check")
    monkeypatch.setenv("MUSTER_ALERT_TARGETS", f"{service.url} {refusing()}")
    assert (service.texts, muster("alerts")[1].count("json 1 yet")) == ([], 2)
    code, said, _ = muster("alerts", "send")
    assert code == 1
    assert "json 1     2 alerts sent" in said
    assert "json 2     not sent: " in said
    assert "t0ken" not in said
    assert "127.0.0.1" not in said
    told = json.loads(muster("alerts", "--format", "json")[1])["alerts"]
    assert [(each["rule"], each["told"], each["untold"][0]["target"]) for each in told] == [
        ("missing", ["json 1"], "json 2"),
        ("blocked", ["json 1"], "json 2"),
    ]
    assert all("error occurred" in each["untold"][0]["error"] for each in told)
    monkeypatch.setenv("MUSTER_ALERT_TARGETS", service.url)
    assert "muster: alerts could not be sent the last time" in muster("check")[2]
    assert len(service.texts) == 1


def test_a_history_that_cannot_be_opened_is_said_by_the_next_check(
    project: Path, muster: Muster, service: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    muster("check")
    (project / ".muster/history.db").write_bytes(b"no database " * 100)
    monkeypatch.setenv("MUSTER_ALERT_TARGETS", service.url)
    assert (muster("alerts", "send")[0], muster("alerts")[0]) == (4, 4)
    assert "muster: alerts could not be sent the last time" in muster("check")[2]


def test_each_target_is_tried(muster: Muster, service: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, said = muster("alerts", "test")
    assert (code, "MUSTER_ALERT_TARGETS" in said) == (4, True)
    monkeypatch.setenv("MUSTER_ALERT_TARGETS", f"{service.url} nosuch://s3cret")
    code, shown, _ = muster("alerts", "test", "--format", "json")
    assert code == 1
    assert json.loads(shown) == {
        "schema": "muster.alerts-test/1",
        "deliveries": [
            {"target": "json 1", "scheme": "json", "changes": 0, "error": ""},
            {
                "target": "nosuch 2",
                "scheme": "nosuch",
                "changes": 0,
                "error": "Apprise knows no such target: its url is wrong, or its kind of service unknown",
            },
        ],
    }
    assert [message["title"] for message in service.messages] == ["Muster: shop: test"]


def test_a_wrong_configuration_of_the_user_does_not_fail_a_check(muster: Muster, project: Path) -> None:
    Path(os.environ["MUSTER_CONFIG"]).write_text('[alerts.targets]\nteam = "json://s3cret"\n')
    code, _, said = muster("check")
    assert code == 1
    assert "muster: alerts are not sent: " in said
    assert "config.toml:2" in said
    assert "s3cret" not in said
    assert not (project / ".muster/history.db").exists()


def test_a_project_that_names_a_target_is_refused(muster: Muster, project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.muster.alerts]\ntargets = "json://evil.example"\n')
    code, _, said = muster("check")
    assert code == 4
    assert "pyproject.toml:2: 'targets' in [tool.muster.alerts]: a project may not say where alerts go" in said


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("history_url", ["sqlite"], indirect=True)
def test_a_push_is_judged_by_the_rules_that_it_brings(
    memory: DatabaseHistory, service: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked: dict[str, Any] = {"causes": (cause(subject="<!channel>"),), "blocked_tests": 3, "files_blocked": 1}
    memory.add(record("before the server was started", 0, project="old", **blocked))
    monkeypatch.setenv("MUSTER_ALERT_TARGETS", service.url)
    said: list[str] = []
    token = fresh_token()
    issue_token(memory, "ci", "write", token, "2026-11-23T02:00:00Z")
    with telling_behind(memory, said.append) as after_push:
        application = make_application(memory, ServerSettings(), said.append, after_push=after_push)
        client = TestClient(application, headers={"Authorization": f"Bearer {token}"}, base_url="http://localhost")
        service.wait_for(1)
        records = [
            record("well", 0),
            record("bad", 1, alerts=AlertRules(blocked=False), **blocked),
            record("a part", 1, project="other", whole=False, **blocked),
        ]
        body = encode_push(map(encode_record, records))
        headers = {"Content-Type": "application/json"}
        assert client.post("/api/v1/records", content=body, headers=headers).status_code == http.client.OK
        service.wait_for(2)
        assert client.post("/api/v1/records", content=body, headers=headers).json()["accepted"] == []
    assert [message["title"] for message in service.messages] == [
        "Muster: old: 2 alerts (2 new)",
        "Muster: shop: 1 alert (1 new)",
    ]
    assert service.texts[1].startswith("NEW   all on main: module ‹!channel› is missing")
    assert [line for line in said if "pushed" not in line] == []
