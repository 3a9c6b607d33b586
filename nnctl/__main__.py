"""`python -m nnctl`, and the console script `nnctl`."""

import gc
import os
import sys


def main() -> None:
    """Runs the command line and ends the process with its exit status."""
    # What starting up allocates stays to the end; looking through it for garbage takes a tenth of
    # the time until the first batch.
    gc.disable()
    # pydantic would search all installed packages for plugins: some hundredths of a second.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        from nnctl.cli.app import run

        run()
    except KeyboardInterrupt:  # before there was anything to interrupt
        sys.exit(130)


if __name__ == "__main__":
    main()
