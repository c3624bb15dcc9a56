"""`[tool.muster.alerts]` says what is told; whom it is told to is the user's own."""

from __future__ import annotations

import pytest

from muster.errors import UsageError
from muster.model.alert import AlertRules
from muster.settings import load_alert_targets, load_settings
from muster.trees.memory import MemoryTree


def project(text: str) -> AlertRules:
    return load_settings(MemoryTree({"/p/pyproject.toml": text.encode()}), "/p").alerts


def test_everything_is_told_unless_the_project_says_otherwise() -> None:
    assert project("") == AlertRules()
    chosen = project(
        "[tool.muster.alerts]\nmissing = false\nslower_by = 20\nruns = 5\nbranches = ['main', 'release/*']\n"
    )
    assert chosen == AlertRules(missing=False, slower_by=20, runs=5, branches=("main", "release/*"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('targets = ["slack://a/b/c"]', "a project may not say where alerts go"),
        ('url = "json://evil.example"', "a project may not say where alerts go"),
        ("blokced = true", "unknown key 'blokced' in [tool.muster.alerts]; did you mean 'blocked'?"),
        ('slower_by = "50 %"', "must be a whole number"),
        ("slower_by = 1000000", "must be between 0 and 100000"),
        ("runs = 2", "must be between 3 and 100"),
        ('lost = "yes"', "must be true or false"),
        ("branches = []", "'branches' is empty"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_line(line: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        project(f"[tool.muster]\n\n[tool.muster.alerts]\n{line}\n")
    assert str(caught.value).startswith("/p/pyproject.toml:4: ")
    assert said in str(caught.value)
    assert "slack://" not in str(caught.value)
    assert "evil" not in str(caught.value)


CONFIG = "/home/u/.config/muster/config.toml"


def targets(text: str, **environ: str) -> list[tuple[str, str, str]]:
    found = load_alert_targets(MemoryTree({CONFIG: text.encode()}), {"HOME": "/home/u", **environ})
    return [(each.name, each.scheme, each.url) for each in found]


def test_targets_are_named_in_the_user_s_own_configuration() -> None:
    text = '[alerts.targets]\nteam = "${SLACK}"\nme = "${MAIL}"\n'
    assert targets(text, SLACK="slack://a/b/c", MAIL="mailto://x") == [
        ("team", "slack", "slack://a/b/c"),
        ("me", "mailto", "mailto://x"),
    ]
    assert targets("") == []


def test_the_environment_goes_before_it_and_each_target_is_there_once() -> None:
    text = '[alerts.targets]\nteam = "${NOT_SET}"\n'
    assert targets(text, MUSTER_ALERT_TARGETS=" slack://a\n json://b  slack://a what") == [
        ("slack 1", "slack", "slack://a"),
        ("json 2", "json", "json://b"),
        ("target 3", "", "what"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[alerts.targets]\nteam = "slack://secret"\n', "a secret does not belong into a file"),
        ('[alerts.targets]\nteam = "${NOT_SET}"\n', "needs ${NOT_SET}, which is not set"),
        ('[alerts]\ntarget = "${X}"\n', "unknown key 'target' in [alerts]; did you mean 'targets'?"),
    ],
)
def test_a_target_is_always_a_variable(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        targets(text)
    assert str(caught.value).startswith(f"{CONFIG}:2: ")
    assert said in str(caught.value)
    assert "slack://" not in str(caught.value)


def test_a_target_does_not_show_its_url() -> None:
    (target,) = load_alert_targets(MemoryTree({}), {"MUSTER_ALERT_TARGETS": "slack://secret"})
    assert "secret" not in repr(target)
