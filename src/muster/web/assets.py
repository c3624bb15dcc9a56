"""The server's own files, all read before the first request: no request ever opens one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "txt": "text/plain"}
_DIGEST_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that browsers load: under an address that changes with it, so it may be kept for good."""

    content: bytes
    media_type: str
    address: str


def read_assets() -> Mapping[str, Asset]:
    """The static files by name."""
    found = {}
    for file in files("muster.web").joinpath("static").iterdir():
        content = file.read_bytes()
        digest = sha256(content).hexdigest()[:_DIGEST_LENGTH]
        media_type = f"{_TYPES[file.name.rpartition('.')[2]]}; charset=utf-8"
        found[file.name] = Asset(content, media_type, f"/static/{digest}/{file.name}")
    return found


def read_templates() -> dict[str, str]:
    """The sources of the templates by name."""
    folder = files("muster.web").joinpath("templates")
    return {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}
