"""AWS::Events::EventBus and AWS::Scheduler: buses, schedules and their groups.

Rules of a bus are in `operations`. That schedules fire is the clock's work, not theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

from moto_fixtures.cloudformation.resource_types.base import Properties, ResourceType, Scope
from moto_fixtures.cloudformation.resource_types.mapped import MappedType


@dataclass(frozen=True, kw_only=True)
class Schedule(MappedType):
    """A schedule of EventBridge Scheduler. In another group it is another schedule."""

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        if before and before.get("GroupName") != after.get("GroupName"):
            self.make(scope, after)
            self.destroy(scope, physical_id, before)
        else:
            super().configure(scope, physical_id, before, after)


TYPES: tuple[ResourceType, ...] = (
    MappedType(
        type_name="AWS::Events::EventBus",
        fixed=frozenset({"DeadLetterConfig", "Description", "EventSourceName", "KmsKeyIdentifier"}),
        name_property="Name",
        name_limit=256,
        service="events",
        creating="create_event_bus",
        reading="describe_event_bus",
        deleting="delete_event_bus",
        carries=frozenset(
            {"DeadLetterConfig", "Description", "EventSourceName", "KmsKeyIdentifier", "Name",
             "Tags"}
        ),
        ref="Name",
        found="@",
        key={"Name": "Name"},
        shows={"Arn": "Arn"},
        arn="Arn",
    ),
    Schedule(
        type_name="AWS::Scheduler::Schedule",
        name_property="Name",
        name_limit=64,
        service="scheduler",
        creating="create_schedule",
        reading="get_schedule",
        updating="update_schedule",
        deleting="delete_schedule",
        carries=frozenset(
            {"Description", "EndDate", "FlexibleTimeWindow", "GroupName", "KmsKeyArn", "Name",
             "ScheduleExpression", "ScheduleExpressionTimezone", "StartDate", "State", "Target"}
        ),
        ref="Name",
        found="@",
        key={"Name": "Name", "GroupName": "GroupName"},
        shows={"Arn": "Arn"},
        defaults={"State": "ENABLED"},
    ),
    MappedType(
        type_name="AWS::Scheduler::ScheduleGroup",
        name_property="Name",
        name_limit=64,
        service="scheduler",
        creating="create_schedule_group",
        reading="get_schedule_group",
        deleting="delete_schedule_group",
        carries=frozenset({"Name", "Tags"}),
        ref="Name",
        found="@",
        key={"Name": "Name"},
        shows={
            "Arn": "Arn",
            "CreationDate": "CreationDate",
            "LastModificationDate": "LastModificationDate",
            "State": "State",
        },
        arn="Arn",
    ),
)  # fmt: skip
