"""`python -m monitoring`: the same as the command `monitor`."""

from monitoring.cli import main

if __name__ == "__main__":
    main(prog_name="monitor")
