"""`python -m moto_fixtures COMMAND …`: each command is a module with `main(arguments)`."""

from __future__ import annotations

import sys
from importlib import import_module

COMMANDS = {
    "serve": "the offline AWS on a port of this machine",
    "env": "what a shell evaluates to talk to it",
    "seed": "a bucket, a role, a project and an approved model in it",
    "coverage": "docs/offline-aws.md, from the code",
    "demo": "a model, its stacks, a day of traffic and its monitoring",
}
MODULES = {
    "serve": "moto_fixtures.server",
    "env": "moto_fixtures.environment",
    "seed": "moto_fixtures.seed",
    "coverage": "moto_fixtures.coverage",
    "demo": "moto_fixtures.demo",
}


def main(arguments: list[str]) -> int:
    """Run one command; without a known one, say which there are (exit code 2)."""
    if not arguments or arguments[0] not in COMMANDS:
        asked_for_help = arguments[:1] in (["-h"], ["--help"])
        print("usage: python -m moto_fixtures COMMAND [--help]\n", file=sys.stderr)
        for name, title in COMMANDS.items():
            print(f"  {name:10}{title}", file=sys.stderr)
        return 0 if asked_for_help else 2
    return int(import_module(MODULES[arguments[0]]).main(arguments[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
