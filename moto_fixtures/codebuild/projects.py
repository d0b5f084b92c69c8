"""A CodeBuild project: what is configured once, and shown as it was configured."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from moto.core.utils import utcnow

from moto_fixtures import clients
from moto_fixtures.codebuild.errors import InvalidInputException

DEFAULTS: dict[str, Any] = {
    "cache": {"type": "NO_CACHE"},
    "timeoutInMinutes": 60,
    "queuedTimeoutInMinutes": 480,
}


class Project:
    """One project. Describe echoes the request it stored."""

    def __init__(self, request: dict[str, Any], arn: str) -> None:
        self.arn = arn
        self.request = request
        self.builds = 0
        """How many were started: the next one's number less one."""
        self.created = self.modified = utcnow()

    @property
    def name(self) -> str:
        return str(self.request["name"])

    @property
    def service_role(self) -> str:
        return str(self.request["serviceRole"])

    @property
    def tags(self) -> list[dict[str, str]]:
        return list(self.request.get("tags") or [])

    @property
    def project_metadata(self) -> dict[str, Any]:
        """As BatchGetProjects shows it, under the name by which moto asks for it."""
        shown = {
            member: value for member, value in self.request.items() if member != "badgeEnabled"
        }
        return {
            **DEFAULTS,
            "encryptionKey": self._default_key(),
            **shown,
            "arn": self.arn,
            "badge": {"badgeEnabled": bool(self.request.get("badgeEnabled"))},
            "created": self.created,
            "lastModified": self.modified,
        }

    def update(self, request: dict[str, Any]) -> None:
        """Replace what the request names; the rest stays."""
        self.request = {**self.request, **request}
        self.modified = utcnow()

    def _default_key(self) -> str:
        _, partition, _, region, account, _ = self.arn.split(":", 5)
        return f"arn:{partition}:kms:{region}:{account}:alias/aws/s3"


def check(request: dict[str, Any], region: str, account: str) -> None:
    """Refuse a project that could not be built: its parts contradict each other."""
    source, artifacts = request["source"], request["artifacts"]
    if source["type"] not in ("NO_SOURCE", "CODEPIPELINE") and not source.get("location"):
        raise InvalidInputException("Project source location is required")
    if source["type"] == "NO_SOURCE" and not source.get("buildspec"):
        raise InvalidInputException(
            "Project source type NO_SOURCE requires a buildspec in the project"
        )
    if artifacts["type"] == "S3" and not artifacts.get("location"):
        raise InvalidInputException("Invalid artifacts: artifact location is required")
    if artifacts["type"] == "NO_ARTIFACTS" and artifacts.get("location"):
        raise InvalidInputException(
            "Invalid artifacts: artifact type NO_ARTIFACTS should have null location"
        )
    if (source["type"] == "CODEPIPELINE") != (artifacts["type"] == "CODEPIPELINE"):
        raise InvalidInputException(
            "Source and artifacts must both be of type CODEPIPELINE, or neither"
        )
    _check_role(request["serviceRole"], region, account)


def _check_role(role: str, region: str, account: str) -> None:
    iam = clients.client("iam", region, account)
    try:
        found = iam.get_role(RoleName=role.rpartition("/")[2])["Role"]["Arn"]
    except ClientError:
        found = None
    if found is None or (role.startswith("arn:") and role != found):
        raise InvalidInputException(
            f"CodeBuild is not authorized to perform: sts:AssumeRole on {role}"
        )
