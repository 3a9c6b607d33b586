"""Makes heartbeats.csv.gz: synthetic electrocardiograms of one heartbeat each, normal or not.

    python datasets/make_heartbeats.py

Each of the 900 rows is one beat, `t0` to `t99` in millivolts, and `abnormal` (0 or 1).

The model is that of P. E. McSharry, G. D. Clifford, L. Tarassenko and L. A. Smith, "A dynamical
model for generating synthetic electrocardiogram signals", IEEE Trans. Biomed. Eng. 50(3), 2003,
pp. 289-294. While an angle goes once around the circle, five events at angles `theta` push the
signal up or down: `dz/dt = -sum(a d exp(-d² / 2b²))`, with `d` the angle since the event. At a
steady pace and without the paper's slow pull back to the baseline this has the solution used here,
a sum of Gaussians of widths `b` and heights proportional to `a b²`, with R scaled to one millivolt.

An abnormal beat has one of four changes as cardiologists describe them: a ventricular beat (no P,
wide QRS, T upside down), a raised or lowered stretch between S and T, T upside down, or no P. How
marked it is varies, and so do heights, times, widths, baseline and noise of every beat, so that
faint changes cannot be told from a normal beat.
"""

import csv
import gzip
import io
from pathlib import Path

import numpy as np

ROWS, VALUES, SEED = 900, 100, 20240608
P, Q, R, S, T, ST = range(6)
# Table I of the paper for P, Q, R, S, T; ST is the stretch between the last two, flat as a rule.
ANGLES = np.array([-1 / 3, -1 / 12, 0, 1 / 12, 1 / 2, 1 / 4]) * np.pi
WIDTHS = np.array([0.25, 0.1, 0.1, 0.1, 0.4, 0.25])
PUSHES = np.array([1.2, -5, 30, -7.5, 0.75, 0])
HEIGHTS = PUSHES * WIDTHS**2 / (PUSHES[R] * WIDTHS[R] ** 2)


def beat(generator: np.random.Generator, abnormal: bool) -> np.ndarray:
    """One beat in millivolts, R somewhat before the middle."""
    heights = HEIGHTS * generator.lognormal(0, 0.15, len(HEIGHTS))
    widths = WIDTHS * generator.lognormal(0, 0.1, len(WIDTHS))
    if abnormal:
        change(generator, heights, widths)
    angles = ANGLES + generator.normal(0, 0.05, len(ANGLES)) + generator.normal(0, 0.1)
    t = np.linspace(-np.pi, np.pi, VALUES, endpoint=False) + 0.3
    d = t[:, None] - angles
    waves = np.exp(-(d**2) / (2 * widths**2)) @ heights
    breath = 0.1 * np.sin(t / 4 + generator.uniform(0, 2 * np.pi))
    return generator.normal(waves + breath, 0.03)


def change(generator: np.random.Generator, heights: np.ndarray, widths: np.ndarray) -> None:
    """Makes a beat abnormal in one of the four ways, more or less marked."""
    degree = generator.uniform(0.5, 1.3)
    kind = generator.choice(["ventricular", "raised or lowered", "inverted", "without P"])
    if kind == "raised or lowered":
        heights[ST] = generator.choice([-0.3, 0.3]) * degree
    if kind in ("ventricular", "without P"):
        heights[P] *= max(0, 1 - degree)
    if kind in ("ventricular", "inverted"):
        heights[T] *= 1 - 2 * degree
    if kind == "ventricular":
        widths[[Q, R, S]] *= 1 + degree


def main() -> None:
    generator = np.random.default_rng(SEED)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*(f"t{k}" for k in range(VALUES)), "abnormal"])
    for abnormal in generator.random(ROWS) < 0.5:
        values = beat(generator, bool(abnormal))
        writer.writerow([*(f"{value:.3f}" for value in values), int(abnormal)])
    path = Path(__file__).with_name("heartbeats.csv.gz")
    path.write_bytes(gzip.compress(text.getvalue().encode("ascii"), mtime=0))


if __name__ == "__main__":
    main()
