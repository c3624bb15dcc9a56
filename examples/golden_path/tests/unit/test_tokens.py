"""Tokens: whom they admit, and whom they do not."""

from __future__ import annotations

import json
import time

import jwt
import pytest

from chat.refusal import Refusal
from chat.tokens import Tokens

SECRET = "a secret of thirty-two bytes or more"
TOKENS = Tokens(SECRET, 60)
NOW = int(time.time())
CLAIMS = {"sub": "ada", "aud": "golden-path-chat", "iat": NOW, "exp": NOW + 60}


def test_a_token_says_who_and_until_when() -> None:
    claims = TOKENS.read(TOKENS.issue("ada", now=NOW))
    assert (claims.user_id, claims.expires_at) == ("ada", NOW + 60)


def test_an_old_token_has_expired() -> None:
    with pytest.raises(Refusal) as refused:
        TOKENS.read(TOKENS.issue("ada", now=NOW - 61))
    assert refused.value.code == "token_expired"


@pytest.mark.parametrize("claim", ["sub", "aud", "iat", "exp"])
def test_a_token_that_leaves_a_claim_out_is_refused(claim: str) -> None:
    token = jwt.encode({name: value for name, value in CLAIMS.items() if name != claim}, SECRET, algorithm="HS256")
    with pytest.raises(Refusal) as refused:
        TOKENS.read(token)
    assert refused.value.code == "token_invalid"


@pytest.mark.parametrize("change", [{"aud": "another-product"}, {"iat": NOW + 600}, {"exp": "tomorrow"}, {"sub": 5}])
def test_a_token_with_a_wrong_claim_is_refused(change: dict[str, object]) -> None:
    # Written by hand: the library does not issue all of these.
    token = jwt.api_jws.encode(json.dumps({**CLAIMS, **change}).encode(), SECRET, algorithm="HS256")
    with pytest.raises(Refusal) as refused:
        TOKENS.read(token)
    assert refused.value.code == "token_invalid"


def test_an_unsigned_token_is_refused() -> None:
    with pytest.raises(Refusal):
        TOKENS.read(jwt.encode(CLAIMS, None, algorithm="none"))


@pytest.mark.parametrize("token", [None, 5, "", "a.b.c", "\ud800.x.y", "é" * 50, "." * 5_000])
def test_what_is_no_token_is_refused(token: object) -> None:
    with pytest.raises(Refusal) as refused:
        TOKENS.read(token)
    assert refused.value.http_status == 401
