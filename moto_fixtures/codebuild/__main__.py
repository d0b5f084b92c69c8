"""A build without the API: a buildspec, run over a directory or a commit of this machine.

python -m moto_fixtures.codebuild --source . -e SAGEMAKER_PROJECT_NAME=fraud
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from moto_fixtures.buildspec import BuildspecError
from moto_fixtures.checkout import checkout
from moto_fixtures.codebuild.runner import run


def main(argv: Sequence[str] | None = None) -> int:
    """Run one build and say how it went. Exits 0 SUCCEEDED, 1 FAILED, 2 wrong buildspec."""
    parser = argparse.ArgumentParser(
        prog="python -m moto_fixtures.codebuild", description="Run a buildspec as CodeBuild would."
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--source", type=Path, default=Path(), help="directory to build in")
    where.add_argument("--commit", help="build this commit of the repository here, unpacked")
    parser.add_argument("--buildspec", default="buildspec.yml", help="path in the source")
    parser.add_argument("--artifacts", type=Path, default=Path("build/artifacts"))
    parser.add_argument("-e", "--environment", action="append", default=[], metavar="NAME=VALUE")
    arguments = parser.parse_args(argv)
    environment = dict(os.environ)
    for pair in arguments.environment:
        name, equals, value = pair.partition("=")
        if not equals:
            parser.error(f"{pair!r} has no '='; write NAME=VALUE")
        environment[name] = value
    with tempfile.TemporaryDirectory(prefix="codebuild-source-") as unpacked:
        source = arguments.source
        try:
            if arguments.commit:
                source = Path(unpacked)
                commit = checkout(Path(), arguments.commit, source)
                environment["CODEBUILD_RESOLVED_SOURCE_VERSION"] = commit
            spec = source / arguments.buildspec
            build = run(spec, source, environment, arguments.artifacts, sys.stdout)
        except (BuildspecError, LookupError) as error:
            print(error, file=sys.stderr)
            return 2
    return 0 if build.succeeded else 1


if __name__ == "__main__":
    sys.exit(main())
