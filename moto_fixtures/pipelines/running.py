"""An execution from its first ready step to its last, in a thread beside its callers.

Needs     an execution whose definition is simulated throughout
Leaves    Succeeded, Failed or Stopped; a record of every step that began

Steps run one after the other, in the order in which they became ready, whatever
ParallelismConfiguration allows. AWS starts all that are ready at once: so when one fails,
those that were ready with it still run, as far as the parallelism would have let them begin,
and nothing becomes ready any more. A Fail step ends the execution there.

A step behind a branch that was not taken never begins. The clock does not move on past a
running execution, as it does not past a job (work.py).
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping

from moto_fixtures import work
from moto_fixtures.clients import client
from moto_fixtures.pipelines import announcing, jobs, steps
from moto_fixtures.pipelines.definition import Step
from moto_fixtures.pipelines.state import (
    EXECUTING,
    FAILED,
    STOPPED,
    STOPPING,
    SUCCEEDED,
    Execution,
    StepRun,
)

PARALLEL = 50
"""Steps AWS runs at once unless told otherwise (its quota)."""
ONE_FAILED = "Step failure: One or multiple steps failed."
STOPPED_BY_USER = "User stopped the pipeline execution."
log = logging.getLogger(__name__)


def begin(execution: Execution, region: str, account: str) -> None:
    """Run an execution, or what is left of it, in a thread."""
    work.wait(execution.arn)
    announcing.execution_changed(execution, None, region, account)
    work.start(
        execution.arn,
        lambda: _run(execution, region, account),
        lambda: stop(execution, region, account),
    )


def stop(execution: Execution, region: str, account: str) -> None:
    """Let nothing more begin, and stop what runs; an execution that has ended stays so."""
    if execution.status != EXECUTING:
        return
    execution.end(STOPPING)
    announcing.execution_changed(execution, EXECUTING, region, account)
    for run in list(execution.steps.values()):
        if run.status == EXECUTING:
            run.status = STOPPING
            announcing.step_changed(execution, run, EXECUTING, region, account)
            jobs.stop(client("sagemaker", region, account), run)


def _run(execution: Execution, region: str, account: str) -> None:
    try:
        failed = _walk(execution, region, account)
        _end(execution, failed, region, account)
    except Exception as error:
        log.exception("%s", execution.arn)
        execution.end(FAILED, f"InternalServerError: {type(error).__name__}: {error}")


def _end(execution: Execution, failed: bool, region: str, account: str) -> None:
    before = execution.status
    if before == STOPPING:
        execution.end(STOPPED, STOPPED_BY_USER)
    elif failed:
        execution.end(FAILED, ONE_FAILED)
    else:
        execution.end(SUCCEEDED)
    announcing.execution_changed(execution, before, region, account)


def _walk(execution: Execution, region: str, account: str) -> bool:
    """Run what is ready until nothing is, or may be; answer whether a step failed."""
    wanted = _wanted(execution)
    begun = set(execution.steps)
    waiting = deque(_ready(execution, wanted, begun))
    failed = False
    while waiting and execution.status == EXECUTING:
        step = waiting.popleft()
        run = _carry_out(execution, step, region, account)
        if run.status == FAILED and step.type == "Fail":
            return True
        if run.status == FAILED and not failed:
            failed = True
            waiting = deque(list(waiting)[: _parallel(execution) - 1])
        elif not failed:
            waiting.extend(_ready(execution, wanted, begun))
    return failed or any(run.status != SUCCEEDED for run in execution.steps.values())


def _carry_out(execution: Execution, step: Step, region: str, account: str) -> StepRun:
    """Run one step to its end."""
    document = step.document
    run = StepRun(step.name, step.type, document.get("DisplayName"), document.get("Description"))
    execution.steps[step.name] = run
    announcing.step_changed(execution, run, None, region, account)
    steps.carry_out(execution, step, run, region, account)
    before = STOPPING if execution.status == STOPPING else EXECUTING
    announcing.step_changed(execution, run, before, region, account)
    return run


def _wanted(execution: Execution) -> Mapping[str, Step]:
    """The steps to run: all, or those a selective execution selects."""
    every = execution.version.definition.steps
    selection = execution.request.get("SelectiveExecutionConfig")
    if not selection:
        return every
    selected = {one["StepName"] for one in selection["SelectedSteps"]}
    return {name: step for name, step in every.items() if name in selected}


def _ready(execution: Execution, wanted: Mapping[str, Step], begun: set[str]) -> list[Step]:
    """Steps that can begin now and have not; they count as begun."""
    found = [
        step
        for step in wanted.values()
        if step.name not in begun
        and all(_has_succeeded(execution, name) for name in step.after)
        and _is_open(execution, step)
    ]
    begun.update(step.name for step in found)
    return found


def _has_succeeded(execution: Execution, name: str) -> bool:
    return name in execution.steps and execution.steps[name].status == SUCCEEDED


def _is_open(execution: Execution, step: Step) -> bool:
    """Whether the branch a step stands in was taken."""
    if step.gate is None:
        return True
    outcome = execution.steps[step.gate.condition].metadata["Condition"]["Outcome"]
    return bool(outcome == str(step.gate.outcome))


def _parallel(execution: Execution) -> int:
    asked = execution.describe().get("ParallelismConfiguration") or {}
    return int(asked.get("MaxParallelExecutionSteps", PARALLEL))
