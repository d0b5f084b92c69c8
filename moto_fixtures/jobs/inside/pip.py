"""`pip` inside a job: what is asked for is checked; nothing is installed, nothing removed.

Needs     `install` with requirements, or `-r` with files of them; or `uninstall`
Writes    a line for each that this interpreter does not have, and exits 1 if there is one

A job must not change the interpreter that serves the offline AWS, so what a requirements.txt
names has to be there already; options are ignored. `python -m pip` finds this module before
the real one, because its directory stands first in PYTHONPATH.
"""

import importlib.metadata
import re
import sys
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

WITH_VALUE = re.compile(r"-[ifct]|--[a-z-]*(url|links|target|constraint)")
"""Options whose value is the next word."""


def named(arguments):
    """The requirements of a command line, those in files included."""
    waiting = list(arguments)
    while waiting:
        one = waiting.pop(0)
        if one in ("-r", "--requirement") and waiting:
            path = Path(waiting.pop(0))
            lines = (line.partition(" #")[0].strip() for line in path.read_text().splitlines())
            yield from (line for line in lines if line and not line.startswith(("#", "-")))
        elif WITH_VALUE.fullmatch(one) and waiting:
            waiting.pop(0)
        elif not one.startswith("-"):
            yield one


def lacking(text):
    """Why a requirement is not met; "" when it is."""
    try:
        wanted = Requirement(text)
    except InvalidRequirement:
        return "is no requirement by name and version"
    if wanted.marker is not None and not wanted.marker.evaluate():
        return ""
    try:
        found = importlib.metadata.version(wanted.name)
    except importlib.metadata.PackageNotFoundError:
        return "is not installed"
    return "" if wanted.specifier.contains(found, prereleases=True) else f"is here as {found}"


def main(arguments):
    """Answer a pip command line; the exit code."""
    if arguments[:1] != ["install"]:
        print(f"pip {' '.join(arguments[:1])} does nothing in the offline AWS", file=sys.stderr)
        return 0 if arguments[:1] == ["uninstall"] else 1
    missing = {one: why for one in named(arguments[1:]) if (why := lacking(one))}
    for one, why in missing.items():
        print(
            f"{one} {why}; the offline AWS installs nothing into the interpreter it runs with. "
            "Install it there first.",
            file=sys.stderr,
        )
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
