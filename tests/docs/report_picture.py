"""`python -m tests.docs.report_picture` draws the picture of a report anew, with Chromium."""

import base64
import io
import tempfile
from pathlib import Path

import numpy as np
from matplotlib.image import imread

from nnctl.jobs.report import report
from nnctl.jobs.train import train
from nnctl.report.png import data_uri
from tests.docs.pages import ROOT
from tests.docs.pictures import PICTURES
from tests.report.browser import Browser, chromium

PICTURE = PICTURES / "report.png"
WIDTH, HEIGHT = 1000, 1690


def draw_report() -> bytes:
    """The top of the report on a run, as a PNG file."""
    program = chromium()
    assert program is not None, "Chromium is not installed"
    with tempfile.TemporaryDirectory() as name, Browser(program) as browser:
        folder = Path(name)
        run = train(ROOT / "configs" / "moons.yaml", output=folder / "moons").folder
        browser.do("Emulation.setScrollbarsHidden", hidden=True)
        browser.open(report([run]).path, WIDTH, "light")
        part = {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT, "scale": 1}
        screen = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        browser.do("Emulation.setDeviceMetricsOverride", **screen)
        found = browser.do("Page.captureScreenshot", format="png", clip=part)
    return with_few_colours(base64.b64decode(found["data"]))


def with_few_colours(file: bytes) -> bytes:
    """A PNG file with sixteen steps a colour, which takes less room and looks the same."""
    pixels = imread(io.BytesIO(file))[..., :3]
    steps = np.rint(pixels * 15).astype(np.uint8) * 17
    return base64.b64decode(data_uri(steps).partition(",")[2])


if __name__ == "__main__":
    PICTURE.write_bytes(draw_report())
    print("wrote", PICTURE.name, f"{PICTURE.stat().st_size / 1000:.0f} kB")
