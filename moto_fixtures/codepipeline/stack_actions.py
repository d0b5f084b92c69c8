"""CloudFormation as a deploy action: stacks and change sets from a template in an artifact.

Needs     ActionMode, StackName; TemplatePath and TemplateConfiguration as `Artifact::file`
Gives     the stack's id, its outputs as variables, and the file of OutputFileName

ParameterOverrides win over the configuration file. Their values may be
{"Fn::GetParam": [artifact, file, key]} or {"Fn::GetArtifactAtt": [artifact, attribute]}.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from moto_fixtures.cloudformation.template import MAXIMUM_BODY
from moto_fixtures.codepipeline.artifacts import Artifact, Store, single
from moto_fixtures.codepipeline.executions import ActionError

Configuration = Mapping[str, str]
NO_UPDATES = "No updates are to be performed"
NO_CHANGES = "didn't contain changes"
DEAD = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
AT_ONCE = {"Delay": 1, "MaxAttempts": 600}


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a deploy action leaves."""

    stack_id: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    file: bytes = b""


@dataclass(frozen=True, slots=True)
class _Deployment:
    """One action's work on one stack."""

    configuration: Configuration
    inputs: Mapping[str, Artifact]
    store: Store
    cloudformation: Any

    @property
    def stack(self) -> str:
        return self.required("StackName")

    def required(self, name: str) -> str:
        if not self.configuration.get(name):
            raise ActionError("InvalidActionConfiguration", f"The configuration has no {name}")
        return self.configuration[name]

    def template(self) -> dict[str, Any]:
        """The template, its parameters and tags, as CloudFormation's API takes them."""
        text = self.store.file(self.inputs, self.required("TemplatePath"))
        given = {"TemplateBody": text} if len(text) <= MAXIMUM_BODY else self._uploaded(text)
        from_file: dict[str, Any] = {}
        if path := self.configuration.get("TemplateConfiguration"):
            from_file = json.loads(self.store.file(self.inputs, path))
        overrides = json.loads(self.configuration.get("ParameterOverrides") or "{}")
        parameters = {**from_file.get("Parameters", {}), **overrides}
        capabilities = self.configuration.get("Capabilities", "").replace(",", " ").split()
        role = self.configuration.get("RoleArn")
        return {
            **given,
            "StackName": self.stack,
            "Parameters": [
                {"ParameterKey": key, "ParameterValue": self._value(value)}
                for key, value in parameters.items()
            ],
            "Tags": [
                {"Key": key, "Value": value} for key, value in from_file.get("Tags", {}).items()
            ],
            "Capabilities": capabilities,
            **({"RoleARN": role} if role else {}),
        }

    def status(self) -> str:
        """The stack's status; empty where there is none."""
        try:
            found = self.cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return ""
            raise
        status = str(found["StackStatus"])
        return "" if status == "REVIEW_IN_PROGRESS" else status

    def wait(self, waiter: str, **named: str) -> None:
        try:
            self.cloudformation.get_waiter(waiter).wait(
                StackName=self.stack, WaiterConfig=AT_ONCE, **named
            )
        except WaiterError as error:
            reason = error.last_response.get("StatusReason") or self._why() or str(error)
            if NO_CHANGES not in reason and NO_UPDATES not in reason:
                raise ActionError("JobFailed", f"{self.stack}: {reason}") from error

    def deployed(self) -> Deployed:
        found = self.cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]
        outputs = {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}
        name = self.configuration.get("OutputFileName")
        file = single(name, json.dumps(outputs)) if name else b""
        return Deployed(found["StackId"], outputs, file)

    def _why(self) -> str:
        """The first reason a resource gave."""
        events = self.cloudformation.describe_stack_events(StackName=self.stack)["StackEvents"]
        failed = [one for one in events if one["ResourceStatus"].endswith("_FAILED")]
        return failed[-1].get("ResourceStatusReason", "") if failed else ""

    def _uploaded(self, text: str) -> dict[str, str]:
        """A template too large for a request goes by way of the artifact store."""
        artifact = self.store.new("template")
        self.store.write(artifact, text.encode())
        return {"TemplateURL": f"https://{artifact.bucket}.s3.amazonaws.com/{artifact.key}"}

    def _value(self, value: Any) -> str:
        if not isinstance(value, dict):
            return str(value)
        ((function, arguments),) = value.items()
        if function == "Fn::GetParam":
            artifact, name, key = arguments
            return str(json.loads(self.store.file(self.inputs, f"{artifact}::{name}"))[key])
        if function == "Fn::GetArtifactAtt":
            artifact = self.inputs[arguments[0]]
            where = {"BucketName": artifact.bucket, "ObjectKey": artifact.key}
            return where[arguments[1]]
        raise ActionError("InvalidActionConfiguration", f"ParameterOverrides: {function}")


def perform(
    configuration: Configuration,
    inputs: Mapping[str, Artifact],
    store: Store,
    cloudformation: Any,
) -> Deployed:
    """Carry out the action's mode.

    Raises ActionError when the stack does not reach the state asked for, and ClientError when
    CloudFormation refuses the request.
    """
    deployment = _Deployment(configuration, inputs, store, cloudformation)
    mode = deployment.required("ActionMode")
    if mode not in _MODES:
        raise ActionError("InvalidActionConfiguration", f"ActionMode {mode} is not known")
    return _MODES[mode](deployment)


def _create_update(deployment: _Deployment) -> Deployed:
    api = deployment.cloudformation
    if not deployment.status():
        api.create_stack(**deployment.template())
        deployment.wait("stack_create_complete")
        return deployment.deployed()
    try:
        api.update_stack(**deployment.template())
    except ClientError as error:
        if NO_UPDATES not in str(error):
            raise
    else:
        deployment.wait("stack_update_complete")
    return deployment.deployed()


def _replace_on_failure(deployment: _Deployment) -> Deployed:
    if deployment.status() in DEAD:
        _delete_only(deployment)
    return _create_update(deployment)


def _delete_only(deployment: _Deployment) -> Deployed:
    deployment.cloudformation.delete_stack(StackName=deployment.stack)
    deployment.wait("stack_delete_complete")
    return Deployed()


def _change_set_replace(deployment: _Deployment) -> Deployed:
    api, name = deployment.cloudformation, deployment.required("ChangeSetName")
    exists = bool(deployment.status())
    if exists:
        try:
            api.delete_change_set(StackName=deployment.stack, ChangeSetName=name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ChangeSetNotFound":
                raise
    made = api.create_change_set(
        **deployment.template(),
        ChangeSetName=name,
        ChangeSetType="UPDATE" if exists else "CREATE",
    )
    deployment.wait("change_set_create_complete", ChangeSetName=name)
    return Deployed(made["StackId"])


def _change_set_execute(deployment: _Deployment) -> Deployed:
    api, name = deployment.cloudformation, deployment.required("ChangeSetName")
    found = api.describe_change_set(StackName=deployment.stack, ChangeSetName=name)
    if found["Status"] == "FAILED" and not found.get("Changes"):
        return deployment.deployed()
    exists = bool(deployment.status())
    api.execute_change_set(StackName=deployment.stack, ChangeSetName=name)
    deployment.wait("stack_update_complete" if exists else "stack_create_complete")
    return deployment.deployed()


_MODES = {
    "CREATE_UPDATE": _create_update,
    "REPLACE_ON_FAILURE": _replace_on_failure,
    "DELETE_ONLY": _delete_only,
    "CHANGE_SET_REPLACE": _change_set_replace,
    "CHANGE_SET_EXECUTE": _change_set_execute,
}
