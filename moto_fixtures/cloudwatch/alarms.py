"""An alarm: the request that made it, the state it is in, and what became of it.

Describe answers what was stored, and what was stored is the request. A new alarm knows nothing
yet: INSUFFICIENT_DATA (moto calls it OK). Putting it again leaves its state as it was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto_fixtures.cloudwatch import composite, queries
from moto_fixtures.cloudwatch.evaluation import (
    ALARM,
    COMPARISONS,
    INSUFFICIENT_DATA,
    MISSING,
    OK,
    TREATMENTS,
    Criteria,
)
from moto_fixtures.cloudwatch.queries import Query

STATES = (INSUFFICIENT_DATA, ALARM, OK)
UNCHECKED = "Unchecked: Initial alarm creation"
METRIC, COMPOSITE = "MetricAlarm", "CompositeAlarm"
ACTIONS: Mapping[str, str] = {
    OK: "OKActions",
    ALARM: "AlarmActions",
    INSUFFICIENT_DATA: "InsufficientDataActions",
}
DAY = 86400


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of an alarm's state."""

    alarm: Alarm
    old: Mapping[str, Any]
    """StateValue, StateReason and StateReasonData before."""
    new: Mapping[str, Any]
    at: datetime

    def summary(self) -> dict[str, Any]:
        """As the control path tells it."""
        return {
            "AlarmName": self.alarm.name,
            "OldStateValue": self.old["StateValue"],
            "NewStateValue": self.new["StateValue"],
            "StateReason": self.new["StateReason"],
            "Time": f"{self.at:%Y-%m-%dT%H:%M:%SZ}",
        }


@dataclass
class Held:
    """Actions of a composite alarm that its suppressor holds back."""

    transition: Transition
    due: datetime | None
    """When they are carried out; None while the suppressor is in ALARM."""
    by: str
    """WaitPeriod, ExtensionPeriod or Alarm, as DescribeAlarms says it."""


@dataclass(eq=False)
class Alarm:
    """A metric alarm or a composite one."""

    request: dict[str, Any]
    alarm_arn: str
    configured: datetime
    state_value: str = INSUFFICIENT_DATA
    state_reason: str = UNCHECKED
    state_reason_data: str | None = None
    state_updated: datetime = field(init=False)
    state_transitioned: datetime = field(init=False)
    due: datetime | None = None
    """When it is evaluated next; None until something can change its state."""
    evaluated: datetime | None = None
    seen: int = 0
    """How many data its metrics had when that was decided."""
    held: Held | None = None

    def __post_init__(self) -> None:
        self.state_updated = self.state_transitioned = self.configured

    @property
    def name(self) -> str:
        return str(self.request["AlarmName"])

    @property
    def rule(self) -> str | None:
        """The rule of a composite alarm; None of a metric alarm."""
        return self.request.get("AlarmRule")

    @property
    def type(self) -> str:
        return METRIC if self.rule is None else COMPOSITE

    @property
    def metric_name(self) -> str | None:
        return self.request.get("MetricName")

    @property
    def namespace(self) -> str | None:
        return self.request.get("Namespace")

    @property
    def alarm_actions(self) -> list[str]:
        return list(self.request.get("AlarmActions") or ())

    @property
    def actions_enabled(self) -> bool:
        return bool(self.request.get("ActionsEnabled", True))

    @actions_enabled.setter
    def actions_enabled(self, enabled: bool) -> None:
        self.request["ActionsEnabled"] = enabled

    @property
    def suppressor(self) -> str | None:
        """The name of the alarm that holds this one's actions back."""
        given = self.request.get("ActionsSuppressor")
        return str(given).rpartition(":alarm:")[2] if given else None

    @property
    def query(self) -> Query:
        return queries.query_of(self.request)

    @property
    def parsed_rule(self) -> composite.Rule:
        return composite.parse(str(self.rule))

    @property
    def criteria(self) -> Criteria:
        periods = int(self.request["EvaluationPeriods"])
        return Criteria(
            self.request["ComparisonOperator"],
            float(self.request["Threshold"]),
            periods,
            int(self.request.get("DatapointsToAlarm") or periods),
            self.request.get("TreatMissingData") or MISSING,
        )

    def actions(self, state: str) -> list[str]:
        """The ARNs to be told when it goes to a state."""
        return list(self.request.get(ACTIONS[state]) or ())

    def state(self) -> dict[str, Any]:
        found = {"StateValue": self.state_value, "StateReason": self.state_reason}
        if self.state_reason_data is not None:
            found["StateReasonData"] = self.state_reason_data
        return found

    def describe(self) -> dict[str, Any]:
        answer = {
            "ActionsEnabled": True,
            **{member: [] for member in ACTIONS.values()},
            **({"Dimensions": []} if self.rule is None else {}),
            **{member: value for member, value in self.request.items() if member != "Tags"},
            **self.state(),
            "AlarmArn": self.alarm_arn,
            "AlarmConfigurationUpdatedTimestamp": self.configured,
            "StateUpdatedTimestamp": self.state_updated,
            "StateTransitionedTimestamp": self.state_transitioned,
        }
        if self.held is not None:
            answer["ActionsSuppressedBy"] = self.held.by
        return answer


def problem_of(request: Mapping[str, Any]) -> str | None:
    """What is wrong with PutMetricAlarm's request beyond its model; None when nothing is."""
    comparison = request["ComparisonOperator"]
    if comparison not in COMPARISONS or request.get("ThresholdMetricId"):
        return "Anomaly detection (ThresholdMetricId) is not simulated by the offline AWS."
    if request.get("TreatMissingData", MISSING) not in TREATMENTS:
        return f"TreatMissingData must be one of {', '.join(TREATMENTS)}."
    if request.get("Threshold") is None:
        return "Threshold is required."
    periods, datapoints = int(request["EvaluationPeriods"]), request.get("DatapointsToAlarm")
    if datapoints is not None and int(datapoints) > periods:
        return "DatapointsToAlarm must not be larger than EvaluationPeriods."
    try:
        query = queries.query_of(request)
    except queries.QueryError as error:
        return str(error)
    longest = 7 * DAY if query.period >= 3600 else DAY
    if periods * query.period > longest:
        return f"EvaluationPeriods times Period must be at most {longest} seconds."
    return None


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """What became of an alarm at a moment. It outlives the alarm."""

    alarm: str
    type: str
    at: datetime
    kind: str
    """ConfigurationUpdate, StateUpdate or Action."""
    text: str
    data: Mapping[str, Any]

    def describe(self) -> dict[str, Any]:
        return {
            "AlarmName": self.alarm,
            "AlarmType": self.type,
            "Timestamp": self.at,
            "HistoryItemType": self.kind,
            "HistorySummary": self.text,
            "HistoryData": json.dumps({"version": "1.0", **self.data}, default=str),
        }
