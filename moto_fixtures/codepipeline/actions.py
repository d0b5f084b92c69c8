"""What an action does, by its type. Each is carried out through the API of its service.

Needs     the run of an action: its resolved configuration and input artifacts
Leaves    its outputs, variables and external id; raises ActionError when it fails

An approval does nothing: it waits, and `PutApprovalResult` ends it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from botocore.exceptions import ClientError
from moto.codebuild.models import codebuild_backends
from moto.core.exceptions import JsonRESTError

from moto_fixtures import checkout, clients, work
from moto_fixtures.codebuild import sources
from moto_fixtures.codebuild.outputs import Destination
from moto_fixtures.codebuild.sources import Source
from moto_fixtures.codepipeline import stack_actions
from moto_fixtures.codepipeline.artifacts import Artifact, Store
from moto_fixtures.codepipeline.declaration import REPOSITORIES, type_of
from moto_fixtures.codepipeline.executions import SUCCEEDED, ActionError, ActionRun, Execution


@dataclass(frozen=True, slots=True)
class Task:
    """One action to be carried out."""

    run: ActionRun
    execution: Execution
    store: Store

    @property
    def region(self) -> str:
        return str(self.run.action.get("region") or self.store.region)

    def client(self, service: str) -> Any:
        return clients.client(service, self.region, self.store.account)

    def setting(self, name: str) -> str:
        """A value of the configuration that must be there."""
        try:
            return self.run.configuration[name]
        except KeyError:
            raise ActionError(
                "InvalidActionConfiguration", f"The configuration has no {name}"
            ) from None


def perform(task: Task) -> None:
    """Carry an action out, unless it is one that waits."""
    kind = type_of(task.run.action)
    try:
        _PERFORM[kind](task)
    except ActionError as error:
        task.run.fail(error)
    except JsonRESTError as error:
        task.run.fail(ActionError("JobFailed", str(error.message)))
    except (ClientError, LookupError, ValueError) as error:
        task.run.fail(ActionError("JobFailed", str(error)))
    else:
        if kind[0] != "Approval":
            task.run.end(SUCCEEDED)


def _source_from_s3(task: Task) -> None:
    bucket, key = task.setting("S3Bucket"), task.setting("S3ObjectKey")
    found = task.client("s3").get_object(Bucket=bucket, Key=key)
    etag = found["ETag"].strip('"')
    revision = found.get("VersionId") or etag
    _keep_source(task, found["Body"].read(), revision)
    task.run.variables = {
        "BucketName": bucket,
        "ETag": etag,
        "ObjectKey": key,
        "VersionId": str(found.get("VersionId") or "null"),
    }


def _source_from_checkout(task: Task) -> None:
    member = REPOSITORIES[type_of(task.run.action)]
    name = task.setting(member)
    branch = task.run.configuration.get("BranchName") or task.setting("Branch")
    repository = checkout.registered(name)
    if repository is None:
        raise ActionError("JobFailed", f"no checkout of {name} is registered on this machine")
    with TemporaryDirectory(prefix="codepipeline-") as unpacked:
        commit = checkout.checkout(repository, branch, Path(unpacked))
        _keep_source(task, sources.pack(sources.below(Path(unpacked))), commit)
    task.run.variables = {"BranchName": branch, "CommitId": commit, member: name}


def _keep_source(task: Task, archive: bytes, revision: str) -> None:
    task.run.external_id = task.run.revision = revision
    for artifact in task.run.outputs:
        task.store.write(artifact, archive)


def _build(task: Task) -> None:
    """Start a build of the project and wait for it."""
    name = task.setting("ProjectName")
    given = json.loads(task.run.configuration.get("EnvironmentVariables") or "[]")
    backend = codebuild_backends[task.store.account][task.region]
    if backend.project(name).request["source"]["type"] != "CODEPIPELINE":
        raise ActionError(
            "JobFailed",
            f"Error calling startBuild: project {name} has no source type CODEPIPELINE",
        )
    inputs = task.run.inputs
    primary = task.run.configuration.get("PrimarySource") or inputs[0].name
    build = backend.start(
        {"projectName": name, "environmentVariablesOverride": given},
        {"" if one.name == primary else one.name: _as_source(one) for one in inputs},
        _as_destinations(task.run.outputs),
        f"codepipeline/{task.execution.name}",
    )
    task.run.external_id = build.document["id"]
    work.wait(build.arn)
    if build.document["buildStatus"] != "SUCCEEDED":
        raise ActionError("JobFailed", _why(build.document), build.document["id"])
    task.run.variables = {
        one["name"]: one["value"]
        for one in build.document.get("exportedEnvironmentVariables") or ()
    }


def _as_source(artifact: Artifact) -> Source:
    return Source("S3", f"{artifact.bucket}/{artifact.key}")


def _as_destinations(outputs: list[Artifact]) -> dict[str, Destination]:
    """The only output takes the primary artifacts; of several, each takes those of its name."""
    return {
        "" if len(outputs) == 1 else one.name: Destination(one.bucket, one.key, is_zip=True)
        for one in outputs
    }


def _why(build: dict[str, Any]) -> str:
    told = f"Build terminated with state: {build['buildStatus']}."
    for phase in build["phases"]:
        if phase.get("phaseStatus") not in (None, "SUCCEEDED"):
            context = phase["contexts"][0]
            return (
                f"{told} Phase: {phase['phaseType']}, Code: {context['statusCode']}, "
                f"Message: {context['message']}"
            )
    return told


def _deploy_to_s3(task: Task) -> None:
    bucket = task.setting("BucketName")
    key = task.run.configuration.get("ObjectKey", "")
    archive = task.store.read(task.run.inputs[0])
    s3 = task.client("s3")
    if task.run.configuration.get("Extract", "false") != "true":
        s3.put_object(Bucket=bucket, Key=key or task.setting("ObjectKey"), Body=archive)
        return
    with TemporaryDirectory(prefix="codepipeline-") as unpacked:
        sources.unpack(archive, Path(unpacked))
        for name, path in sources.below(Path(unpacked)).items():
            inner = "/".join(filter(None, [key.strip("/"), name]))
            s3.put_object(Bucket=bucket, Key=inner, Body=path.read_bytes())


def _approval(task: Task) -> None:
    """Ask for an approval: a token to give it with, and a notification where one is wanted."""
    task.run.token = str(uuid.uuid4())
    topic = task.run.configuration.get("NotificationArn")
    if not topic:
        return
    approval = {
        "pipelineName": task.execution.name,
        "stageName": task.run.stage,
        "actionName": task.run.action["name"],
        "token": task.run.token,
        "customData": task.run.configuration.get("CustomData"),
        "externalEntityLink": task.run.configuration.get("ExternalEntityLink"),
    }
    task.client("sns").publish(
        TopicArn=topic,
        Subject=f"APPROVAL NEEDED: AWS CodePipeline {task.execution.name}"[:100],
        Message=json.dumps({"region": task.region, "approval": approval}),
    )


def _stack(task: Task) -> None:
    made = stack_actions.perform(
        task.run.configuration,
        {one.name: one for one in task.run.inputs},
        task.store,
        task.client("cloudformation"),
    )
    task.run.external_id, task.run.variables = made.stack_id, made.outputs
    if made.file:
        for artifact in task.run.outputs:
            task.store.write(artifact, made.file)


_PERFORM: dict[tuple[str, str, str], Callable[[Task], None]] = {
    ("Source", "AWS", "S3"): _source_from_s3,
    **dict.fromkeys(REPOSITORIES, _source_from_checkout),
    ("Build", "AWS", "CodeBuild"): _build,
    ("Test", "AWS", "CodeBuild"): _build,
    ("Deploy", "AWS", "CloudFormation"): _stack,
    ("Deploy", "AWS", "S3"): _deploy_to_s3,
    ("Approval", "AWS", "Manual"): _approval,
}
