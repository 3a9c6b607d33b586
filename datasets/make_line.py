"""Makes line.csv: points near the line y = 1.5 x + 2, to fit two parameters to.

    python datasets/make_line.py

Each of the 40 rows is `x`, from 0 to 4, and `y`, with some noise.
"""

import csv
from pathlib import Path

import numpy as np

ROWS, SLOPE, START, NOISE, SEED = 40, 1.5, 2.0, 0.4, 20240613


def main() -> None:
    generator = np.random.default_rng(SEED)
    x = generator.uniform(0, 4, ROWS)
    y = generator.normal(SLOPE * x + START, NOISE)
    with Path(__file__).with_name("line.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["x", "y"])
        writer.writerows([f"{a:.3f}", f"{b:.3f}"] for a, b in zip(x, y, strict=True))


if __name__ == "__main__":
    main()
