"""`python -m nnctl`, and the console script `nnctl`."""

import gc


def main() -> None:
    """Runs the command line and ends the process with its exit status."""
    # What starting up allocates stays to the end; looking through it for garbage takes a tenth of
    # the time until the first batch.
    gc.disable()
    from nnctl.cli.app import run

    run()


if __name__ == "__main__":
    main()
