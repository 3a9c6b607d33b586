"""Makes every operation of every job fail, with every error: `python -m tests.faults`."""

import json
import sys
import tempfile
from pathlib import Path

from tests.faults.cases import World
from tests.faults.faults import ERRORS, failures

if __name__ == "__main__":
    errors = ERRORS[: int(sys.argv[1])] if len(sys.argv) > 1 else ERRORS
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(failures(World(Path(folder)), lambda operations, index: errors)))
