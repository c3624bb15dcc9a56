"""JSON Web Tokens: who is asking, and until when."""

from __future__ import annotations

import time
from dataclasses import dataclass

import jwt

from chat.refusal import Refusal

ALGORITHM = "HS256"
AUDIENCE = "golden-path-chat"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid token says; `expires_at` is in seconds since the epoch."""

    user_id: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class Tokens:
    """Issues and reads the tokens of one server."""

    secret: str
    lifetime_s: int

    def issue(self, user_id: str, now: float | None = None) -> str:
        issued = int(time.time() if now is None else now)
        claims = {"sub": user_id, "aud": AUDIENCE, "iat": issued, "exp": issued + self.lifetime_s}
        return jwt.encode(claims, self.secret, algorithm=ALGORITHM)

    def read(self, token: object) -> Claims:
        """What `token` claims; raises `Refusal` unless this server issued it and it has not expired."""
        if not isinstance(token, str):
            raise Refusal("token_missing", "'token' must be the text that login returned", 401)
        try:
            # The algorithm is ours to choose, never the token's: a token that says `none` is not accepted.
            claims = jwt.decode(
                token,
                self.secret,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                options={"require": ["sub", "exp", "iat", "aud"]},
            )
        except jwt.ExpiredSignatureError:
            raise expired() from None
        # A token may also hold text that cannot be encoded, or JSON that nests without end.
        except (jwt.InvalidTokenError, ValueError, RecursionError):
            raise Refusal("token_invalid", "this token was not issued here, or was changed since", 401) from None
        return Claims(user_id=claims["sub"], expires_at=float(claims["exp"]))


def expired() -> Refusal:
    return Refusal("token_expired", "this token has expired: log in again", 401)
