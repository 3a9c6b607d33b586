"""Chromium without a window, told what to do through its DevTools protocol, over a pipe.

The protocol: https://chromedevtools.github.io/devtools-protocol/, messages end with a zero byte.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import DEVNULL
from typing import Any, Self

import pytest

from tests.processes import begun

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --disable-dev-shm-usage --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--remote-debugging-pipe about:blank"
)
LONGEST = 120  # seconds for all that one browser is asked to do


def chromium() -> str | None:
    """The program, where it is installed."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Browser:
    """A browser of its own, with one page. `events` are what it has told, as (name, contents)."""

    def __init__(self, program: str):
        self._number, self._rest, self._session = 0, b"", ""
        self.events: list[tuple[str, dict[str, Any]]] = []
        with ExitStack() as kept:
            profile = kept.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
            theirs_in, self._out = os.pipe()
            self._in, theirs_out = os.pipe()
            line = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'  # it reads from 3, and writes to 4
            command = ["bash", "-c", line, "bash", program, *OPTIONS.split()]
            pipes = {"stdout": DEVNULL, "stderr": DEVNULL, "pass_fds": (theirs_in, theirs_out)}
            kept.enter_context(
                begun([*command, f"--user-data-dir={profile}"], limit=LONGEST, **pipes)
            )
            for theirs in (theirs_in, theirs_out):
                os.close(theirs)
            for ours in (self._in, self._out):
                kept.callback(os.close, ours)
            page = self.do("Target.createTarget", url="about:blank")["targetId"]
            attached = self.do("Target.attachToTarget", targetId=page, flatten=True)
            self._session = attached["sessionId"]
            for domain in ("Page", "Runtime", "Network", "Log"):
                self.do(f"{domain}.enable")
            self._kept = kept.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.close()

    def do(self, method: str, **given: Any) -> dict[str, Any]:
        """A command of the protocol, and what it returns."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": given}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == self._number:
                assert "error" not in told, f"{method}: {told['error']}"
                return told["result"]

    def show(self, width: int, scheme: str, media: str = "screen") -> None:
        """Has a window so wide, for a user who prefers a `light` or `dark` page, or a sheet for
        `print`."""
        screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        self.do("Emulation.setDeviceMetricsOverride", **screen)
        prefers = {"name": "prefers-color-scheme", "value": scheme}
        self.do("Emulation.setEmulatedMedia", media=media, features=[prefers])

    def open(self, file: Path, width: int, scheme: str) -> None:
        """Shows a file in a window so wide, to a user who prefers a `light` or `dark` page."""
        self.show(width, scheme)
        self.events.clear()
        self.do("Page.navigate", url=file.absolute().as_uri())
        while "Page.loadEventFired" not in [name for name, _ in self.events]:
            self._next()

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression on the page."""
        result = self.do("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def _next(self) -> dict[str, Any]:
        """The next message; an event is noted, too."""
        while b"\0" not in self._rest:
            part = os.read(self._in, 1 << 16)
            assert part, "the browser has ended"
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        told: dict[str, Any] = json.loads(message)
        if "method" in told:
            self.events.append((told["method"], told.get("params", {})))
        return told


@contextmanager
def installed_browser() -> Iterator[Browser]:
    """A browser for tests, which are skipped where none is installed, but in CI."""
    program = chromium()
    if program is None:
        message = "Chromium is not installed"
        assert not os.environ.get("CI"), message
        pytest.skip(message)
    with Browser(program) as started:
        yield started
