"""A real browser without a window, driven over its own debugging door: keys, pointer, pictures."""

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any

from websockets.sync.client import ClientConnection, connect

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


class Tab:
    """One page. `errors`: what its console and its scripts complained of."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._n = 0
        self.errors: list[str] = []
        self.asked: list[str] = []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> Any:
        """Ask the browser for something."""
        self._n += 1
        self._socket.send(json.dumps({"id": self._n, "method": method, "params": params}))
        while True:
            said = json.loads(self._socket.recv(timeout=60))
            if said.get("id") == self._n:
                assert "error" not in said, said
                return said["result"]
            self._heard(said)

    def open(
        self,
        path: Path,
        *,
        wide: int = 1280,
        high: int = 900,
        dark: bool = False,
        patience_s: float = 30,
    ) -> None:
        """Show a file, and wait until its script has drawn (`data-drawn` on the body)."""
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=scheme)
        size = {"width": wide, "height": high, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        self.call("Page.navigate", url=path.resolve().as_uri())
        for _ in range(int(patience_s * 20)):
            if self.ask("document.readyState === 'complete' && document.body.dataset.drawn"):
                return
            sleep(0.05)
        raise AssertionError(f"{path} was not drawn: {self.errors}")

    def ask(self, script: str) -> Any:
        """The value of an expression in the page."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def press(self, key: str, *, shift: bool = False) -> None:
        """Press a key and let it go."""
        text = {"text": key} if len(key) == 1 else {}
        for kind in ("keyDown", "keyUp"):
            more = text if kind == "keyDown" else {}
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, modifiers=8 if shift else 0, **more
            )

    def point(self, selector: str) -> None:
        """Move the pointer onto the first element of a selector that is in sight."""
        box = self.ask(
            f"(() => {{ const box = document.querySelector({json.dumps(selector)})"
            f".getBoundingClientRect();"
            f" return [box.left + box.width / 2, box.top + box.height / 2] }})()"
        )
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=box[0], y=box[1])

    def picture(self, path: Path) -> None:
        """Keep what is shown, the whole page, as a PNG file."""
        found = self.call("Page.captureScreenshot", captureBeyondViewport=False)
        path.write_bytes(base64.b64decode(found["data"]))

    def _heard(self, said: dict[str, Any]) -> None:
        method, params = said.get("method"), said.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.errors.append(str(params["exceptionDetails"]))
        elif method == "Log.entryAdded":
            self.errors.append(str(params["entry"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.errors.append(str(params["args"]))
        elif method == "Network.requestWillBeSent":
            self.asked.append(params["request"]["url"])


@contextmanager
def browser(profile: Path) -> Iterator[Tab]:
    """A browser with one empty tab; it ends with the block."""
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    command += ["--remote-debugging-port=0", "--remote-allow-origins=*", "--hide-scrollbars"]
    command += [f"--user-data-dir={profile}", "about:blank"]
    ended = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=ended, stderr=ended) as process:
        try:
            yield from _tab(profile)
        finally:
            process.terminate()
            process.wait(timeout=20)


def _link(address: str) -> ClientConnection:
    """Without a thread of its own that pings: it would draw from `random` while another test of
    this process does, or has Hypothesis watch that nobody does."""
    return connect(address, max_size=None, ping_interval=None)


def _tab(profile: Path) -> Iterator[Tab]:
    door = profile / "DevToolsActivePort"
    for _ in range(600):
        if door.exists() and len(door.read_text().splitlines()) == 2:
            break
        sleep(0.05)
    port, path = door.read_text().splitlines()
    with _link(f"ws://127.0.0.1:{port}{path}") as whole:
        whole.send(json.dumps({"id": 1, "method": "Target.getTargets"}))
        found = json.loads(whole.recv(timeout=20))["result"]["targetInfos"]
    target = next(each["targetId"] for each in found if each["type"] == "page")
    with _link(f"ws://127.0.0.1:{port}/devtools/page/{target}") as socket:
        yield Tab(socket)
