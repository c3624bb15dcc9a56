"""The page: whole, closed, and readable by everybody."""

from __future__ import annotations

import base64
import hashlib
import re

import msgspec
from tests.unit.render.sample_reports import polluted_path, report

from muster.model.report import Acceptance
from muster.render.html import render_html
from muster.wiring import read_data

STYLE, SCRIPT = read_data("report.css"), read_data("report.js")


def test_the_policy_allows_our_style_and_script_only() -> None:
    page = render_html(report(), STYLE, SCRIPT)
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="(.*?)">', page)
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (STYLE, SCRIPT)]
    assert policy.replace("&#39;", "'") == (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert f"<style>{STYLE}</style>" in page
    assert f"<script>{SCRIPT}</script>" in page


def test_nothing_is_loaded() -> None:
    page = render_html(report(), STYLE, SCRIPT)
    assert re.findall(r"<(?:link|img|iframe|object|embed|source|video|audio|base)\b", page) == []
    assert re.findall(r"\b(?:src|srcset|style|on\w+)=", page) == []
    assert re.findall(r"url\(|@import|fetch\(|XMLHttpRequest|import\(", STYLE + SCRIPT) == []
    assert "</" not in STYLE + SCRIPT


def test_it_is_readable_in_light_and_dark_and_from_the_keyboard() -> None:
    page = render_html(report(), STYLE, SCRIPT)
    assert "color-scheme: light dark" in STYLE
    assert "prefers-color-scheme: dark" in STYLE
    assert ":focus-visible" in STYLE
    assert '<html lang="en">' in page
    assert '<a class="skip" href="#causes">' in page
    assert page.count('id="causes"') == 1
    assert 'aria-label="Filter causes and files"' in page
    assert page.count("<h1") == 1


def test_errors_are_open_and_what_is_accepted_stands_apart() -> None:
    accepted = msgspec.structs.replace(
        polluted_path(), accepted=Acceptance(reason="known since May", expires="2027-01-01")
    )
    page = render_html(report(causes=(polluted_path(), msgspec.structs.replace(accepted, id=2))), STYLE, SCRIPT)
    assert '<details data-row="" data-severity="error" id="cause-1" open="open">' in page
    assert '<details data-row="" data-severity="error" id="cause-2">' in page
    assert page.index("<h2>Accepted</h2>") < page.index("known since May")
    assert '<a href="#cause-1">1</a>' in page
