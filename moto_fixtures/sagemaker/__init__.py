"""SageMaker's API: moto's, with what monitoring needs added and its faults mended.

    validation.py        every request against botocore's model, in AWS's words
    limits.py            what is refused by name, and what has no effect
    listing.py           filters, sort, pages: one row per List action
    backend.py           the state: moto's, plus schedules, executions and projects
    responses.py         the actions; one mixin per resource

Describe answers what was stored, and what was stored is the request: what is echoed
cannot be misspelt.
"""

from __future__ import annotations


def install() -> None:
    """Put our backend and actions in moto's place, before the first request."""
    from moto.sagemaker import models, urls

    from moto_fixtures.sagemaker.backend import Backend
    from moto_fixtures.sagemaker.responses import Response

    models.sagemaker_backends.backend = Backend
    models.sagemaker_backends.clear()
    urls.url_paths["{0}/$"] = Response.dispatch
