"""The real server, in a process of its own on a free loopback port."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from chat.client import Conversation, login, register

PROJECT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery staple"
STOP_TIMEOUT_S = 20


class ChatServer:
    """`python -m chat.server` on the database and with the secret of `folder`; it can be killed and started again."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.url = ""
        self._variables = variables
        self._port = 0
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Returns once the port is bound; a server that was started before takes the same port again."""
        with ExitStack() as opened:
            log = opened.enter_context((self.folder / "server.log").open("a", encoding="utf-8"))
            self._process = subprocess.Popen(
                [sys.executable, "-m", "chat.server", "--port", str(self._port)],
                cwd=self.folder,
                env=self._environment(os.environ),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith("listening on "):
            self.stop()
            raise RuntimeError(f"the server did not start: {(self.folder / 'server.log').read_text(encoding='utf-8')}")
        self.url = line.removeprefix("listening on ").strip()
        self._port = int(self.url.rpartition(":")[2])

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(forced=True)

    def stop(self) -> None:
        """End it as its supervisor would."""
        self._end(forced=False)

    def _end(self, forced: bool) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill() if forced else process.terminate()
        try:
            process.communicate(timeout=STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise

    def _environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in environ.items() if not name.startswith("CHAT_")}
        return {**kept, "PYTHONPATH": str(PROJECT), **self._variables}


async def enter(url: str, name: str = "") -> str:
    """The token of a user who was not there before."""
    name = name or f"user-{uuid4().hex[:12]}"
    await register(url, name, PASSWORD)
    return await login(url, name, PASSWORD)


async def conversation_of_new_user(url: str) -> Conversation:
    """A conversation whose user was registered for it."""
    return Conversation(url, await enter(url))
