"""Stacks, resources and change sets as the API's answers have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto_fixtures.cloudformation import parameters
from moto_fixtures.cloudformation.blueprint import needed_capabilities
from moto_fixtures.cloudformation.change_sets import ChangeSet
from moto_fixtures.cloudformation.intrinsics import text
from moto_fixtures.cloudformation.stack import Event, Intent, Output, Stack
from moto_fixtures.cloudformation.template import Template


def stack(found: Stack) -> dict[str, Any]:
    """A member of DescribeStacks."""
    intent = found.intent
    return _present(
        StackId=found.stack_id,
        StackName=found.name,
        ChangeSetId=found.change_set_id,
        Description=intent.template.description if intent else None,
        Parameters=_parameters(intent) if intent else None,
        CreationTime=found.created,
        DeletionTime=found.deleted,
        LastUpdatedTime=found.updated,
        RollbackConfiguration={},
        StackStatus=found.status,
        StackStatusReason=found.status_reason,
        DisableRollback=bool(intent and intent.disable_rollback),
        NotificationARNs=[],
        Capabilities=list(intent.capabilities) if intent and intent.capabilities else None,
        Outputs=[_output(item) for item in found.outputs] or None,
        RoleARN=intent.role_arn if intent else None,
        Tags=_tags(intent),
        EnableTerminationProtection=found.termination_protection,
        ParentId=found.parent_id,
        RootId=found.root_id,
        DriftInformation={"StackDriftStatus": "NOT_CHECKED"},
    )


def summary(found: Stack) -> dict[str, Any]:
    """A member of ListStacks."""
    return _present(
        StackId=found.stack_id,
        StackName=found.name,
        TemplateDescription=found.template.description if found.template else None,
        CreationTime=found.created,
        LastUpdatedTime=found.updated,
        DeletionTime=found.deleted,
        StackStatus=found.status,
        StackStatusReason=found.status_reason,
        ParentId=found.parent_id,
        RootId=found.root_id,
        DriftInformation={"StackDriftStatus": "NOT_CHECKED"},
    )


def event(of: Stack, found: Event) -> dict[str, Any]:
    """A member of DescribeStackEvents."""
    return _present(
        StackId=of.stack_id,
        EventId=found.event_id,
        StackName=of.name,
        LogicalResourceId=found.logical_id,
        PhysicalResourceId=found.physical_id,
        ResourceType=found.resource_type,
        Timestamp=found.timestamp,
        ResourceStatus=found.status,
        ResourceStatusReason=found.reason,
    )


def resource(of: Stack, logical_id: str) -> dict[str, Any]:
    """A resource, for all three actions that show one; each takes the members it knows."""
    found = of.statuses[logical_id]
    return _present(
        StackName=of.name,
        StackId=of.stack_id,
        LogicalResourceId=logical_id,
        PhysicalResourceId=found.physical_id,
        ResourceType=found.type_name,
        Timestamp=found.timestamp,
        LastUpdatedTimestamp=found.timestamp,
        ResourceStatus=found.status,
        ResourceStatusReason=found.reason,
        DriftInformation={"StackResourceDriftStatus": "NOT_CHECKED"},
    )


def change_set(found: ChangeSet) -> dict[str, Any]:
    """DescribeChangeSet, its changes apart: those come in pages."""
    return _present(
        ChangeSetName=found.name,
        ChangeSetId=found.change_set_id,
        StackId=found.stack_id,
        StackName=found.stack_name,
        Description=found.description,
        Parameters=_parameters(found.intent),
        CreationTime=found.created,
        ExecutionStatus=found.execution_status,
        Status=found.status,
        StatusReason=found.status_reason,
        NotificationARNs=[],
        RollbackConfiguration={},
        Capabilities=list(found.intent.capabilities),
        Tags=_tags(found.intent),
        OnStackFailure=found.on_stack_failure,
        IncludeNestedStacks=False,
    )


def change_set_summary(found: ChangeSet) -> dict[str, Any]:
    """A member of ListChangeSets."""
    return _present(
        StackId=found.stack_id,
        StackName=found.stack_name,
        ChangeSetId=found.change_set_id,
        ChangeSetName=found.name,
        ExecutionStatus=found.execution_status,
        Status=found.status,
        StatusReason=found.status_reason,
        CreationTime=found.created,
        Description=found.description,
    )


def template_summary(found: Template) -> dict[str, Any]:
    """GetTemplateSummary."""
    return _present(
        Parameters=[
            _present(
                ParameterKey=name,
                DefaultValue=_default(rules),
                ParameterType=rules.get("Type", "String"),
                NoEcho=bool(rules.get("NoEcho")),
                Description=rules.get("Description"),
                ParameterConstraints=_present(
                    AllowedValues=[text(item) for item in rules.get("AllowedValues", ())] or None
                ),
            )
            for name, rules in found.section("Parameters").items()
        ],
        Description=found.description,
        Capabilities=list(needed_capabilities(found)) or None,
        ResourceTypes=sorted({item["Type"] for item in found.resources.values()}),
        Version=str(found.document.get("AWSTemplateFormatVersion", "2010-09-09")),
        DeclaredTransforms=list(found.transforms),
    )


def validated(found: Template) -> dict[str, Any]:
    """ValidateTemplate."""
    return _present(
        Parameters=[
            _present(
                ParameterKey=name,
                DefaultValue=_default(rules),
                NoEcho=bool(rules.get("NoEcho")),
                Description=rules.get("Description"),
            )
            for name, rules in found.section("Parameters").items()
        ],
        Description=found.description,
        Capabilities=list(needed_capabilities(found)) or None,
        DeclaredTransforms=list(found.transforms),
    )


def _parameters(intent: Intent) -> list[dict[str, Any]]:
    declared = intent.template.section("Parameters")
    return [
        _present(
            ParameterKey=name,
            ParameterValue=parameters.NO_ECHO if declared[name].get("NoEcho") else value,
            ResolvedValue=intent.resolved.get(name),
        )
        for name, value in parameters.given(declared, intent.parameters).items()
    ]


def _output(found: Output) -> dict[str, Any]:
    return _present(
        OutputKey=found.key,
        OutputValue=found.value,
        Description=found.description,
        ExportName=found.export_name,
    )


def _tags(intent: Intent | None) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in intent.tags.items()] if intent else []


def _default(rules: Mapping[str, Any]) -> str | None:
    return parameters.as_text(rules["Default"]) if "Default" in rules else None


def _present(**members: Any) -> dict[str, Any]:
    return {key: value for key, value in members.items() if value is not None}
