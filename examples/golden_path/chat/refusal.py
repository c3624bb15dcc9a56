"""What the server says when it will not do something: the same code and words over HTTP and over the WebSocket."""

from __future__ import annotations

UNAUTHENTICATED_CLOSE_CODE = 4401


class Refusal(Exception):
    """A request that is turned down; `code` is for programs, `message` for people."""

    def __init__(self, code: str, message: str, http_status: int = 422) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.http_status = http_status

    def as_json(self) -> dict[str, object]:
        return {"code": self.code, "message": self.message}


def storage_unavailable() -> Refusal:
    return Refusal("storage_unavailable", "the database does not answer: try again later", 503)


def checked_text(value: object, name: str, most: int, least: int = 1) -> str:
    """`value` as text that every database can hold, of `least` to `most` characters; raises `Refusal`."""
    if not isinstance(value, str):
        raise Refusal(f"{name}_missing" if value is None else f"{name}_invalid", f"'{name}' must be a text")
    if not least <= len(value) <= most:
        raise Refusal(f"{name}_invalid", f"'{name}' must have {least} to {most} characters, not {len(value)}")
    # JSON can spell half of a surrogate pair, which is no Unicode text, and PostgreSQL stores no NUL.
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise Refusal(f"{name}_invalid", f"'{name}' holds characters that are not text")
    return value
