"""A pipeline execution's state changes, as the events that CodePipeline emits of them.

Source: "Monitoring CodePipeline events", AWS CodePipeline User Guide. Executions are announced;
their stages and actions are not.
"""

from __future__ import annotations

from moto_fixtures import events
from moto_fixtures.codepipeline.executions import IN_PROGRESS, Execution

SOURCE = "aws.codepipeline"
EXECUTION = "CodePipeline Pipeline Execution State Change"


def execution_changed(execution: Execution, arn: str, region: str, account: str) -> None:
    """Say that an execution has another status than when it was last announced."""
    status, before = execution.status, execution.announced
    if status == before:
        return
    execution.announced = status
    begun = "RESUMED" if before else "STARTED"
    detail = {
        "pipeline": execution.name,
        "execution-id": execution.run_id,
        "state": begun if status == IN_PROGRESS else status.upper(),
        "version": execution.pipeline["version"],
    }
    events.emit(EXECUTION, detail, [arn], region=region, account=account, source=SOURCE)
