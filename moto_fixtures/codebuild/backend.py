"""CodeBuild's projects and builds of one account and region."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from moto.codebuild import urls
from moto.codebuild.models import CodeBuildBackend
from moto.core.utils import utcnow
from moto.utilities.utils import get_partition

from moto_fixtures import work
from moto_fixtures.codebuild import projects
from moto_fixtures.codebuild.builds import IN_PROGRESS, Build
from moto_fixtures.codebuild.errors import (
    InvalidInputException,
    ResourceAlreadyExistsException,
    ResourceNotFoundException,
)
from moto_fixtures.codebuild.outputs import Destination
from moto_fixtures.codebuild.projects import Project
from moto_fixtures.codebuild.sources import Source

Document = Mapping[str, Any]


class Backend(CodeBuildBackend):
    """As moto's, with projects as they were configured and builds that run."""

    _url_module = urls
    """moto derives this from the class's module; ours lies elsewhere."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.codebuild_projects: dict[str, Project] = {}
        self.builds: dict[str, Build] = {}
        """By id, the newest last."""

    def arn(self, noun: str, name: str) -> str:
        partition = get_partition(self.region_name)
        return f"arn:{partition}:codebuild:{self.region_name}:{self.account_id}:{noun}/{name}"

    def create(self, request: dict[str, Any]) -> Project:
        """A new project."""
        arn = self.arn("project", request["name"])
        if request["name"] in self.codebuild_projects:
            raise ResourceAlreadyExistsException(f"Project already exists: {arn}")
        projects.check(request, self.region_name, self.account_id)
        made = self.codebuild_projects[request["name"]] = Project(request, arn)
        return made

    def update(self, request: dict[str, Any]) -> Project:
        """Change a project; what is built already stays built."""
        project = self.project(request["name"])
        changed = {**project.request, **request}
        projects.check(changed, self.region_name, self.account_id)
        project.update(request)
        return project

    def project(self, name: str) -> Project:
        """By name or ARN."""
        found = self.codebuild_projects.get(name.rpartition(":project/")[2])
        if found is None:
            arn = self.arn("project", name)
            raise ResourceNotFoundException(f"Project cannot be found: {arn}")
        return found

    def build(self, build_id: str) -> Build:
        """By id or ARN."""
        found = self.builds.get(build_id.rpartition(":build/")[2])
        if found is None:
            raise ResourceNotFoundException(f"Build {build_id} does not exist")
        return found

    def start(
        self,
        request: Document,
        inputs: Mapping[str, Source] | None = None,
        outputs: Mapping[str, Destination] | None = None,
        initiator: str = "offline",
    ) -> Build:
        """Begin a build; CodePipeline says itself where its artifacts come from and go to."""
        project = self.project(request["projectName"])
        document = self._document(project, request, initiator)
        if inputs is None:
            inputs = _sources(document, request)
            outputs = _destinations(document, request, project)
        for source in inputs.values():
            source.check()
        project.builds += 1
        build = Build(document, self.region_name, self.account_id, inputs, outputs or {})
        self.builds[document["id"]] = build
        build.start()
        return build

    def retry(self, build_id: str) -> Build:
        """The same build once more."""
        before = self.build(build_id)
        if not before.is_complete:
            raise InvalidInputException(f"Build {build_id} is in progress")
        project = self.project(before.document["projectName"])
        document = self._document(project, {}, before.document["initiator"])
        same = ("source", "sourceVersion", "environment", "serviceRole", "timeoutInMinutes")
        document |= {member: before.document[member] for member in same}
        project.builds += 1
        build = Build(document, self.region_name, self.account_id, before.sources, before.outputs)
        self.builds[document["id"]] = build
        build.start()
        return build

    def stop(self, build_id: str) -> Build:
        """End a build; one that is over stays as it is."""
        build = self.build(build_id)
        work.stop(build.arn)
        work.wait(build.arn)
        return build

    def _document(self, project: Project, request: Document, initiator: str) -> dict[str, Any]:
        configured = project.project_metadata
        build_id = f"{project.name}:{uuid.uuid4()}"
        environment = dict(configured["environment"])
        for member in ("type", "image", "computeType", "privilegedMode"):
            environment[member] = request.get(f"{member}Override", environment.get(member))
        declared = {
            one["name"]: one
            for one in (
                *(environment.get("environmentVariables") or ()),
                *(request.get("environmentVariablesOverride") or ()),
            )
        }
        environment["environmentVariables"] = list(declared.values())
        environment = {name: value for name, value in environment.items() if value is not None}
        source = dict(configured["source"])
        for member, override in (
            ("type", "sourceTypeOverride"),
            ("location", "sourceLocationOverride"),
            ("buildspec", "buildspecOverride"),
        ):
            if request.get(override):
                source[member] = request[override]
        return {
            "id": build_id,
            "arn": self.arn("build", build_id),
            "buildNumber": project.builds + 1,
            "startTime": utcnow(),
            "buildStatus": IN_PROGRESS,
            "buildComplete": False,
            "sourceVersion": request.get("sourceVersion", configured.get("sourceVersion", "")),
            "projectName": project.name,
            "source": source,
            "secondarySources": configured.get("secondarySources", []),
            "secondarySourceVersions": configured.get("secondarySourceVersions", []),
            "artifacts": {"location": ""},
            "cache": request.get("cacheOverride", configured["cache"]),
            "environment": environment,
            "serviceRole": request.get("serviceRoleOverride", project.service_role),
            "logs": self._logs(project, request, build_id),
            "timeoutInMinutes": request.get(
                "timeoutInMinutesOverride", configured["timeoutInMinutes"]
            ),
            "queuedTimeoutInMinutes": configured["queuedTimeoutInMinutes"],
            "initiator": initiator,
            "encryptionKey": configured["encryptionKey"],
        }

    def _logs(self, project: Project, request: Document, build_id: str) -> dict[str, Any]:
        asked = request.get("logsConfigOverride") or project.request.get("logsConfig") or {}
        logs = asked.get("cloudWatchLogs") or {"status": "ENABLED"}
        group = logs.get("groupName") or f"/aws/codebuild/{project.name}"
        prefix = f"{logs['streamName']}/" if logs.get("streamName") else ""
        stream = f"{prefix}{build_id.partition(':')[2]}"
        partition = get_partition(self.region_name)
        arn = f"arn:{partition}:logs:{self.region_name}:{self.account_id}:log-group:{group}"
        return {
            "groupName": group,
            "streamName": stream,
            "cloudWatchLogs": logs,
            "cloudWatchLogsArn": f"{arn}:log-stream:{stream}",
        }


def _sources(document: Document, request: Document) -> dict[str, Source]:
    """The primary source and the secondary ones, as the project has them."""
    if document["source"]["type"] == "CODEPIPELINE":
        raise InvalidInputException(
            "Build of a project with source type CODEPIPELINE must be started by CodePipeline"
        )
    versions = {
        one["sourceIdentifier"]: one["sourceVersion"]
        for one in request.get(
            "secondarySourcesVersionOverride", document["secondarySourceVersions"]
        )
    }
    secondary = request.get("secondarySourcesOverride", document["secondarySources"])
    return {
        "": Source.of(document["source"], document["sourceVersion"]),
        **{
            one["sourceIdentifier"]: Source.of(one, versions.get(one["sourceIdentifier"], ""))
            for one in secondary
        },
    }


def _destinations(
    document: Document, request: Document, project: Project
) -> dict[str, Destination]:
    """Where the primary artifacts and the secondary ones go, as far as there are to be any."""
    primary = request.get("artifactsOverride", project.request["artifacts"])
    secondary = request.get(
        "secondaryArtifactsOverride", project.request.get("secondaryArtifacts", [])
    )
    wanted = {"": primary, **{one["artifactIdentifier"]: one for one in secondary}}
    found = {
        name: Destination.of(one, name or project.name, document["id"])
        for name, one in wanted.items()
    }
    return {name: one for name, one in found.items() if one is not None}
