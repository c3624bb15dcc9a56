"""The dashboard of a real server in real Chromium, where there is one: it loads, draws, filters, and complains of nothing.

`MUSTER_SCREENSHOTS=DIR` keeps what the pages looked like.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.history.web.demo_memory import remember_demo
from tests.history.web.scene import BROKEN_RECORD, scene
from tests.support.browser import BROWSER, COLOURS, Tab, contrast, open_tab
from tests.support.golden_path import copy_example
from tests.support.remembered import leave_records

from muster.adapters.history.database import sqlite_url
from muster.adapters.history.store import DatabaseHistory
from muster.cli.main import run
from muster.wiring.memory import take_in_waiting

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no chromium here: the dashboard was only read by Python's parser"),
]
PAGES = {
    "overview": "/?project=shop",
    "demo-overview": "/?project=demo",
    "demo-causes": "/causes?project=demo&category=all",
    "causes": "/causes?project=shop",
    "cause": "/cause?project=shop&fingerprint=polluted",
    "file": f"/file?id={BROKEN_RECORD}&path=tests/mission_critical/test_vpc.py",
    "run": f"/run?id={BROKEN_RECORD}",
    "runs": "/runs",
    "changes": "/changes",
}
GOLDEN_COMMANDS = ("check", "run --collect-only", "probe --no-alone")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`muster serve` as a process, over what the commands recorded of the demo and of the golden path, and the scene."""
    folder = tmp_path_factory.mktemp("server") / "demo"
    with pytest.MonkeyPatch.context() as patch:
        assert run(["demo", str(folder)]) == 0
        patch.chdir(folder)
        patch.setenv("MUSTER_HISTORY", "on")
        remember_demo(folder)
    (folder / ".muster").mkdir(exist_ok=True)
    memory = DatabaseHistory(sqlite_url(str(folder / ".muster/history.db")))
    for each in scene():
        memory.add(each)
    golden = copy_example(tmp_path_factory.mktemp("golden"))
    leave_records(golden, *(f"{command} -c mission_critical" for command in GOLDEN_COMMANDS))
    assert len(take_in_waiting(str(golden), memory).records) == len(GOLDEN_COMMANDS)
    memory.close()
    words = [sys.executable, "-m", "muster", "serve", "--port", "0"]
    server = subprocess.Popen(words, cwd=folder, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr is not None
        told = server.stderr.readline()
        found = re.search(r"http://\S+(?=/)", told)
        assert found is not None, told
        yield found[0]
    finally:
        server.terminate()
        server.communicate(timeout=30)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with open_tab(tmp_path_factory.mktemp("browser")) as tab:
        yield tab


@pytest.fixture
def tab(browser: Tab) -> Iterator[Tab]:
    """The browser, which must have nothing to complain of in the end."""
    browser.shape(1200, 900)
    browser.console.clear()
    yield browser
    assert browser.console == []


@pytest.fixture(scope="module")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(os.environ.get("MUSTER_SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


INK = """Array.from(document.querySelectorAll('.chart canvas'), (canvas) => {
    const dots = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    let drawn = 0;
    for (let i = 3; i < dots.length; i += 4) drawn += dots[i] > 0;
    return drawn;
})"""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_and_can_be_read(tab: Tab, address: str, screenshots: Path, name: str) -> None:
    """In both colours, on a desk and on a phone: every text stands out, and nothing but tables is wider than the screen."""
    for scheme, width in (("light", 1200), ("dark", 390)):
        tab.shape(width, 900, scheme)
        tab.visit(address + PAGES[name])
        assert tab.evaluate("document.querySelector('h1').textContent.length") > 3
        pairs = {tuple(each) for each in tab.evaluate(COLOURS)}
        assert len(pairs) > 3
        assert [pair for pair in pairs if contrast(pair[0], pair[1]) < 4.5] == []
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        tab.photograph(screenshots / f"{name}-{scheme}.webp")


def test_trend_lines_are_drawn(tab: Tab, address: str) -> None:
    """One chart for each category, and in each its lines, whether or not it was measured."""
    tab.visit(f"{address}/")
    tab.wait("document.querySelectorAll('.chart canvas').length === 6")
    assert min(tab.evaluate(INK)) > 500
    assert tab.evaluate("Array.from(document.querySelectorAll('.u-legend')).every((l) => /budget/.test(l.textContent))")
    assert tab.evaluate("getComputedStyle(document.querySelector('.u-wrap')).position") == "relative"


def test_the_import_time_of_a_run_is_drawn_to_scale(tab: Tab, address: str) -> None:
    tab.visit(address + PAGES["run"])
    boxes = tab.evaluate(
        "Array.from(document.querySelectorAll('.icicle rect'), (r) => { const b = r.getBoundingClientRect(); "
        "return [r.parentElement.querySelector('title').textContent.split(':')[0], b.width, b.top]; })"
    )
    widths = {name: width for name, width, _ in boxes}
    tops = {name: top for name, _, top in boxes}
    assert widths["agents"] / widths["pandas"] == pytest.approx(3.0 / 2.1, rel=0.02)
    assert tops["agents"] < tops["pandas"] < tops["numpy"]


def test_a_filter_changes_the_page_in_place(tab: Tab, address: str) -> None:
    """No page is loaded anew; the address can be kept; charts are drawn again; and going back shows all."""
    tab.visit(f"{address}/?project=shop")
    tab.evaluate("window.isTheSame = true")
    tab.evaluate(
        "(() => { const s = document.querySelector('select[name=category]'); s.value = 'unit'; "
        "s.dispatchEvent(new Event('change', {bubbles: true})); })()"
    )
    tab.wait("document.querySelectorAll('.card').length === 1 && !!document.querySelector('.chart canvas')")
    assert tab.evaluate("window.isTheSame") is True
    assert "category=unit" in tab.evaluate("location.search")
    assert "mission_critical" not in tab.evaluate("document.querySelector('main').textContent")
    assert min(tab.evaluate(INK)) > 500
    tab.evaluate("history.back()")
    tab.wait("document.querySelectorAll('.card').length === 2")


def test_one_finds_out_what_blocks_the_demo(tab: Tab, address: str, screenshots: Path) -> None:
    """From the overview by its links to the cause, its proved fix, the blocked file, and how its import resolves."""
    tab.visit(f"{address}/?project=demo")
    click(tab, "blocked (")
    tab.wait("document.querySelector('h1').textContent === 'Open root causes'")
    assert tab.evaluate("document.querySelectorAll('.diff .come').length") > 3
    click(tab, "M105")
    tab.wait("document.querySelector('h1').textContent.startsWith('M105')")
    tab.photograph(screenshots / "demo-cause-light.webp")
    assert "sys.path.insert" in tab.evaluate("document.querySelector('main').textContent")
    click(tab, "test_connectivity.py")
    tab.wait("document.querySelector('h1').textContent.includes('test_connectivity.py')")
    tab.photograph(screenshots / "demo-file-light.webp")
    assert tab.evaluate("document.querySelectorAll('details ol li').length") > 1


@pytest.mark.parametrize("project", ["demo", "golden_path"])
def test_the_import_time_of_a_project_is_drawn(tab: Tab, address: str, screenshots: Path, project: str) -> None:
    """Of the run that `muster probe` recorded."""
    tab.visit(f"{address}/runs?project={project}")
    rows = "Array.from(document.querySelectorAll('tbody tr'))"
    tab.evaluate(f"{rows}.find((row) => row.cells[1].textContent.trim() === 'probe').querySelector('a').click()")
    tab.wait("document.querySelectorAll('.icicle rect').length > 1")
    tab.evaluate("document.querySelector('.icicle').scrollIntoView()")
    tab.photograph(screenshots / f"{project}-run-light.webp")


def test_the_golden_path_on_a_phone(tab: Tab, address: str, screenshots: Path) -> None:
    """Its release category is healthy, and was measured."""
    tab.shape(390, 900, "dark")
    tab.visit(f"{address}/?project=golden_path")
    tab.wait("document.querySelectorAll('.chart canvas').length === 1")
    tab.photograph(screenshots / "golden_path-overview-dark.webp")
    assert "healthy" in tab.evaluate("document.querySelector('main').textContent")


def click(tab: Tab, text: str) -> None:
    """Follow the first link in the page with the text."""
    links = "Array.from(document.querySelectorAll('main a'))"
    tab.evaluate(f"{links}.find((link) => link.textContent.includes({json.dumps(text)})).click()")


def test_it_is_used_from_the_keyboard(tab: Tab, address: str) -> None:
    """The first stop leads past the navigation; then come the pages by name; each stop can be seen."""
    tab.visit(f"{address}/")
    stops = []
    for _ in range(6):
        tab.press("Tab")
        stops.append(tab.evaluate("document.activeElement.textContent.trim()"))
        assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert stops == ["Skip to the content", "Muster", "Overview", "Causes", "Tests lost and gained", "Runs"]
    tab.press("Enter")
    tab.wait("document.querySelector('h1').textContent === 'Runs' && document.readyState === 'complete'")


def test_what_a_screen_reader_gets(tab: Tab, address: str) -> None:
    """Charts are tables there; every control and region has a name."""
    tab.visit(f"{address}/")
    nodes = tab.call("Accessibility.getFullAXTree")["nodes"]
    roles = {
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node.get("ignored") and "role" in node
    }
    assert ("main", "") in roles
    assert ("navigation", "Pages") in roles
    assert {name for role, name in roles if role == "combobox"} == {"Project", "Category"}
    assert not [role for role, _ in roles if role in ("Canvas", "img")]
    assert ("table", "Where each category stands") in roles
    assert not [each for each in roles if each[0] in ("button", "link", "region", "combobox") and not each[1]]
