"""A build's state changes, as the events that CodeBuild emits of them.

Source: "Build notifications sample for CodeBuild" (EventBridge input format), AWS CodeBuild User
Guide. Of `additional-information` the members are given that BatchGetBuilds shows too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto_fixtures import events

SOURCE = "aws.codebuild"
STATE = "CodeBuild Build State Change"


def state_changed(build: Mapping[str, Any], region: str, account: str) -> None:
    """Say that a build has another status; `build` is what BatchGetBuilds answers."""
    detail = {
        "build-status": build["buildStatus"],
        "project-name": build["projectName"],
        "build-id": build["arn"],
        "current-phase": build["currentPhase"],
        "current-phase-context": "[]",
        "version": "1",
        "additional-information": {
            "timeout-in-minutes": build["timeoutInMinutes"],
            "build-complete": build["buildComplete"],
            "initiator": build["initiator"],
            "build-start-time": f"{build['startTime']:%b %-d, %Y %-I:%M:%S %p}",
        },
    }
    events.emit(STATE, detail, [build["arn"]], region=region, account=account, source=SOURCE)
