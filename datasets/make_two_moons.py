"""Makes two-moons.csv: points of two half circles that reach into each other.

    python datasets/make_two_moons.py

Each of the 200 rows is a point, `x1` and `x2`, and the `moon` that it belongs to, `upper` or
`lower`, with some noise. No straight line parts the two.
"""

import csv
from pathlib import Path

import numpy as np

ROWS, NOISE, SEED = 200, 0.15, 20240611


def main() -> None:
    generator = np.random.default_rng(SEED)
    lower = generator.random(ROWS) < 0.5
    angle = generator.uniform(0, np.pi, ROWS)
    x1 = np.where(lower, 1 - np.cos(angle), np.cos(angle))
    x2 = np.where(lower, 0.5 - np.sin(angle), np.sin(angle))
    points = generator.normal(np.stack([x1, x2], axis=1), NOISE)
    with Path(__file__).with_name("two-moons.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["x1", "x2", "moon"])
        for (a, b), is_lower in zip(points, lower, strict=True):
            writer.writerow([f"{a:.3f}", f"{b:.3f}", "lower" if is_lower else "upper"])


if __name__ == "__main__":
    main()
