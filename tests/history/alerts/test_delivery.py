"""Messages through Apprise itself: taken, refused, and swallowed without a word."""

from __future__ import annotations

import time

from tests.history.alerts.listening import hanging, listening, refusing

from muster.adapters.apprise_notifier import AppriseNotifier
from muster.model.alert import AlertTarget, Letter


def letter(url: str) -> Letter:
    return Letter(AlertTarget("team", url), "Muster: shop: 1 alert (1 new)", "NEW   all: two\nNEW   all: lines")


def test_a_target_that_hangs_or_refuses_keeps_nothing_from_the_others() -> None:
    with listening() as well, listening() as unwell, hanging() as stuck:
        unwell.status = 500
        notifier = AppriseNotifier(timeout_s=8.0)
        begun = time.monotonic()
        urls = [stuck, refusing(), unwell.url, "nothing://at/all", "s3cret", well.url]
        answers = notifier.send([letter(url) for url in urls])
        assert time.monotonic() - begun < 20
    hung, refused, failed, unknown, nonsense, sent = answers
    # Apprise gives a socket four seconds, which it may have under load or not.
    assert "within 8 s" in hung or "error occurred" in hung
    assert "error occurred" in refused
    assert "500" in failed
    assert "knows no such target" in unknown
    assert "knows no such target" in nonsense
    assert sent == ""
    (message,) = well.messages
    assert (message["title"], message["message"]) == (letter("").title, letter("").body)
    assert not [answer for answer in answers for secret in ("t0ken", "s3cret", "127.0.0.1") if secret in answer]


def test_a_target_that_sends_its_answer_byte_by_byte_is_cut_off() -> None:
    with hanging() as stuck:
        begun = time.monotonic()
        (answer,) = AppriseNotifier(timeout_s=0.5).send([letter(stuck)])
        assert time.monotonic() - begun < 10
    assert answer == "it did not take the message within 0.5 s"
