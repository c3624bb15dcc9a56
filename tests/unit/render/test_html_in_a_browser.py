"""The HTML report in real Chromium, where there is one: what runs, what the keyboard does, what can be read."""

from __future__ import annotations

import http.client
import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.render.hostile import HOSTILE, hostile_report
from tests.unit.render.test_hostile_names import Page
from websockets.sync.client import ClientConnection, connect

from muster.render.html import render_html
from muster.wiring import read_data

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
TEXT = "".join(text for text in HOSTILE if len(text) < 1_000) + "<script>document.title='owned'</script>"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no chromium here: the HTML report was only read by Python's parser"),
]


class Tab:
    """One page of the browser, by its DevTools protocol."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.console: list[str] = []

    def call(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            told = json.loads(self._socket.recv(timeout=30))
            if told.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown"):
                self.console.append(json.dumps(told["params"]))
            if told.get("id") == number:
                assert "error" not in told, told
                return told["result"]

    def evaluate(self, expression: str) -> Any:
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def press(self, key: str) -> None:
        text = {"text": key} if len(key) == 1 else {}
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, **(text if kind == "keyDown" else {}))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return render_html(hostile_report(TEXT), read_data("report.css"), read_data("report.js"))


@pytest.fixture(scope="module")
def tab(page: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    folder = tmp_path_factory.mktemp("browser")
    (folder / "report.html").write_text(page, encoding="utf-8")
    profile = folder / "profile"
    words = [
        str(BROWSER),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        f"--user-data-dir={profile}",
    ]
    browser = subprocess.Popen(
        [*words, "--remote-debugging-port=0", "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        with connect(_address(profile / "DevToolsActivePort"), max_size=None) as socket:
            tab = Tab(socket)
            tab.call("Page.enable")
            tab.call("Log.enable")
            tab.call("Runtime.enable")
            tab.call("Page.navigate", url=(folder / "report.html").as_uri())
            _wait(
                lambda: (
                    tab.evaluate("document.readyState") == "complete" and tab.evaluate("!!document.querySelector('h1')")
                )
            )
            yield tab
    finally:
        browser.kill()
        browser.wait()


def _address(port_file: Path) -> str:
    _wait(lambda: port_file.is_file() and len(port_file.read_text().splitlines()) == 2)
    connection = http.client.HTTPConnection("127.0.0.1", int(port_file.read_text().splitlines()[0]), timeout=10)
    connection.request("GET", "/json/list")
    pages = [target for target in json.loads(connection.getresponse().read()) if target["type"] == "page"]
    connection.close()
    return str(pages[0]["webSocketDebuggerUrl"])


def _wait(condition: Any) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "the browser did not come up"
        time.sleep(0.05)


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
    colours = tab.evaluate(
        """Array.from(document.querySelectorAll('body *'))
        .filter((node) => node.checkVisibility() && Array.from(node.childNodes).some((child) => child.nodeType === 3))
        .map((node) => {
            let behind = node;
            while (behind && getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
            return [getComputedStyle(node).color, getComputedStyle(behind || document.body).backgroundColor, node.tagName];
        })"""
    )
    pairs = {tuple(each) for each in colours}
    assert len(pairs) > 5
    assert [pair for pair in pairs if _contrast(pair[0], pair[1]) < 4.5] == []


def _contrast(first: str, second: str) -> float:
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
