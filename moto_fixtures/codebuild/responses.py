"""The actions of CodeBuild's API: every request validated, everything missing refused by name."""

from __future__ import annotations

from collections.abc import Sequence

from moto.codebuild.models import codebuild_backends
from moto.codebuild.responses import CodeBuildResponse
from moto.core.responses import ActionResult, EmptyResult

from moto_fixtures.checked_actions import CheckedActions
from moto_fixtures.codebuild import limits
from moto_fixtures.codebuild.backend import Backend
from moto_fixtures.codebuild.errors import InvalidInputException

PAGE = 100


class Response(CheckedActions, CodeBuildResponse):
    """moto's actions, ours before them."""

    @property
    def backend(self) -> Backend:
        found: Backend = codebuild_backends[self.current_account][self.region]
        return found

    def invalid(self, message: str) -> InvalidInputException:
        return InvalidInputException(message)

    def refuse(self, action: str) -> None:
        limits.refuse(action, self.params)

    def create_project(self) -> ActionResult:
        return ActionResult({"project": self.backend.create(self.params).project_metadata})

    def update_project(self) -> ActionResult:
        return ActionResult({"project": self.backend.update(self.params).project_metadata})

    def batch_get_projects(self) -> ActionResult:
        found = self.backend.batch_get_projects(self.params["names"])
        known = {one[key] for one in found for key in ("name", "arn")}
        missing = [name for name in self.params["names"] if name not in known]
        return ActionResult({"projects": found, "projectsNotFound": missing})

    def start_build(self) -> ActionResult:
        return ActionResult({"build": self.backend.start(self.params).document})

    def retry_build(self) -> ActionResult:
        return ActionResult({"build": self.backend.retry(self.params["id"]).document})

    def stop_build(self) -> ActionResult:
        return ActionResult({"build": self.backend.stop(self.params["id"]).document})

    def batch_get_builds(self) -> ActionResult:
        asked = {name.rpartition(":build/")[2]: name for name in self.params["ids"]}
        builds = self.backend.builds
        return ActionResult(
            {
                "builds": [builds[one].document for one in asked if one in builds],
                "buildsNotFound": [name for one, name in asked.items() if one not in builds],
            }
        )

    def batch_delete_builds(self) -> ActionResult:
        deleted, kept = [], []
        for name in self.params["ids"]:
            build = self.backend.builds.get(name.rpartition(":build/")[2])
            if build is None or not build.is_complete:
                status = "BUILD_IN_PROGRESS" if build else "BUILD_NOT_FOUND"
                kept.append({"id": name, "statusCode": status})
            else:
                del self.backend.builds[build.document["id"]]
                deleted.append(build.arn)
        return ActionResult({"buildsDeleted": deleted, "buildsNotDeleted": kept})

    def list_builds(self) -> ActionResult:
        return self._page(list(self.backend.builds))

    def list_builds_for_project(self) -> ActionResult:
        name = self.backend.project(self.params["projectName"]).name
        builds = self.backend.builds.items()
        return self._page([one for one, build in builds if build.document["projectName"] == name])

    def delete_project(self) -> EmptyResult:
        self.backend.delete_project(self.params["name"].rpartition(":project/")[2])
        return EmptyResult()

    def _page(self, ids: Sequence[str]) -> ActionResult:
        """Newest first unless asked otherwise; a page's token is where the next begins."""
        ordered = list(ids)
        if self.params.get("sortOrder", "DESCENDING") == "DESCENDING":
            ordered.reverse()
        token = self.params.get("nextToken") or "0"
        if not token.isdecimal() or int(token) > len(ordered):
            raise InvalidInputException("Invalid nextToken provided")
        start, end = int(token), int(token) + PAGE
        more = {"nextToken": str(end)} if end < len(ordered) else {}
        return ActionResult({"ids": ordered[start:end], **more})
