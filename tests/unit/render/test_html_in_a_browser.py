"""The HTML report in real Chromium, where there is one: what runs, what the keyboard does, what can be read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.browser import BROWSER, COLOURS, Tab, contrast, open_tab
from tests.unit.render.hostile import HOSTILE, hostile_report
from tests.unit.render.test_hostile_names import Page

from muster.render.html import render_html
from muster.wiring import read_data

TEXT = "".join(text for text in HOSTILE if len(text) < 1_000) + "<script>document.title='owned'</script>"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no chromium here: the HTML report was only read by Python's parser"),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return render_html(hostile_report(TEXT), read_data("report.css"), read_data("report.js"))


@pytest.fixture(scope="module")
def tab(page: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    folder = tmp_path_factory.mktemp("browser")
    (folder / "report.html").write_text(page, encoding="utf-8")
    with open_tab(folder) as tab:
        tab.visit((folder / "report.html").as_uri())
        yield tab


def test_nothing_runs_but_our_script(tab: Tab, page: str) -> None:
    """The document is the one that we wrote, element by element, and nobody has complained of anything refused."""
    shown, written = Page.of(tab.evaluate("document.documentElement.outerHTML")), Page.of(page)
    assert [name for name, _ in shown.elements] == [name for name, _ in written.elements]
    assert tab.evaluate("document.title").startswith("Muster: ")
    assert tab.evaluate("document.querySelector('form').hidden") is False
    assert tab.console == []


def test_it_is_filtered_from_the_keyboard(tab: Tab) -> None:
    assert tab.evaluate("document.querySelector('#shown').textContent") == ""
    tab.press("/")
    assert tab.evaluate("document.activeElement === document.querySelector('input[type=search]')")
    for key in "m402":
        tab.press(key)
    hidden = "Array.from(document.querySelectorAll('details'), (row) => row.hidden)"
    assert tab.evaluate(hidden) == [True, False, False]
    assert tab.evaluate("document.querySelector('#shown').textContent") == "2 of 5 shown"
    tab.press("Escape")
    assert tab.evaluate(hidden) == [False, False, False]
    tab.evaluate("document.querySelector('input[value=warning]').click()")
    assert tab.evaluate(hidden) == [False, True, True]
    tab.evaluate("document.querySelector('input[value=warning]').click()")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(tab: Tab, scheme: str) -> None:
    """A contrast of 4.5 to 1 at least, in either colours (WCAG 2.2, 1.4.3)."""
    tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    colours = tab.evaluate(COLOURS)
    pairs = {tuple(each) for each in colours}
    assert len(pairs) > 5
    assert [pair for pair in pairs if contrast(pair[0], pair[1]) < 4.5] == []
