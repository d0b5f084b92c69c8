"""The state of CloudWatch in one account and region: moto's metrics, our alarms.

Everything added is kept on the backend, so that moto's own reset clears it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.cloudwatch import urls
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.utils import make_arn_for_alarm
from moto.core.utils import underscores_to_camelcase, utcnow

from moto_fixtures.cloudwatch.alarms import Alarm, HistoryItem
from moto_fixtures.cloudwatch.series import Series


class Backend(CloudWatchBackend):
    """moto's CloudWatch with alarms that are evaluated."""

    _url_module = urls
    """moto derives this from the class's module; ours lies elsewhere."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.alarms: dict[str, Any] = {}
        self.alarm_history: list[HistoryItem] = []
        self.series = Series()

    def filed(self) -> Series:
        """All metric data up to now, by metric."""
        self.series.file(self.metric_data)
        return self.series

    def put_alarm(self, request: Mapping[str, Any]) -> Alarm:
        """Make an alarm, or give one of the name another configuration; its state stays."""
        request = {member: value for member, value in request.items() if value is not None}
        name, tags = str(request["AlarmName"]), request.pop("Tags", None)
        found = self.alarms.get(name)
        if found is None:
            arn = make_arn_for_alarm(self.region_name, self.account_id, name)
            found = self.alarms[name] = Alarm(request, arn, utcnow())
            if tags:
                self.tagger.tag_resource(arn, tags)
        else:
            found.request, found.configured = request, utcnow()
        return found

    def put_metric_alarm(self, name: str, **given: Any) -> Alarm:
        """moto's own services make alarms by this call, such as those of a scaling policy."""
        names = {"description": "AlarmDescription", "ok_actions": "OKActions"}
        request = {
            names.get(key) or _member(key): value
            for key, value in given.items()
            if value and key != "metric_data_queries"
        }
        return self.put_alarm({"AlarmName": name, **request})


def _member(key: str) -> str:
    """`comparison_operator` as the API spells it."""
    camel = underscores_to_camelcase(key)
    return camel[0].upper() + camel[1:]
