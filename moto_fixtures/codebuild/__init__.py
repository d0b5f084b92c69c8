"""CodeBuild: a project's buildspec, really run, by the API or from a command line.

    runner       phases, commands and artifacts of a buildspec, in a shell of this machine
    attendant    what the runner asks of the world: values, a place for artifacts, when to end
    projects     what is configured once
    builds       one run: its phases as they go, in a thread beside its callers
    sources      where the source comes from    variables   what the commands see
    outputs      where logs and artifacts go
    backend, responses   the state of an account and region, and the API

The running interpreter's environment stands in for the build image; nothing is isolated.
"""

from __future__ import annotations

from moto_fixtures.codebuild.runner import Build, Phase, run

__all__ = ["Build", "Phase", "install", "run"]


def install() -> None:
    """Put our backend and actions in moto's place, before the first request."""
    from moto.codebuild import models, urls

    from moto_fixtures.codebuild.backend import Backend
    from moto_fixtures.codebuild.responses import Response

    models.codebuild_backends.backend = Backend
    models.codebuild_backends.clear()
    urls.url_paths["{0}/$"] = Response.dispatch
