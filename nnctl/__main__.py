"""`python -m nnctl`, and the console script `nnctl`."""

import gc
import os
import sys

# Objects to allocate before Python looks for garbage among them: more than starting up does.
GARBAGE_THRESHOLD = 200_000


def main() -> None:
    """Runs the command line and ends the process with its exit status."""
    # What starting up allocates stays to the end, and looking through it for garbage takes a tenth
    # of the time until the first batch.
    gc.set_threshold(GARBAGE_THRESHOLD)
    # pydantic would search all installed packages for plugins: some hundredths of a second.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        from nnctl.cli.app import run

        run()
    except KeyboardInterrupt:  # before there was anything to interrupt
        sys.exit(130)
    finally:
        gc.freeze()  # or Python would look through everything several times more as it exits


if __name__ == "__main__":
    main()
