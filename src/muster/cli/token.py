"""`muster token`: who may read a server that others can reach, and who may push to it."""

from __future__ import annotations

import secrets
import sys

from muster.render.escape import escape_text
from muster.usecases.tokens import issue_token, revoke_token
from muster.wiring import find_settings
from muster.wiring.memory import open_history
from muster.wiring.server import current_time


def add_token(root: str, name: str, *, write: bool) -> int:
    """Print a new token: this once, for only its digest is kept."""
    text = fresh_token()
    with open_history(find_settings(root)[0]) as store:
        issue_token(store, name, "write" if write else "read", text, current_time())
    print(text)
    print("muster: keep it now, it cannot be shown again", file=sys.stderr)
    return 0


def list_tokens(root: str) -> int:
    """Print the tokens by name, without what is secret of them."""
    with open_history(find_settings(root)[0]) as store:
        tokens = store.tokens()
    for token in tokens:
        print(f"{escape_text(token.name):<24} {token.scope:<5} {escape_text(token.created_at)}")
    return 0


def remove_token(root: str, name: str) -> int:
    """Withdraw a token: a server that runs refuses it from its next request on."""
    with open_history(find_settings(root)[0]) as store:
        revoke_token(store, name)
    return 0


def fresh_token() -> str:
    """A token that nobody has."""
    return f"muster_{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}"
