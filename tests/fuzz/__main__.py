"""`python -m tests.fuzz 20000 [SEED]`: so many inputs, shared between two processes."""

import json
import subprocess
import sys
from collections import Counter

from tests.fuzz.worker import MEMORY, work

PROCESSES = 2


def main(count: int, seed: int) -> None:
    command = [sys.executable, "-m", "tests.fuzz", "worker", str(count // PROCESSES)]
    workers = [
        subprocess.Popen([*command, str(seed + k)], stdout=subprocess.PIPE, text=True)
        for k in range(PROCESSES)
    ]
    outputs = [worker.communicate()[0] for worker in workers]
    if any(worker.returncode for worker in workers):
        sys.exit(1)
    found: Counter[str] = Counter()
    for output in outputs:
        found.update(json.loads(output))
    print(json.dumps({**found, "share": round(found["trained"] / found["inputs"], 3)}))


if __name__ == "__main__":
    if sys.argv[1] == "worker":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        print(json.dumps(work(int(sys.argv[2]), int(sys.argv[3]))))
    else:
        main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
