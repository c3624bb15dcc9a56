"""`muster accept`: known failures count no more, for a reason and for a time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Muster

FILE = ".muster-accepted.toml"


def accept(muster: Muster, *words: str) -> str:
    """Accepts, and gives what was printed."""
    ended = muster("accept", *words)
    assert ended.code == 0, ended.err
    return ended.out


def test_an_accepted_cause_is_shown_and_does_not_count(muster: Muster, project: Path) -> None:
    assert "accepted until 9999-12-31: M204" in accept(muster, "1", "--reason", "PROJ-12", "--expires", "9999-12-31")
    ended = muster("check", "--report", "text", "--report", "json=report.json")
    assert ended.code == 0
    assert "name gone or never there, accepted until 9999-12-31" in ended.out
    assert "PROJ-12" in ended.out
    [cause] = json.loads((project / "report.json").read_text())["causes"]
    assert cause["accepted"] == {"reason": "PROJ-12", "expires": "9999-12-31"}
    accept(muster, cause["fingerprint"][:6], "--reason", "PROJ-13", "--expires", "9999-12-30")
    text = (project / FILE).read_text()
    assert (text.count("[[accepted]]"), "PROJ-13" in text, "PROJ-12" in text) == (1, True, False), "it is renewed"


def test_what_has_expired_counts_again_and_says_so(muster: Muster, project: Path) -> None:
    accept(muster, "1", "--reason", "PROJ-12", "--expires", "9999-12-31")
    text = (project / FILE).read_text()
    (project / FILE).write_text(text.replace("9999-12-31", "2020-01-01"))
    ended = muster("check")
    assert ended.code == 1
    assert "accepted until 2020-01-01 (PROJ-12); it counts again" in ended.out
    assert "expired on 2020-01-01" in accept(muster)
    assert "M000" not in ended.out


def test_what_no_longer_matches_is_reported_and_pruned(muster: Muster, project: Path) -> None:
    accept(muster, "1", "--reason", "PROJ-12", "--expires", "9999-12-31")
    (project / "tests/bad/test_gone.py").unlink()
    ended = muster("check")
    assert (ended.code, "M000 .muster-accepted.toml:4: 'M204 app.core:subtract'" in ended.out) == (0, True)
    assert "M000" not in muster("check", "tests/good").out, "a part cannot tell what is stale"
    assert "removed: M204" in accept(muster, "--prune")
    assert not (project / FILE).exists()


def test_another_cause_is_not_accepted_with_it(muster: Muster, project: Path) -> None:
    accept(muster, "1", "--reason", "PROJ-12", "--expires", "9999-12-31")
    (project / "tests/bad/test_gone.py").write_text("from app.core import multiply\n")
    assert muster("check").code == 1


def test_what_only_a_real_run_shows_is_judged_by_one_only(muster: Muster, project: Path) -> None:
    entry = f'[[accepted]]\nfingerprint = "{"0" * 16}"\nreason = "r"\nexpires = 9999-12-31\nseen = "observed"\n'
    (project / FILE).write_text(entry)
    assert "0 failures removed, 1 kept" in accept(muster, "--prune")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("1",), "nothing is accepted without a reason"),
        (("1", "--reason", " "), "nothing is accepted without a reason"),
        (("1", "--reason", "r"), "nothing is accepted for ever"),
        (("1", "--reason", "r", "--expires", "soon"), "'soon' is no day"),
        (("1", "--reason", "r", "--expires", "2020-01-01"), "that day has passed"),
        (("7", "--reason", "r", "--expires", "9999-12-31"), "there is no cause '7' in this check; there are: 1 to 1"),
        (("abc", "--reason", "r", "--expires", "9999-12-31"), "'abc' is neither a cause's number nor a fingerprint"),
        (("--reason", "r"), "which cause is to be accepted?"),
        (("1", "--prune"), "--prune goes alone"),
        (("--prune", "-c", "good"), "--prune checks the whole project"),
    ],
)
def test_what_cannot_be_accepted_is_refused(muster: Muster, project: Path, words: tuple[str, ...], told: str) -> None:
    ended = muster("accept", *words)
    assert (ended.code, told in ended.err) == (4, True), ended.err
    assert not (project / FILE).exists()


def test_a_broken_file_is_refused_by_every_command(muster: Muster, project: Path) -> None:
    (project / FILE).write_text("[[accepted]]\nfingerprint = 'x'\n")
    assert (muster("check").code, muster("accept").code) == (4, 4)


def test_a_symlink_is_not_written(muster: Muster, project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "file"
    elsewhere.write_text("")
    (project / FILE).symlink_to(elsewhere)
    refused = muster("accept", "1", "--reason", "r", "--expires", "9999-12-31")
    assert (refused.code, "is a symlink: it is not written" in refused.err, elsewhere.read_text()) == (4, True, "")


def test_a_cause_silenced_in_the_code_needs_no_acceptance(muster: Muster, project: Path) -> None:
    test = project / "tests/bad/test_gone.py"
    test.write_text(test.read_text().replace("subtract\n", "subtract  # muster: ignore[M204] known\n", 1))
    assert muster("check").code == 0
    refused = muster("accept", "1", "--reason", "r", "--expires", "9999-12-31")
    assert "silenced by a comment at tests/bad/test_gone.py:1" in refused.err
