"""Makes street-scenes.csv.gz: small drawn pictures of a street, with three labels.

    python datasets/make_street_scenes.py

Each of the 1,200 rows is a picture of 24 x 24 grey values from 0 to 99, `p0` to `p575` row by row,
and `car`, `bus`, `pedestrian` (0 or 1), each there independently of the others. Things differ in
size, place and grey and hide parts of each other, before houses and a road, with noise over all.
Lamp posts, as dark and upright as pedestrians, have no label.
"""

import csv
import gzip
import io
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np

ROWS, SIDE, SEED = 1200, 24, 20240609
BLACK, GLASS, WHITE = 0, 20, 99
Draw = Callable[[np.ndarray, np.random.Generator, int], None]


def car(picture: np.ndarray, generator: np.random.Generator, ground: int) -> None:
    """A low body with a cabin on it, and two wheels."""
    length, left = generator.integers(9, 13), generator.integers(0, 12)
    grey = generator.integers(80, 95)
    picture[ground - 4 : ground - 1, left : left + length] = grey
    picture[ground - 6 : ground - 4, left + 2 : left + length - 3] = grey
    picture[ground - 5, left + 3 : left + length - 4] = GLASS
    wheels(picture, ground, left, length)


def bus(picture: np.ndarray, generator: np.random.Generator, ground: int) -> None:
    """A high box with a row of windows, and two wheels."""
    length, left = generator.integers(12, 17), generator.integers(0, 8)
    height, grey = generator.integers(8, 11), generator.integers(70, 85)
    picture[ground - height : ground - 1, left : left + length] = grey
    windows = picture[ground - height + 1 : ground - height + 4, left + 1 : left + length - 1]
    windows[:, np.arange(windows.shape[1]) % 4 < 3] = GLASS
    wheels(picture, ground, left, length)


def pedestrian(picture: np.ndarray, generator: np.random.Generator, ground: int) -> None:
    """A head, a body and two legs, upright."""
    height, left = generator.integers(7, 10), generator.integers(1, 20)
    grey = generator.integers(5, 20)
    picture[ground - height : ground - height + 2, left + 1] = grey
    picture[ground - height + 2 : ground - 3, left : left + 3] = grey
    picture[ground - 3 : ground, [left, left + 2]] = grey


def lamp(picture: np.ndarray, generator: np.random.Generator, ground: int) -> None:
    """A post with an arm: in no label."""
    left, grey = generator.integers(1, 20), generator.integers(5, 20)
    picture[ground - 11 : ground, left] = grey
    picture[ground - 11, left : left + 3] = grey


def wheels(picture: np.ndarray, ground: int, left: int, length: int) -> None:
    for axle in (left + 1, left + length - 3):
        picture[ground - 2 : ground, axle : axle + 2] = BLACK


# How often each is there; what is drawn later hides what was drawn before.
CHANCES: dict[Draw, float] = {bus: 0.4, car: 0.5, lamp: 0.4, pedestrian: 0.5}
LABELLED = (car, bus, pedestrian)


def scene(generator: np.random.Generator, present: Collection[Draw]) -> np.ndarray:
    """A picture of what is present: `(24, 24)` whole numbers."""
    kerb = generator.integers(11, 16)
    picture = np.full((SIDE, SIDE), float(generator.integers(50, 65)))
    picture[kerb:] = generator.integers(35, 50)
    for draw in CHANCES:
        if draw in present:
            draw(picture, generator, int(generator.integers(kerb + 2, SIDE + 1)))
    return np.clip(generator.normal(picture, 6), BLACK, WHITE).round().astype(int)


def main() -> None:
    generator = np.random.default_rng(SEED)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*(f"p{k}" for k in range(SIDE * SIDE)), *(draw.__name__ for draw in LABELLED)])
    for _ in range(ROWS):
        present = [draw for draw, chance in CHANCES.items() if generator.random() < chance]
        labels = [int(draw in present) for draw in LABELLED]
        writer.writerow([*scene(generator, present).reshape(-1).tolist(), *labels])
    path = Path(__file__).with_name("street-scenes.csv.gz")
    path.write_bytes(gzip.compress(text.getvalue().encode("ascii"), mtime=0))


if __name__ == "__main__":
    main()
