"""Paths as URIs (RFC 3986): everything but unreserved characters and the slash is percent-encoded."""

from __future__ import annotations

_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


def relative_uri(path: str) -> str:
    """`path` as a relative reference; a colon is encoded, so nothing in it can pass for a scheme."""
    uri = "".join(_encode(character) for character in path)
    # An empty first step would make a reference to another host of it (RFC 3986, 4.2).
    return f".{uri}" if uri.startswith("/") else uri


def file_uri(path: str) -> str:
    """The absolute `path` as a `file:` URI."""
    return "file://" + "".join(_encode(character) for character in "/" + path.lstrip("/"))


def _encode(character: str) -> str:
    if character in _UNRESERVED:
        return character
    if 0xDC80 <= ord(character) <= 0xDCFF:  # PEP 383: an undecodable byte
        return f"%{ord(character) - 0xDC00:02X}"
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))
