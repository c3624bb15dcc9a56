"""What the environment may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat.settings import Endpoint, Settings, SettingsError

SECRET = {"CHAT_SECRET": "x" * 32}


def test_nothing_said_is_sqlite_and_the_embedded_model() -> None:
    assert Settings.from_environment(SECRET) == Settings(secret="x" * 32)


def test_an_endpoint_is_named_by_its_url_and_model() -> None:
    variables = {"CHAT_OPENAI_BASE_URL": "http://127.0.0.1:9/v1/", "CHAT_OPENAI_MODEL": "m", "CHAT_OPENAI_API_KEY": "k"}
    assert Settings.from_environment({**SECRET, **variables}).endpoint == Endpoint("http://127.0.0.1:9/v1", "m", "k")


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"CHAT_SECRET": "short"}, "CHAT_SECRET needs 32 bytes"),
        ({"CHAT_TOKEN_LIFETIME_S": "soon"}, "CHAT_TOKEN_LIFETIME_S must be a number"),
        ({"CHAT_TOKEN_LIFETIME_S": "nan"}, "CHAT_TOKEN_LIFETIME_S must be a number"),
        ({"CHAT_EMBEDDED_PAUSE_S": "-1"}, "CHAT_EMBEDDED_PAUSE_S must be a number"),
        ({"CHAT_OPENAI_BASE_URL": "ftp://x", "CHAT_OPENAI_MODEL": "m"}, "must start with http"),
        ({"CHAT_OPENAI_BASE_URL": "http://x"}, "CHAT_OPENAI_MODEL must name"),
    ],
)
def test_a_wrong_variable_is_named(variables: dict[str, str], reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        Settings.from_environment({**SECRET, **variables})


def test_a_secret_that_nobody_gave_is_made_once_and_kept_private(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    first, second = (Settings.from_environment({"CHAT_SECRET_FILE": str(path)}) for _ in range(2))
    assert first == second
    assert len(first.secret) >= 32
    assert path.stat().st_mode & 0o777 == 0o600
