"""``archcalc`` and ``python -m archcalc``: the command line, which ends with one line wherever it is interrupted."""

import gc
import os
import sys

FEW = 100_000  # objects made since garbage was looked for last


def main() -> None:
    """Run the command line."""
    gc.set_threshold(FEW)  # start-up makes less than that, and no garbage
    try:
        while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
            pass  # or the next file that is opened would take the place of a standard stream that is closed
        os.close(number)
        from archcalc.cli import main as command_line

        command_line(prog_name="archcalc")
    except KeyboardInterrupt:  # while that was imported, or as it ended
        from contextlib import suppress

        with suppress(OSError):
            os.write(2, b"interrupted\n")
        sys.exit(130)
    finally:
        gc.freeze()  # all ends with the process; to look through it for garbage would take a tenth of a summary's time


if __name__ == "__main__":
    main()
