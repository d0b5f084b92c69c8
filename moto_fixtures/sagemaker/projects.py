"""SageMaker projects: a name, an id, and the tags every resource of the project carries.

AWS provisions a Service Catalog product for a project; here there is none, so a project is
complete the moment it is made.
"""

from __future__ import annotations

import copy
import secrets
import string
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.errors import AWSValidationException
from moto_fixtures.sagemaker.listing import Listing

LISTING = Listing(
    result="ProjectSummaryList",
    sort={"CreationTime": "CreationTime", "Name": "ProjectName"},
    contains={"NameContains": "ProjectName"},
    descending=False,
)
CREATED, UPDATED = "CreateCompleted", "UpdateCompleted"


@dataclass
class Project:
    """One project: the request that made it, and its id."""

    request: dict[str, Any]
    arn: str
    project_id: str
    created: datetime
    tags: list[dict[str, str]] = field(default_factory=list)
    status: str = CREATED
    modified: datetime | None = None

    def describe(self) -> dict[str, Any]:
        shown = {name: value for name, value in self.request.items() if name != "Tags"}
        changed = {"LastModifiedTime": self.modified} if self.modified else {}
        return {**shown, **self.summary(), **changed}

    def update(self, request: dict[str, Any]) -> None:
        """Change the description and add tags; what was provisioned stays as it is."""
        if "ProjectDescription" in request:
            self.request["ProjectDescription"] = request["ProjectDescription"]
        merged = {tag["Key"]: tag["Value"] for tag in [*self.tags, *request.get("Tags", [])]}
        self.tags = [{"Key": key, "Value": value} for key, value in merged.items()]
        self.status, self.modified = UPDATED, utcnow()

    def summary(self) -> dict[str, Any]:
        return {
            "ProjectName": self.request["ProjectName"],
            "ProjectArn": self.arn,
            "ProjectId": self.project_id,
            "ProjectStatus": self.status,
            "CreationTime": self.created,
        }


class ProjectActions:
    """Create, describe, update, list and delete projects."""

    params: dict[str, Any]
    sagemaker_backend: Backend

    def create_project(self) -> ActionResult:
        backend, request = self.sagemaker_backend, copy.deepcopy(self.params)
        name = request["ProjectName"]
        if name in backend.projects:
            raise AWSValidationException(
                f"Project {name} already exists in account {backend.account_id}."
            )
        letters = string.ascii_lowercase + string.digits
        backend.projects[name] = Project(
            request=request,
            arn=backend.arn("project", name),
            project_id="p-" + "".join(secrets.choice(letters) for _ in range(12)),
            created=utcnow(),
            tags=request.get("Tags", []),
        )
        made = backend.projects[name]
        return ActionResult({"ProjectArn": made.arn, "ProjectId": made.project_id})

    def describe_project(self) -> ActionResult:
        return ActionResult(self._project().describe())

    def update_project(self) -> ActionResult:
        found = self._project()
        found.update(self.params)
        return ActionResult({"ProjectArn": found.arn})

    def list_projects(self) -> ActionResult:
        found = self.sagemaker_backend.projects.values()
        return ActionResult(LISTING.answer([one.summary() for one in found], self.params))

    def delete_project(self) -> ActionResult:
        del self.sagemaker_backend.projects[self._project().request["ProjectName"]]
        return EmptyResult()

    def _project(self) -> Project:
        name = self.params["ProjectName"]
        try:
            return self.sagemaker_backend.projects[name]
        except KeyError:
            raise AWSValidationException(f"Project {name} does not exist.") from None
