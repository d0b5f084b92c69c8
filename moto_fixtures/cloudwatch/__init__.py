"""CloudWatch's alarms: moto keeps them, here they are evaluated and act.

series.py        metric data by metric, and statistics of any window of it
expressions.py   metric math
evaluation.py    datapoints → OK, ALARM or INSUFFICIENT_DATA; missing data as AWS treats it
composite.py     rules over the states of other alarms
alarms.py        an alarm: its request, its state, its history
actions.py       what a change of state does: SNS, an event, whatever registers
watching.py      when each alarm is evaluated next, as the clock moves
backend.py, responses.py   the state of an account and region, and the API
"""

from __future__ import annotations


def install() -> None:
    """Put our backend and actions in moto's place, before the first request."""
    from moto.cloudwatch import models, urls

    from moto_fixtures.cloudwatch import watching
    from moto_fixtures.cloudwatch.backend import Backend
    from moto_fixtures.cloudwatch.responses import Response

    models.cloudwatch_backends.backend = Backend
    models.cloudwatch_backends.clear()
    urls.url_paths["{0}/$"] = Response.dispatch
    watching.install()
