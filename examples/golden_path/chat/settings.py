"""What the environment says. Every variable is listed in the README."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SECRET_FILE = ".chat-secret"
LEAST_SECRET_BYTES = 32
MOST_SECONDS = 1e9


class SettingsError(Exception):
    """A variable that cannot be used."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An OpenAI-compatible language model: `url` ends before `/chat/completions`."""

    url: str
    model: str
    key: str = ""
    timeout_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that one server needs to know before it starts. No `endpoint` means the embedded model."""

    secret: str
    database_url: str = "sqlite:///chat.db"
    token_lifetime_s: int = 3600
    endpoint: Endpoint | None = None
    embedded_pause_s: float = 0.0

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """The settings of this process; raises `SettingsError` for a variable that cannot be used."""
        return cls(
            secret=_secret(environ),
            database_url=environ.get("CHAT_DATABASE_URL") or "sqlite:///chat.db",
            token_lifetime_s=int(_seconds(environ, "CHAT_TOKEN_LIFETIME_S", 3600, least=1)),
            endpoint=_endpoint(environ),
            embedded_pause_s=_seconds(environ, "CHAT_EMBEDDED_PAUSE_S", 0.0, least=0),
        )


def _secret(environ: Mapping[str, str]) -> str:
    """`CHAT_SECRET`, else one that is made once and kept in a file, so that tokens outlive a restart."""
    given = environ.get("CHAT_SECRET")
    if given is None:
        given = _kept_secret(Path(environ.get("CHAT_SECRET_FILE") or SECRET_FILE))
    if len(given.encode()) < LEAST_SECRET_BYTES:
        raise SettingsError(f"CHAT_SECRET needs {LEAST_SECRET_BYTES} bytes or more: HS256 is as strong as its key")
    return given


def _kept_secret(path: Path) -> str:
    try:
        # O_EXCL: of two servers that start at once, one makes the secret and both use it.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(made := secrets.token_urlsafe(48))
    return made


def _endpoint(environ: Mapping[str, str]) -> Endpoint | None:
    url = environ.get("CHAT_OPENAI_BASE_URL")
    if not url:
        return None
    if not url.startswith(("http://", "https://")):
        raise SettingsError(f"CHAT_OPENAI_BASE_URL must start with http:// or https://, not {url!r}")
    model = environ.get("CHAT_OPENAI_MODEL")
    if not model:
        raise SettingsError("CHAT_OPENAI_BASE_URL is set, so CHAT_OPENAI_MODEL must name the model to ask for")
    timeout_s = _seconds(environ, "CHAT_OPENAI_TIMEOUT_S", 60.0, least=0.001)
    return Endpoint(url.rstrip("/"), model, environ.get("CHAT_OPENAI_API_KEY", ""), timeout_s)


def _seconds(environ: Mapping[str, str], name: str, default: float, least: float) -> float:
    text = environ.get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    # Also false for `nan`.
    if not least <= value <= MOST_SECONDS:
        raise SettingsError(f"{name} must be a number of seconds from {least:g} to {MOST_SECONDS:g}, not {text!r}")
    return value
