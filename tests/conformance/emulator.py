"""An emulator of AWS as one who deploys stacks sees it: what becomes of a template.

Needs     the URL of a server
Gives     outcomes as text, so that those of two emulators can be laid beside each other

A stack's final state is waited for; ours has it when the call answers, others take their time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError

REGION = "us-east-1"
ACCOUNT = "123456789012"
WAIT_SECONDS = 30.0
CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM")

Template = dict[str, Any]


@dataclass
class Emulator:
    """One server, and the stack under test in it."""

    url: str
    stack: str = "none"
    before: dict[str, str] = field(default_factory=dict)
    """Physical ids by logical ones, before the step."""

    def client(self, service: str) -> Any:
        return _client(self.url, service)

    @property
    def cloudformation(self) -> Any:
        return self.client("cloudformation")

    def step(self, what: str, given: Any, **options: Any) -> str:
        """Carry one step out; its outcome in a few words."""
        self.before = self.identifiers()
        try:
            return str(getattr(self, what)(given, **options))
        except ClientError as error:
            return f"refused: {error.response['Error']['Code']}"

    def create(
        self,
        template: Template,
        capabilities: Sequence[str] = CAPABILITIES,
        disable_rollback: bool = False,
    ) -> str:
        self.cloudformation.create_stack(
            StackName=self.stack,
            TemplateBody=json.dumps(template),
            Capabilities=capabilities,
            DisableRollback=disable_rollback,
        )
        return self.state()

    def update(self, template: Template) -> str:
        self.cloudformation.update_stack(
            StackName=self.stack, TemplateBody=json.dumps(template), Capabilities=CAPABILITIES
        )
        return self.state()

    def change(self, template: Template) -> str:
        named = {"StackName": self.stack, "ChangeSetName": "change"}
        kind = "UPDATE" if self.before else "CREATE"
        body = json.dumps(template)
        self.cloudformation.create_change_set(**named, TemplateBody=body, ChangeSetType=kind)
        found = self._planned(named)
        if found["Status"] == "FAILED":
            return "the change set failed"
        planned = sorted(_planned(one["ResourceChange"]) for one in found["Changes"])
        self.cloudformation.execute_change_set(**named)
        return f"planned {', '.join(planned)}; {self.state()}"

    def protect(self, given: bool) -> str:
        self.cloudformation.update_termination_protection(
            StackName=self.stack, EnableTerminationProtection=given
        )
        return f"protected: {given}".lower()

    def delete(self, _: bool) -> str:
        self.cloudformation.delete_stack(StackName=self.stack)
        return self.state()

    def state(self) -> str:
        """The state in which the stack comes to rest, what it has, and what was replaced."""
        until = time.monotonic() + WAIT_SECONDS
        while (status := self._status()).endswith("IN_PROGRESS") and time.monotonic() < until:
            time.sleep(0.05)
        now = self.identifiers()
        replaced = sorted(one for one in now if self.before.get(one, now[one]) != now[one])
        has = f" with {', '.join(sorted(now))}" if now else ""
        return f"{status}{has}" + (f", another {', '.join(replaced)}" if replaced else "")

    def identifiers(self) -> dict[str, str]:
        """The stack's resources that are there."""
        try:
            found = self.cloudformation.describe_stack_resources(StackName=self.stack)
        except ClientError:
            return {}
        return {
            one["LogicalResourceId"]: one.get("PhysicalResourceId", "")
            for one in found["StackResources"]
            if not one["ResourceStatus"].startswith("DELETE")
            and one["ResourceStatus"] != "CREATE_FAILED"
        }

    def outputs(self) -> dict[str, str]:
        (found,) = self.cloudformation.describe_stacks(StackName=self.stack)["Stacks"]
        return {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}

    def _status(self) -> str:
        try:
            (found,) = self.cloudformation.describe_stacks(StackName=self.stack)["Stacks"]
        except ClientError:
            return "gone"
        return "gone" if found["StackStatus"] == "DELETE_COMPLETE" else str(found["StackStatus"])

    def _planned(self, named: Mapping[str, str]) -> Any:
        until = time.monotonic() + WAIT_SECONDS
        while True:
            found = self.cloudformation.describe_change_set(**named)
            if not found["Status"].endswith(("IN_PROGRESS", "PENDING")):
                return found
            if time.monotonic() > until:
                return {"Status": "FAILED"}
            time.sleep(0.05)


def _planned(change: Mapping[str, Any]) -> str:
    replaces = f" ({change['Replacement']})" if change["Action"] == "Modify" else ""
    return f"{change['Action']} {change['LogicalResourceId']}{replaces}"


@cache
def _client(url: str, service: str) -> Any:
    session = boto3.Session(ACCOUNT, "emulated", region_name=REGION)
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    return session.client(service, endpoint_url=url, config=config)


def wait_for(url: str, seconds: float) -> None:
    """Until a server answers."""
    until = time.monotonic() + seconds
    while True:
        try:
            _client(url, "sts").get_caller_identity()
        except (ClientError, EndpointConnectionError, OSError):
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return
