"""Formulas of all that is allowed in one, with numbers that are hard on computer algebra.

`python -m tests.derivatives.formulas 20000 [SEED]` derives so many, and prints those that take too
long or end in a traceback, and those whose slope is not what the ratios tend to.
"""

import math
import random
import sys
import time

from nnctl.derivatives.expression import FUNCTIONS
from nnctl.errors import NnctlError
from nnctl.jobs.derivative import derivative

SLOW = 5.0  # seconds; the machine may be busy
NUMBERS = (
    "0", "1", "2", "3", "10", "-1", "-2", "0.5", "2.5", "-0.3", "0.1", "1/3", "300",
    "299.123456789", "0.123456789", "7919.0001", "999999999999999", "123456789012345", "1e-15",
    "1e15", "0.000123",
)  # fmt: skip
POINTS = {
    "w": ("1", "2", "0.7", "-3/10", "1e-3", "1e15", "1/3", "0.123456789012345", "2**0.123456789"),
    "x": ("1", "0.3", "-2", "5", "2.000000001"),
}


def formula(draws: random.Random, depth: int) -> str:
    """A formula nested so deep at most."""
    kind = draws.random() if depth else 0.0
    if kind < 0.25:
        return draws.choice(("w", "w", "x", draws.choice(NUMBERS)))
    inner = formula(draws, depth - 1)
    if kind < 0.55:
        return f"({inner} {draws.choice('+-*/')} {formula(draws, depth - 1)})"
    if kind < 0.8:
        by = formula(draws, depth - 1) if draws.random() < 0.4 else draws.choice(NUMBERS)
        return f"({inner})**({by})"
    return f"{draws.choice(sorted(FUNCTIONS))}({inner})"


def fault(text: str, at: list[str]) -> str | None:
    """What is wrong with what comes of a formula; None if nothing is."""
    start = time.perf_counter()
    try:
        found = derivative(text, at, (1e-9, -1e-9))
    except NnctlError:
        found = None
    except Exception as error:
        return f"ends in {error!r}"
    if (seconds := time.perf_counter() - start) > SLOW:
        return f"takes {seconds:.1f} s"
    for name, each in found.derivatives.items() if found else ():
        up, down = (rise.ratio for rise in each.rises)
        if up is None or down is None or not alike(up, down):
            continue  # too steep or too curved there for an experiment
        if not alike((up + down) / 2, each.value):
            return f"rises by {name} as {up:g}, not {each.value:g}"
    return None


def alike(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-3, abs_tol=1e-9)


def main(count: int, seed: int) -> int:
    faults = 0
    for number in range(count):
        draws = random.Random(seed * 1_000_003 + number)
        text = formula(draws, draws.randint(1, 5))
        at = [f"{name}={draws.choice(values)}" for name, values in POINTS.items()]
        at = [each for each in at if each[0] in text.replace("exp", "")]
        if found := fault(text, at):
            faults += 1
            print(f"{text} at {', '.join(at)} {found}", flush=True)
    print(f"{count} formulas: {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
