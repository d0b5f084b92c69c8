"""What of CodeBuild's requests is refused by name, and what is taken but has no effect.

`refuse` reads the first table. docs/offline-aws.md is generated from both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto_fixtures.codebuild.errors import NotSimulatedError

REFUSED: Mapping[str, str] = {
    "autoRetryLimit": "A failed build stays failed; RetryBuild starts it again.",
    "autoRetryLimitOverride": "A failed build stays failed; RetryBuild starts it again.",
    "buildBatchConfig": "There are no batches.",
    "debugSessionEnabled": "There is no session to open.",
    "fileSystemLocations": "Nothing is mounted.",
    "fleetOverride": "There are no fleets.",
}
"""Members that change what happens, and would be dropped in silence: member → why."""

WITHOUT_EFFECT: Mapping[str, str] = {
    "badgeEnabled": "No badge is drawn.",
    "cache": "Nothing is kept; each build is the first.",
    "concurrentBuildLimit": "Builds begin at once.",
    "encryptionKey": "Shown; artifacts are encrypted as their bucket says.",
    "environment": "Its variables count. This machine stands in for the image, whatever its "
    "size; `privilegedMode` gives nothing.",
    "queuedTimeoutInMinutes": "Builds begin at once.",
    "resourceAccessRole": "No role is assumed.",
    "serviceRole": "Must exist. Commands have its credentials; no permission is checked.",
    "vpcConfig": "Nothing runs in a network.",
}
"""Members checked, stored and shown, but not carried out: member → what instead."""


def refuse(action: str, request: Mapping[str, Any]) -> None:
    """Raise NotSimulatedError, naming a member of the request that would be ignored."""
    for member, why in REFUSED.items():
        if request.get(member):
            raise NotSimulatedError(f"{member} of codebuild:{action}", why)
    kind = (request.get("environment") or {}).get("type") or request.get("environmentTypeOverride")
    if kind and kind.startswith("WINDOWS"):
        raise NotSimulatedError(f"environment type {kind}", "Builds run in a POSIX shell.")
    logs = request.get("logsConfig") or request.get("logsConfigOverride") or {}
    if logs.get("s3Logs", {}).get("status") == "ENABLED":
        raise NotSimulatedError("logsConfig.s3Logs", "Logs go to CloudWatch Logs.")
