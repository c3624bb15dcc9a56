"""`python -m chat.client`, as one types it."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.infrastructure.chat_server import PASSWORD, PROJECT, ChatServer

EVENTS = ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"]


def client(
    server: ChatServer, *arguments: str, said: str = "", password: str = PASSWORD
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chat.client", "--url", server.url, *arguments],
        cwd=PROJECT,
        env={**os.environ, "CHAT_PASSWORD": password},
        input=said,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_one_question_is_asked_and_its_events_are_shown(server: ChatServer) -> None:
    done = client(server, "--user", "terry", "what is", "6 * 7?")
    assert (done.returncode, done.stderr) == (0, "")
    first, *lines = done.stdout.splitlines()
    assert first == "registered terry"
    assert [line.split()[1] for line in lines] == EVENTS
    assert lines[-1].endswith("6 * 7 = 42")


def test_questions_are_asked_until_the_input_ends(server: ChatServer) -> None:
    done = client(server, "--user", "tessa", said="my cat is Tabby\nwhat of my cat?\n")
    assert done.returncode == 0
    assert 'You told me: "my cat is Tabby"' in done.stdout


def test_a_wrong_password_is_said(server: ChatServer) -> None:
    client(server, "--user", "tilda", "hello")
    done = client(server, "--user", "tilda", "hello", password="not her password")
    assert (done.returncode, done.stderr) == (1, "chat.client: no user has this name and this password\n")


def test_a_terminal_obeys_no_message(server: ChatServer) -> None:
    done = client(server, "--user", "tom", said="\x1b]0;owned\x07 title\nwhat of title?\n")
    assert "owned" in done.stdout
    assert "\x1b" not in done.stdout
    assert "\x07" not in done.stdout


def test_a_server_that_is_not_there_is_said(server: ChatServer) -> None:
    done = client(server, "--url", "http://127.0.0.1:9", "hello")
    assert done.returncode == 1
    assert done.stderr.startswith("chat.client: the server cannot be reached")
