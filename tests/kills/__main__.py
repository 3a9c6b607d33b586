"""Kills as many runs as asked for, and prints where the kills fell: `python -m tests.kills 200`."""

import json
import os
import sys
import tempfile
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a process with threads cannot be forked safely

from tests.kills.killing import counts, kills

if __name__ == "__main__":
    count, seed = ([int(argument) for argument in sys.argv[1:]] + [200, 0][len(sys.argv) - 1 :])[:2]
    with tempfile.TemporaryDirectory() as folder:
        made = list(kills(Path(folder), count, seed))
    print(json.dumps(counts(made)))
