"""Tokens of the server: made, recognised, withdrawn.

    token  := "muster_" id "_" secret
    id     := 12 hexadecimal digits      finds the stored token; no secret
    secret := 43 characters of base64    32 random bytes

So much randomness cannot be guessed: a plain SHA-256 of it is as good at rest as a slow password hash, and pushes stay cheap.
"""

from __future__ import annotations

import hmac
import re
from hashlib import sha256
from typing import Literal

from muster.errors import UsageError
from muster.model.memory import StoredToken
from muster.ports import HistoryStore

TokenScope = Literal["read", "write"]

_TOKEN = re.compile(r"muster_(?P<id>[0-9a-f]{12})_[A-Za-z0-9_-]{43}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_NOBODY = sha256(b"").hexdigest()


def issue_token(store: HistoryStore, name: str, scope: TokenScope, presented: str, now: str) -> StoredToken:
    """The new token `name` for the fresh text `presented`, which is not kept. Raises `UsageError` for a name in use."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"a token is named with letters, digits, '.', '_' and '-', at most 64: '{name}'")
    if any(token.name == name for token in store.tokens()):
        raise UsageError(f"there is a token '{name}' already; `muster token revoke {name}` withdraws it")
    found = _TOKEN.fullmatch(presented)
    assert found is not None, "a new token that is none"
    token = StoredToken(id=found["id"], name=name, scope=scope, digest=_digest(presented), created_at=now)
    store.add_token(token)
    return token


def revoke_token(store: HistoryStore, name: str) -> None:
    """Withdraw the token `name`. Raises `UsageError` where there is none."""
    ids = [token.id for token in store.tokens() if token.name == name]
    if not ids:
        raise UsageError(f"there is no token '{name}'; `muster token list` names them")
    for id_ in ids:
        store.remove_token(id_)


def recognise_token(store: HistoryStore, presented: str) -> StoredToken | None:
    """The token that `presented` is, compared in the same time whether or how much of it is right."""
    found = _TOKEN.fullmatch(presented)
    if found is None:
        return None
    stored = store.token(found["id"])
    is_right = hmac.compare_digest(_digest(presented), stored.digest if stored else _NOBODY)
    return stored if is_right else None


def _digest(presented: str) -> str:
    return sha256(presented.encode()).hexdigest()
