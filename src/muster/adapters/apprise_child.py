"""What a sending child of Muster's own interpreter does: it tells one target one thing. Started by `apprise_notifier`.

Its question comes by standard input, as other processes can see arguments and variables.
"""

from __future__ import annotations

import logging
import os
import sys

import msgspec


class Question(msgspec.Struct, frozen=True):
    """A message, and where it goes."""

    url: str
    title: str
    body: str
    is_good_news: bool


class Answer(msgspec.Struct, frozen=True):
    """`error` is why it could not be sent, in Apprise's own words with parts of the url in them; "" where it was."""

    error: str


class _LastWords(logging.Handler):
    """Keeps what was said last."""

    text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text = record.getMessage()


def answer(question: Question) -> Answer:
    """Send it, and say what came of it."""
    import apprise

    words = _LastWords(logging.WARNING)
    logger = logging.getLogger("apprise")
    logger.addHandler(words)
    logger.propagate = False
    # In memory: nothing of a message or a token is to lie on this disk.
    asset = apprise.AppriseAsset(
        app_id="Muster", app_desc="Muster", storage_mode="memory", interpret_escapes=False, async_mode=False
    )
    sender = apprise.Apprise(asset=asset)
    if not sender.add(question.url):
        return Answer("Apprise knows no such target: its url is wrong, or its kind of service unknown")
    kind = apprise.NotifyType.SUCCESS if question.is_good_news else apprise.NotifyType.FAILURE
    sent = sender.notify(
        body=question.body, title=question.title, notify_type=kind, body_format=apprise.NotifyFormat.TEXT
    )
    return Answer("" if sent else words.text or "Apprise could not send it, and does not say why")


def main() -> None:
    """Answer the one question of standard input."""
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=Question)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a service's plugin prints is no answer
    try:
        result = answer(question)
    except Exception as error:
        result = Answer(f"{type(error).__name__}: {error}")
    answers.write(msgspec.json.encode(result))
    answers.flush()
    os._exit(0)  # a plugin's own threads may hang
