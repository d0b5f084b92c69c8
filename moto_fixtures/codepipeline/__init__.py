"""CodePipeline: stages, actions and approvals, really carried out.

    declaration   what a pipeline may say: action types, artifacts, what is refused
    executions    one run: its actions, artifacts and variables
    stages        who may enter a stage, and the way from one to the next
    actions       what an action does: S3, checkouts, CodeBuild, CloudFormation, approval
    artifacts     zip archives in the artifact store
    backend, responses   the state of an account and region, and the API

An execution goes on in a thread beside its callers until it ends, or waits for an approval or
for a stage. Actions of one runOrder run one after the other, in the order they are written in.
"""

from __future__ import annotations


def install() -> None:
    """Put our backend and actions in moto's place, before the first request."""
    from moto.codepipeline import models, urls

    from moto_fixtures.codepipeline.backend import Backend
    from moto_fixtures.codepipeline.responses import Response

    models.codepipeline_backends.backend = Backend
    models.codepipeline_backends.clear()
    urls.url_paths["{0}/$"] = Response.dispatch
