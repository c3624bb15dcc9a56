"""A page of HTML that loads nothing: its style and script are in it, and its policy allows them by their hashes alone."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable

from muster.render.markup import Child, Markup, element


def standalone_page(title: str, body: Iterable[Child], style: str, script: str) -> str:
    """The whole document; `style` and `script` are files of ours, `title` and `body` may hold anything."""
    policy = (
        f"default-src 'none'; style-src '{_hash_of(style)}'; script-src '{_hash_of(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    head = element(
        "head",
        {},
        element("meta", {"charset": "utf-8"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": policy}),
        element("meta", {"name": "referrer", "content": "no-referrer"}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("title", {}, title),
        element("style", {}, Markup(style)),
    )
    whole = element("html", {"lang": "en"}, head, element("body", {}, *body, element("script", {}, Markup(script))))
    return f"<!doctype html>\n{whole.source}\n"


def _hash_of(source: str) -> str:
    """How a policy names an inline style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
