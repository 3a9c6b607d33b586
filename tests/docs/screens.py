"""`python -m tests.docs.screens` opens pages that nnctl writes, and takes pictures of them."""

import base64
import io
import tempfile
from pathlib import Path

from PIL import Image

from nnctl.jobs.playground import playground
from tests.docs.pages import ROOT
from tests.docs.pictures import PICTURES
from tests.report.browser import Browser, chromium

WIDTH, HEIGHT = 1180, 1060
COLORS = 96  # which halves the file, and cannot be seen
PLAYGROUND = PICTURES / "playground.png"


def picture_of_playground(browser: Browser, folder: Path) -> bytes:
    """The upper part of the page of the two moons, as PNG."""
    page = playground([ROOT / "configs/moons.yaml"], output=folder / "moons.html").path
    browser.open(page, WIDTH, "light")
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT, "scale": 1}
    shot = browser.do("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
    small = io.BytesIO()
    taken = Image.open(io.BytesIO(base64.b64decode(shot["data"])))
    taken.convert("RGB").quantize(COLORS).save(small, "png", optimize=True)
    return small.getvalue()


if __name__ == "__main__":
    program = chromium()
    assert program is not None, "Chromium is not installed"
    with tempfile.TemporaryDirectory() as place, Browser(program) as started:
        PLAYGROUND.write_bytes(picture_of_playground(started, Path(place)))
