"""Stacks, resources and change sets as the API's answers have them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto_fixtures.cloudformation import parameters
from moto_fixtures.cloudformation.blueprint import needed_capabilities
from moto_fixtures.cloudformation.change_sets import ChangeSet
from moto_fixtures.cloudformation.drift import Detection
from moto_fixtures.cloudformation.intrinsics import text
from moto_fixtures.cloudformation.stack import Event, Intent, Output, Stack
from moto_fixtures.cloudformation.template import Template


def stack(found: Stack) -> dict[str, Any]:
    """A member of DescribeStacks."""
    intent = found.intent
    return {
        **_of_both(found),
        **_present(
            ChangeSetId=found.change_set_id,
            Description=intent.template.description if intent else None,
            Parameters=_parameters(intent) if intent else None,
            RollbackConfiguration={},
            DisableRollback=bool(intent and intent.disable_rollback),
            NotificationARNs=[],
            Capabilities=list(intent.capabilities) if intent and intent.capabilities else None,
            Outputs=[_output(item) for item in found.outputs] or None,
            RoleARN=intent.role_arn if intent else None,
            Tags=_tags(intent),
            EnableTerminationProtection=found.termination_protection,
        ),
    }


def summary(found: Stack) -> dict[str, Any]:
    """A member of ListStacks."""
    described = _present(TemplateDescription=found.template.description if found.template else None)
    return {**_of_both(found), **described}


def _of_both(found: Stack) -> dict[str, Any]:
    """What DescribeStacks and ListStacks say alike."""
    return _present(
        StackId=found.stack_id,
        StackName=found.name,
        CreationTime=found.created,
        LastUpdatedTime=found.updated,
        DeletionTime=found.deleted,
        StackStatus=found.status,
        StackStatusReason=found.status_reason,
        ParentId=found.parent_id,
        RootId=found.root_id,
        DriftInformation=_present(
            StackDriftStatus=found.drift_status, LastCheckTimestamp=found.drift_checked
        ),
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
        ClientRequestToken=found.token,
    )


def resource(of: Stack, logical_id: str) -> dict[str, Any]:
    """A resource, for all three actions that show one; each takes the members it knows."""
    found, checked = of.statuses[logical_id], of.drifts.get(logical_id)
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
        DriftInformation=_present(
            StackResourceDriftStatus=checked.status if checked else "NOT_CHECKED",
            LastCheckTimestamp=checked.timestamp if checked else None,
        ),
    )


def drift(of: Stack, logical_id: str) -> dict[str, Any]:
    """A member of DescribeStackResourceDrifts."""
    found = of.drifts[logical_id]
    return _present(
        StackId=of.stack_id,
        LogicalResourceId=logical_id,
        PhysicalResourceId=found.resource.physical_id,
        ResourceType=found.resource.type_name,
        ExpectedProperties=json.dumps(found.resource.properties, sort_keys=True),
        ActualProperties=found.actual,
        PropertyDifferences=list(found.differences),
        StackResourceDriftStatus=found.status,
        DriftStatusReason=found.reason,
        Timestamp=found.timestamp,
    )


def detection(found: Detection) -> dict[str, Any]:
    """DescribeStackDriftDetectionStatus."""
    return _present(
        StackId=found.stack_id,
        StackDriftDetectionId=found.detection_id,
        StackDriftStatus=found.status,
        DetectionStatus="DETECTION_FAILED" if found.failure else "DETECTION_COMPLETE",
        DetectionStatusReason=found.failure,
        DriftedStackResourceCount=found.drifted,
        Timestamp=found.timestamp,
    )


def change_set(found: ChangeSet) -> dict[str, Any]:
    """DescribeChangeSet, its changes apart: those come in pages."""
    return {
        **change_set_summary(found),
        "Parameters": _parameters(found.intent),
        "NotificationARNs": [],
        "RollbackConfiguration": {},
        "Capabilities": list(found.intent.capabilities),
        "Tags": _tags(found.intent),
        **_present(OnStackFailure=found.on_stack_failure),
        "IncludeNestedStacks": False,
    }


def change_set_summary(found: ChangeSet) -> dict[str, Any]:
    """A member of ListChangeSets, and part of DescribeChangeSet."""
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
    declared = found.section("Parameters")
    return {
        **_of_template(found),
        "Parameters": [
            {
                **_declaration(name, rules),
                "ParameterType": rules.get("Type", "String"),
                "ParameterConstraints": _present(
                    AllowedValues=[text(item) for item in rules.get("AllowedValues", ())] or None
                ),
            }
            for name, rules in declared.items()
        ],
        "ResourceTypes": sorted({item["Type"] for item in found.resources.values()}),
        "Version": str(found.document.get("AWSTemplateFormatVersion", "2010-09-09")),
    }


def validated(found: Template) -> dict[str, Any]:
    """ValidateTemplate."""
    declared = found.section("Parameters")
    parameters = [_declaration(name, rules) for name, rules in declared.items()]
    return {**_of_template(found), "Parameters": parameters}


def _of_template(found: Template) -> dict[str, Any]:
    """What GetTemplateSummary and ValidateTemplate say alike."""
    return _present(
        Description=found.description,
        Capabilities=list(needed_capabilities(found)) or None,
        DeclaredTransforms=list(found.transforms),
    )


def _declaration(name: str, rules: Mapping[str, Any]) -> dict[str, Any]:
    """A parameter as its template declares it."""
    return _present(
        ParameterKey=name,
        DefaultValue=_default(rules),
        NoEcho=bool(rules.get("NoEcho")),
        Description=rules.get("Description"),
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
