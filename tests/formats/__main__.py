"""`python -m tests.formats 3000 [SEED]`: so many mutations of metadata, shared among all kinds."""

import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

from tests.formats.models import KINDS, trained
from tests.formats.trial import FAULTS, outcomes


def main(count: int, seed: int) -> int:
    """Prints what came of them, and what is at fault; 1 if anything is."""
    warnings.simplefilter("error")
    found: Counter[str] = Counter()
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            weights, rows = trained(kind, Path(folder) / kind)
            for fate, mutation in outcomes(weights, rows, count // len(KINDS), seed):
                found[fate] += 1
                if fate.startswith(FAULTS):
                    faults += 1
                    print(f"{kind}: {fate}: {mutation.path} {mutation.what}", flush=True)
    for fate, times in sorted(found.items()):
        print(f"{times:>8}  {fate}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
