"""Stacks to deploy and look at, by the API alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from moto_fixtures import clients

ACCOUNT, REGION = "123456789012", "us-east-1"


@dataclass(frozen=True)
class Stacks:
    """The CloudFormation of the offline AWS, as a test wants to talk to it."""

    client: Any

    def service(self, name: str) -> Any:
        """A client of another service of the same account."""
        return clients.client(name, REGION, ACCOUNT)

    def create(self, name: str, template: Any, *, tags: Any = None, **parameters: str) -> str:
        """Create a stack and return its status."""
        extra = {} if tags is None else {"Tags": pairs(tags)}
        self.client.create_stack(
            StackName=name,
            TemplateBody=text(template),
            Parameters=given(parameters),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            **extra,
        )
        return self.status(name)

    def update(self, name: str, template: Any, **parameters: str) -> str:
        """Update a stack and return its status."""
        self.client.update_stack(
            StackName=name,
            TemplateBody=text(template),
            Parameters=given(parameters),
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        return self.status(name)

    def plan(self, name: str, template: Any, kind: str = "UPDATE", **parameters: str) -> Any:
        """Create a change set and describe it."""
        made = self.client.create_change_set(
            StackName=name,
            ChangeSetName="change",
            ChangeSetType=kind,
            TemplateBody=text(template),
            Parameters=given(parameters),
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        return self.client.describe_change_set(ChangeSetName=made["Id"])

    def changes(self, name: str, template: Any, **parameters: str) -> dict[str, tuple[Any, ...]]:
        """Logical id → (action, replacement) of a change set that is thrown away."""
        found = self.plan(name, template, **parameters)
        self.client.delete_change_set(ChangeSetName=found["ChangeSetId"])
        rows = [item["ResourceChange"] for item in found["Changes"]]
        return {row["LogicalResourceId"]: (row["Action"], row.get("Replacement")) for row in rows}

    def describe(self, name: str) -> Any:
        return self.client.describe_stacks(StackName=name)["Stacks"][0]

    def status(self, name: str) -> str:
        found = self.client.list_stacks()["StackSummaries"]
        return str(next(stack["StackStatus"] for stack in found if stack["StackName"] == name))

    def outputs(self, name: str) -> dict[str, str]:
        found = self.describe(name).get("Outputs", ())
        return {item["OutputKey"]: item["OutputValue"] for item in found}

    def resources(self, name: str) -> dict[str, str]:
        """Logical id → physical id of what exists."""
        found = self.client.describe_stack_resources(StackName=name)["StackResources"]
        return {
            item["LogicalResourceId"]: item["PhysicalResourceId"]
            for item in found
            if item["ResourceStatus"] != "DELETE_COMPLETE"
        }

    def events(self, name: str) -> list[tuple[str, str]]:
        """(logical id, status), oldest first."""
        found = self.client.describe_stack_events(StackName=name)["StackEvents"]
        return [(item["LogicalResourceId"], item["ResourceStatus"]) for item in reversed(found)]

    def reasons(self, name: str) -> str:
        """Every reason any event gives, on one line each."""
        found = self.client.describe_stack_events(StackName=name)["StackEvents"]
        return "\n".join(item.get("ResourceStatusReason", "") for item in found)


def text(template: Any) -> str:
    return template if isinstance(template, str) else json.dumps(template)


def given(parameters: dict[str, str]) -> list[dict[str, str]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]


def pairs(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


@pytest.fixture
def stacks(aws: None) -> Stacks:
    """An account without stacks."""
    return Stacks(clients.client("cloudformation", REGION, ACCOUNT))
