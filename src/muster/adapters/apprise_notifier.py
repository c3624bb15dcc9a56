"""`ports.Notifier` through Apprise, each message in a child of its own: what hangs there hangs nobody, and is ended in time."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from urllib.parse import unquote

import msgspec

from muster.adapters.apprise_child import Answer, Question
from muster.adapters.watched_child import kill_group
from muster.errors import MissingExtraError
from muster.model.alert import Letter

TIMEOUT_S = 15.0
_MOST_WORDS = 300
_CHILD = "import sys; sys.path[:] = sys.argv[1:]; from muster.adapters.apprise_child import main; main()"


class AppriseNotifier:
    """Sends what it is given at once, and waits `timeout_s` for it at most. Raises `MissingExtraError` without Apprise."""

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        if find_spec("apprise") is None:
            raise MissingExtraError("alerts need Apprise: pip install 'pytest-muster[alerts]'")
        self._timeout_s = timeout_s

    def send(self, letters: Sequence[Letter]) -> Sequence[str]:
        """For each of `letters` why it was not sent, "" where it was."""
        children = [_start() for _ in letters]
        for child, letter in zip(children, letters, strict=True):
            _ask(child, letter)
        deadline = time.monotonic() + self._timeout_s
        return [
            _without_secrets(self._outcome(child, deadline), letter.target.url)
            for child, letter in zip(children, letters, strict=True)
        ]

    def _outcome(self, child: subprocess.Popen[bytes], deadline: float) -> str:
        try:
            output, _ = child.communicate(timeout=max(deadline - time.monotonic(), 0.01))
            return msgspec.json.decode(output, type=Answer).error
        except subprocess.TimeoutExpired:
            kill_group(child.pid)
            child.communicate()
            return f"it did not take the message within {self._timeout_s:g} s"
        except (OSError, msgspec.MsgspecError):
            return f"its sender ended with code {child.wait()}"


def _start() -> subprocess.Popen[bytes]:
    # Isolated, and in no folder of the project's: nothing but what this process itself imports from is on its path.
    return subprocess.Popen(
        [sys.executable, "-I", "-c", _CHILD, *(os.path.abspath(entry) for entry in sys.path if entry)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )


def _ask(child: subprocess.Popen[bytes], letter: Letter) -> None:
    """Give `child` its question, which is small enough for a pipe that nobody reads yet."""
    # A variable can hold bytes that are no text: no service's url does.
    url = letter.target.url.encode("utf-8", "replace").decode("utf-8")
    question = Question(url, letter.title, letter.body, letter.is_good_news)
    stream, child.stdin = child.stdin, None  # `communicate` has nothing to add
    if stream is not None:
        with contextlib.suppress(OSError), stream:
            stream.write(msgspec.json.encode(question))


def _without_secrets(text: str, url: str) -> str:
    """`text` on one plain line, without the parts of `url`: any of them may be a token, and the host comes in lower case."""
    for part in sorted(_parts(url), key=len, reverse=True):
        text = re.sub(re.escape(part), "***", text, flags=re.IGNORECASE)
    text = " ".join(text.split()).encode("ascii", "backslashreplace").decode("ascii")
    return text if len(text) <= _MOST_WORDS else text[: _MOST_WORDS - 3] + "..."


def _parts(url: str) -> Iterator[str]:
    """The pieces of `url` behind its scheme, as written and decoded; a piece of one or two characters hides nothing."""
    rest = url.partition("://")[2] or url
    for piece in (rest, *re.split(r"[/?&=:@#,;]+", rest)):
        # Apprise marks a parameter that it passes on by a sign before it.
        for spelled in (piece, unquote(piece), piece.strip("+-")):
            if len(spelled) > 2:
                yield spelled
