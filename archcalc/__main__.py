"""``archcalc`` and ``python -m archcalc``: the command line, which ends with one line wherever it is interrupted."""

import os
import sys


def main() -> None:
    """Run the command line."""
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


if __name__ == "__main__":
    main()
