"""Real Chromium without a window, driven by its DevTools protocol."""

from __future__ import annotations

import base64
import http.client
import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PATIENCE_S = 30
_QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-extensions"
).split()
_COMPLAINTS = ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")


class Refused(AssertionError):
    """The browser did not do what it was asked."""


class Tab:
    """One page of the browser; `console` is everything that it complained of."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.console: list[str] = []

    def call(self, method: str, **parameters: Any) -> Any:
        """What the browser answers."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            told = json.loads(self._socket.recv(timeout=PATIENCE_S))
            if told.get("method") in _COMPLAINTS:
                self.console.append(json.dumps(told["params"]))
            if told.get("id") == number:
                if "error" in told:
                    raise Refused(told["error"]["message"])
                return told["result"]

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def press(self, key: str) -> None:
        """Press and release a key."""
        text = {"text": key} if len(key) == 1 else {"Enter": {"text": "\r"}}.get(key, {})
        code = {"Tab": 9, "Enter": 13, "Escape": 27}.get(key)
        codes = {"windowsVirtualKeyCode": code, "code": key} if code else {}
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, **codes, **(text if kind == "keyDown" else {}))

    def visit(self, address: str) -> None:
        """Show the page at `address`, and wait until it is whole."""
        self.call("Page.navigate", url=address)
        # A page that asks to be looked at again may still be the one before.
        self.wait(f"document.readyState === 'complete' && location.href === {json.dumps(address)}")

    def wait(self, expression: str) -> None:
        """Wait until the expression is true."""
        wait_for(lambda: self._holds(expression), expression)

    def _holds(self, expression: str) -> bool:
        try:
            return bool(self.evaluate(expression))
        except Refused:  # the page went away just now, and the next one is coming
            return False

    def shape(self, width: int, height: int, scheme: str = "light") -> None:
        """Be a screen of that size, of somebody who likes `light` or `dark` pages."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def photograph(self, path: Path) -> None:
        """Write what the screen shows as WebP."""
        shot = self.call("Page.captureScreenshot", format="webp", quality=80)["data"]
        path.write_bytes(base64.b64decode(shot))


@contextmanager
def open_tab(folder: Path) -> Iterator[Tab]:
    """A tab of a browser of its own, whose profile lies in `folder`; it ends with the block."""
    profile = folder / "profile"
    words = [str(BROWSER), *_QUIET, f"--user-data-dir={profile}", "--remote-debugging-port=0", "about:blank"]
    browser = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with connect(_address(profile / "DevToolsActivePort"), max_size=None) as socket:
            tab = Tab(socket)
            for domain in ("Page", "Log", "Runtime"):
                tab.call(f"{domain}.enable")
            yield tab
    finally:
        browser.kill()
        browser.wait()


def wait_for(condition: Callable[[], Any], what: str) -> None:
    """Wait until `condition` holds."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


def _address(port_file: Path) -> str:
    wait_for(lambda: port_file.is_file() and len(port_file.read_text().splitlines()) == 2, "the browser")
    connection = http.client.HTTPConnection("127.0.0.1", int(port_file.read_text().splitlines()[0]), timeout=10)
    connection.request("GET", "/json/list")
    pages = [target for target in json.loads(connection.getresponse().read()) if target["type"] == "page"]
    connection.close()
    return str(pages[0]["webSocketDebuggerUrl"])


COLOURS = """Array.from(document.querySelectorAll('body *'))
    .filter((node) => node.checkVisibility() && Array.from(node.childNodes).some((child) => child.nodeType === 3))
    .map((node) => {
        let behind = node;
        while (behind && getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
        return [getComputedStyle(node).color, getComputedStyle(behind || document.body).backgroundColor, node.tagName];
    })"""
"""The colours of each text and of what lies behind it."""


def contrast(first: str, second: str) -> float:
    """How far two colours stand apart (WCAG 2.2, 1.4.3)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
