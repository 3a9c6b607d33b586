"""Makes street-measurements.csv: synthetic measurements of street pictures, for three labels.

    python datasets/make_street_measurements.py

Each of the 900 rows is a made-up picture in which there may be a car, a bus and a pedestrian, each
independently of the others. What a simple detector would measure in it follows from what is there:
wheels and windows come from cars and buses, tall boxes from buses, upright shapes and slow movement
from pedestrians, all with noise, so that no measurement decides a label alone.
"""

import csv
from pathlib import Path

import numpy as np

ROWS, SEED = 900, 20240607
LABELS = ("car", "bus", "pedestrian")
CHANCES = (0.55, 0.25, 0.45)
# What one car, one bus, one pedestrian add to each measurement, and the noise on it.
MEASUREMENTS = {
    "wheels": ((3.5, 4.5, 0.2), 1.2),
    "windows": ((4.0, 11.0, 0.1), 2.0),
    "box_height": ((1.5, 3.1, 1.7), 0.5),
    "box_width": ((4.3, 11.5, 0.6), 1.6),
    "upright_shapes": ((0.3, 0.6, 1.9), 0.5),
    "fast_movement": ((6.0, 3.5, 0.3), 1.8),
    "slow_movement": ((0.8, 1.6, 3.2), 1.0),
    "metal_share": ((0.30, 0.45, 0.02), 0.10),
}


def main() -> None:
    generator = np.random.default_rng(SEED)
    present = generator.random((ROWS, len(LABELS))) < CHANCES
    columns = []
    for amounts, noise in MEASUREMENTS.values():
        # Two things in one picture hide a part of each other.
        seen = present * generator.uniform(0.7, 1.2, present.shape)
        columns.append(seen @ np.array(amounts) + generator.normal(0, noise, ROWS))
    path = Path(__file__).with_name("street-measurements.csv")
    with path.open("w", newline="", encoding="ascii") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*MEASUREMENTS, *LABELS])
        for measured, labels in zip(np.array(columns).T, present.astype(int), strict=True):
            writer.writerow([*(f"{value:.3f}" for value in measured), *labels])


if __name__ == "__main__":
    main()
