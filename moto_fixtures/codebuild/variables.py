"""What a build's commands see: the variables of its project, and values kept elsewhere."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from moto_fixtures import clients
from moto_fixtures.jobs import address

PASSED_ON = (
    "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "LD_LIBRARY_PATH", "USER",
)  # fmt: skip
"""Variables of this process that commands keep: what programs need to start."""
SECRET_ARN_PARTS = 7


class LookUpError(Exception):
    """A value is not where the build looks for it; never says the value."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def environment(build: Mapping[str, Any], region: str, account: str) -> dict[str, str]:
    """All that a build's commands start with.

    Raises LookUpError for a variable whose value is kept elsewhere, and is not there.
    """
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {
        **kept,
        **address.variables(build["serviceRole"], region, account),
        **codebuild(build),
        **resolved(build["environment"].get("environmentVariables") or [], region, account),
    }


def codebuild(build: Mapping[str, Any]) -> dict[str, str]:
    """What CodeBuild says of the build."""
    log = build["logs"]
    return {
        "CODEBUILD_BUILD_ARN": build["arn"],
        "CODEBUILD_BUILD_ID": build["id"],
        "CODEBUILD_BUILD_IMAGE": build["environment"].get("image", ""),
        "CODEBUILD_BUILD_NUMBER": str(build["buildNumber"]),
        "CODEBUILD_INITIATOR": build["initiator"],
        "CODEBUILD_KMS_KEY_ID": build["encryptionKey"],
        "CODEBUILD_LOG_PATH": log.get("streamName", ""),
        "CODEBUILD_SOURCE_VERSION": build.get("sourceVersion", ""),
    }


def resolved(declared: Sequence[Mapping[str, str]], region: str, account: str) -> dict[str, str]:
    """The values of a project's variables, by their type."""
    sections = {"PARAMETER_STORE": "parameter-store", "SECRETS_MANAGER": "secrets-manager"}
    return {
        one["name"]: (
            one["value"]
            if one.get("type", "PLAINTEXT") == "PLAINTEXT"
            else look_up(sections[one["type"]], one["value"], region, account)
        )
        for one in declared
    }


def look_up(section: str, reference: str, region: str, account: str) -> str:
    """A value of the Parameter Store or of Secrets Manager.

    A secret is named `id[:json-key[:version-stage[:version-id]]]`, where id may be an ARN.
    """
    try:
        if section == "parameter-store":
            ssm = clients.client("ssm", region, account)
            found = ssm.get_parameter(Name=reference, WithDecryption=True)["Parameter"]
            return str(found["Value"])
        return _secret(reference, region, account)
    except ClientError as error:
        what = "parameter" if section == "parameter-store" else "secret"
        code = error.response["Error"]["Code"]
        raise LookUpError(
            "Decrypted Variables Error" if what == "parameter" else "Secrets Manager Error",
            f"{what} {reference}: {code}; the build cannot set the variable that names it",
        ) from error


def _secret(reference: str, region: str, account: str) -> str:
    parts = reference.split(":")
    length = SECRET_ARN_PARTS if reference.startswith("arn:") else 1
    name, rest = ":".join(parts[:length]), [*parts[length:], "", "", ""]
    wanted = {"VersionStage": rest[1], "VersionId": rest[2]}
    secrets = clients.client("secretsmanager", region, account)
    found = secrets.get_secret_value(
        SecretId=name, **{member: value for member, value in wanted.items() if value}
    )["SecretString"]
    if not rest[0]:
        return str(found)
    try:
        value = json.loads(found)[rest[0]]
    except (ValueError, KeyError, TypeError) as error:
        raise LookUpError(
            "Secrets Manager Error", f"secret {name} has no JSON key {rest[0]!r}"
        ) from error
    return value if isinstance(value, str) else json.dumps(value)
