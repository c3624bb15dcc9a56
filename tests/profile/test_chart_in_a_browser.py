"""The chart of a profile in real Chromium, where there is one."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.profile.test_charts import REPORT, ROOT
from tests.support.browser import BROWSER, open_tab

from muster.render.flame import render_flame
from muster.wiring import read_data

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no chromium here: the chart was only read by Python's parser"),
]


def test_a_bar_is_shown_at_full_width_and_nothing_else_runs(tmp_path: Path) -> None:
    page = tmp_path / "profile.html"
    page.write_text(render_flame(ROOT, REPORT, read_data("flame.css"), read_data("flame.js")), encoding="utf-8")
    widths = "Array.from(document.querySelectorAll('g'), (bar) => bar.style.display ? 0 : +bar.querySelector('rect').getAttribute('width'))"
    with open_tab(tmp_path) as tab:
        tab.visit(page.as_uri())
        assert tab.evaluate(widths) == [1200, 450, 300]
        tab.evaluate("document.querySelectorAll('g')[2].dispatchEvent(new MouseEvent('click', {bubbles: true}))")
        assert tab.evaluate(widths) == [1200, 1200, 1200]
        tab.evaluate("document.querySelectorAll('g')[0].dispatchEvent(new MouseEvent('click', {bubbles: true}))")
        assert tab.evaluate(widths) == [1200, 450, 300]
        assert tab.evaluate("document.title").startswith("Muster profile: ")
        assert tab.console == []
