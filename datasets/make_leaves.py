"""Makes leaves/: small drawn pictures of fallen leaves, in a folder for each of five kinds.

    python datasets/make_leaves.py

Of each kind there are 24 pictures of 32 x 32 in `train` and 24 in `validation`, as PNG. A leaf lies
turned by any angle, a little off the middle, nearer or farther, in any colour of autumn, on ground
of any colour, in light that falls from one side and is more or less bright. Only the outline tells
what it is of. Needs Pillow: pip install 'nnctl[images]'
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

SIDE, SEED, FINER = 32, 20241027, 3  # pixels; and points along the side of one
PARTS = {"train": 24, "validation": 24}
STEP = 8  # between the levels of a channel, of which there are 32: less to store
Outline = Callable[[np.ndarray], np.ndarray]


def birch(angle: np.ndarray) -> np.ndarray:
    """An oval with a point and teeth."""
    return 0.66 + 0.24 * np.abs(np.cos(angle / 2)) ** 3 + 0.05 * np.sign(np.sin(11 * angle))


def ginkgo(angle: np.ndarray) -> np.ndarray:
    """A fan with a notch."""
    fan = np.clip((1.25 - np.abs(angle)) * 6, 0, 1)
    return 0.12 + 0.8 * fan - 0.35 * np.exp(-((angle / 0.12) ** 2))


def maple(angle: np.ndarray) -> np.ndarray:
    """Five points."""
    return 0.42 + 0.5 * np.abs(np.cos(2.5 * angle)) ** 4 * (0.75 + 0.25 * np.cos(angle))


def oak(angle: np.ndarray) -> np.ndarray:
    """Long, with round lobes on both sides."""
    oval = 0.5 / np.sqrt(np.cos(angle) ** 2 * 0.3 + np.sin(angle) ** 2)
    return oval * (1 - 0.22 * np.cos(8 * angle + np.pi))


def willow(angle: np.ndarray) -> np.ndarray:
    """Long and narrow."""
    return 0.2 / np.sqrt(np.cos(angle) ** 2 * 0.045 + np.sin(angle) ** 2)


KINDS: dict[str, Outline] = {
    "birch": birch,
    "ginkgo": ginkgo,
    "maple": maple,
    "oak": oak,
    "willow": willow,
}


def picture(outline: Outline, generator: np.random.Generator) -> np.ndarray:
    """A picture of a leaf, (side, side, 3), as bytes."""
    steps = (np.arange(SIDE * FINER) + 0.5) / (SIDE * FINER) * 2 - 1
    right, down = np.meshgrid(steps, steps)
    right, down = right - generator.uniform(-0.2, 0.2), down - generator.uniform(-0.2, 0.2)
    turn, size = generator.uniform(0, 2 * np.pi), generator.uniform(0.6, 0.95)
    along = (right * np.cos(turn) + down * np.sin(turn)) / size
    across = (down * np.cos(turn) - right * np.sin(turn)) / size
    far, angle = np.hypot(along, across), np.arctan2(across, along)
    leaf = (far < outline(angle)).astype(np.float64)
    stalk = (np.abs(across) < 0.05) & (along > -0.95) & (along < 0)
    vein = (np.abs(across) < 0.04) & (leaf > 0)
    colours = generator.uniform([150, 90, 20], [240, 210, 80])
    ground = generator.uniform(20, 100) + generator.uniform(-15, 15, 3)
    shade = np.maximum(leaf, stalk)[..., None]
    painted = ground + shade * (colours - ground) * (1 - 0.3 * vein[..., None])
    sun = generator.uniform(0, 2 * np.pi)
    light = generator.uniform(0.6, 1.15) + generator.uniform(0, 0.35) * (
        right * np.cos(sun) + down * np.sin(sun)
    )
    lit = (painted * light[..., None]).reshape(SIDE, FINER, SIDE, FINER, 3).mean((1, 3))
    grains = generator.normal(0, 7, lit.shape)
    return (np.clip((lit + grains) / STEP, 0, 255 // STEP).round() * STEP).astype(np.uint8)


def make(folder: Path) -> None:
    """Draws all pictures into a folder."""
    for part, count in PARTS.items():
        for number, (kind, outline) in enumerate(KINDS.items()):
            generator = np.random.default_rng([SEED, list(PARTS).index(part), number])
            own = folder / part / kind
            own.mkdir(parents=True, exist_ok=True)
            for index in range(count):
                image = Image.fromarray(picture(outline, generator))
                image.save(own / f"{kind}-{index + 1:02}.png", optimize=True)


if __name__ == "__main__":
    make(Path(__file__).with_name("leaves"))
