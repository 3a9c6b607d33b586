"""Makes spirals.csv: points of three arms that wind around each other.

    python datasets/make_spirals.py

Each of the 240 rows is a point, `x1` and `x2`, and its `arm`, `a`, `b` or `c`, with some noise.
"""

import csv
from pathlib import Path

import numpy as np

ROWS, TURNS, NOISE, SEED = 240, 0.85, 0.03, 20240612
ARMS = "abc"


def main() -> None:
    generator = np.random.default_rng(SEED)
    arm = generator.integers(0, len(ARMS), ROWS)
    radius = np.sqrt(generator.uniform(0.02, 1, ROWS))
    angle = 2 * np.pi * (TURNS * radius + arm / len(ARMS))
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    points = generator.normal(points, NOISE)
    with Path(__file__).with_name("spirals.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["x1", "x2", "arm"])
        for (a, b), own in zip(points, arm, strict=True):
            writer.writerow([f"{a:.3f}", f"{b:.3f}", ARMS[own]])


if __name__ == "__main__":
    main()
