"""Messages through Apprise itself: taken, refused, and swallowed without a word."""

from __future__ import annotations

import time

import pytest
from tests.history.alerts.listening import hanging, listening, refusing

from muster.adapters.apprise_notifier import AppriseNotifier, _without_secrets
from muster.model.alert import AlertTarget, Letter


def letter(url: str) -> Letter:
    return Letter(AlertTarget("team", url), "Muster: shop: 1 alert (1 new)", "NEW   all: two\nNEW   all: lines")


def test_a_target_that_hangs_or_refuses_keeps_nothing_from_the_others() -> None:
    with listening() as well, listening() as unwell, hanging() as stuck:
        unwell.status = 500
        notifier = AppriseNotifier(timeout_s=8.0)
        begun = time.monotonic()
        urls = [stuck, refusing(), unwell.url, "nothing://at/all", "s3cret\udcff", well.url]
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


@pytest.mark.parametrize(
    "url",
    [
        "slack://T0ken/Passw0rd/s3cr%65t",
        "mailto://User:Passw0rd@mail.example?to=T0ken&name=s3cr%65t",
        "jsons://hooks.example/T0ken/?-Passw0rd=s3cr%65t",
        "T0ken:Passw0rd,s3cr%65t",
    ],
)
def test_no_part_of_a_url_is_said(url: str) -> None:
    said = f"cannot reach t0ken\nwith T0ken\tand Passw0rd or s3cret, s3cr%65t at {url}"
    shown = _without_secrets(said, url)
    assert shown.startswith("cannot reach *** with *** and *** or ***, *** at ")
    assert not [part for part in ("t0ken", "passw0rd", "s3cr") if part in shown.lower()]
