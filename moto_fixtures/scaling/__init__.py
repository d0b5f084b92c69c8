"""Application Auto Scaling of endpoints' variants: moto keeps it, here it acts.

    capacity.py      how many instances a policy asks for: arithmetic, no state
    variants.py      an endpoint's variant as a scalable target: its count, read and set
    policies.py      the alarms that target tracking puts, and those that name a policy
    acting.py        what an alarm or a scheduled action changes, and what is told of it
    backend.py, responses.py   the state of an account and region, and the API

Other services' targets are stored as moto stores them; nothing scales them.
"""

from __future__ import annotations


def install() -> None:
    """Put our backend and actions in moto's place, before the first request."""
    from moto.applicationautoscaling import models, urls

    from moto_fixtures.scaling import acting
    from moto_fixtures.scaling.backend import Backend
    from moto_fixtures.scaling.responses import Response

    models.applicationautoscaling_backends.backend = Backend
    models.applicationautoscaling_backends.clear()
    urls.url_paths["{0}/$"] = Response.dispatch
    acting.install()
