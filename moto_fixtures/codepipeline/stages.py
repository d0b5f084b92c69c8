"""The way of an execution through its stages: who may enter, what runs, what it waits for.

One execution is in a stage at a time. One that cannot enter waits before it, and takes the
place of any that waited there already: that one is Superseded. An execution that waits (for a
stage, or in one for an approval) occupies no thread; what ends the waiting starts one.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from moto.codepipeline.models import CodePipeline

from moto_fixtures import work
from moto_fixtures.codepipeline import actions, announcing
from moto_fixtures.codepipeline.actions import Task
from moto_fixtures.codepipeline.artifacts import Store
from moto_fixtures.codepipeline.executions import (
    ABANDONED,
    FAILED,
    IN_PROGRESS,
    STOPPED,
    STOPPING,
    SUCCEEDED,
    SUPERSEDED,
    ActionError,
    ActionRun,
    Execution,
)

_lock = threading.RLock()
"""Held while an execution moves from stage to stage, never while an action runs."""


class Pipeline(CodePipeline):
    """A pipeline, and where its executions stand."""

    def __init__(self, account: str, region: str, declared: dict[str, Any]) -> None:
        super().__init__(account, region, declared)
        self.account, self.region = account, region
        self.runs: dict[str, Execution] = {}
        """By id, the newest last."""
        self.latest: dict[str, Execution] = {}
        """The last execution that entered each stage."""
        self.transitions: dict[str, dict[str, Any]] = {}
        """What was said of the way into a stage, where it is disabled or was."""

    @property
    def arn(self) -> str:
        return str(self._arn)

    def announce(self, execution: Execution) -> None:
        """Say what has become of an execution, if that is new."""
        announcing.execution_changed(execution, self.arn, self.region, self.account)

    def store(self, execution: Execution) -> Store:
        declared = execution.pipeline
        one = declared.get("artifactStore") or declared["artifactStores"][self.region]
        return Store(one["location"], execution.name, self.region, self.account)

    def work_name(self, execution: Execution) -> str:
        return f"{self.arn}:{execution.run_id}"


def set_off(pipeline: Pipeline, execution: Execution) -> None:
    """Let an execution enter its stage, or wait before it."""
    with _lock:
        pipeline.announce(execution)
        if _enter(pipeline, execution):
            _start(pipeline, execution)


def go_on(pipeline: Pipeline, execution: Execution) -> None:
    """What an execution waited for in its stage has come."""
    work.wait(pipeline.work_name(execution))
    _start(pipeline, execution)


def admit(pipeline: Pipeline, stage: str) -> None:
    """Let whoever waits before a stage enter it, if one may now."""
    with _lock:
        for execution in list(pipeline.runs.values()):
            if execution.is_waiting and execution.stage_name == stage:
                set_off(pipeline, execution)


def retry(pipeline: Pipeline, execution: Execution, *, everything: bool) -> None:
    """Run the failed actions of an execution's stage again, or all of them."""
    with _lock:
        execution.current = {
            name: run
            for name, run in execution.current.items()
            if run.status == SUCCEEDED and not everything
        }
        execution.status, execution.summary, execution.stop = IN_PROGRESS, "", ""
        set_off(pipeline, execution)


def stop(pipeline: Pipeline, execution: Execution, reason: str, *, abandon: bool) -> None:
    """End an execution: after the action that runs, or at once and whatever becomes of that."""
    with _lock:
        running = [run for run in execution.current.values() if run.status == IN_PROGRESS]
        execution.status, execution.stop = STOPPING, reason or STOPPED
        pipeline.announce(execution)
        if running and not abandon:
            return
        for run in running:
            run.end(ABANDONED)
        if not execution.is_waiting:
            execution.stages[execution.stage_name] = STOPPED
        execution.end(STOPPED, reason)
        pipeline.announce(execution)
        admit(pipeline, execution.stage_name)


def _start(pipeline: Pipeline, execution: Execution) -> None:
    work.start(pipeline.work_name(execution), lambda: _run(pipeline, execution), lambda: None)


def _enter(pipeline: Pipeline, execution: Execution) -> bool:
    stage = execution.stage_name
    inside = pipeline.latest.get(stage)
    is_occupied = (
        inside is not None and inside is not execution and (inside.stages.get(stage) == IN_PROGRESS)
    )
    is_open = pipeline.transitions.get(stage, {}).get("enabled", True)
    if is_occupied or not is_open:
        for other in pipeline.runs.values():
            if other is not execution and other.is_waiting and other.stage_name == stage:
                other.end(SUPERSEDED)
                pipeline.announce(other)
        execution.is_waiting = True
        return False
    execution.is_waiting = False
    execution.stages[stage] = IN_PROGRESS
    pipeline.latest[stage] = execution
    return True


def _run(pipeline: Pipeline, execution: Execution) -> None:
    """Go through the stages until there is something to wait for, or an end."""
    while True:
        outcome = _run_stage(pipeline, execution)
        with _lock:
            if outcome == IN_PROGRESS or execution.status == STOPPED:
                return
            left = execution.stage_name
            execution.stages[left] = outcome
            if outcome != SUCCEEDED:
                execution.end(outcome, execution.stop)
            elif execution.stage + 1 == len(execution.pipeline["stages"]):
                execution.end(SUCCEEDED)
            else:
                execution.stage, execution.current = execution.stage + 1, {}
            pipeline.announce(execution)
            admit(pipeline, left)
            if execution.status != IN_PROGRESS or not _enter(pipeline, execution):
                return


def _run_stage(pipeline: Pipeline, execution: Execution) -> str:
    """Run what has not succeeded yet; how the stage stands afterwards."""
    declared = execution.pipeline["stages"][execution.stage]
    for order in sorted({action.get("runOrder", 1) for action in declared["actions"]}):
        statuses = []
        for action in declared["actions"]:
            if action.get("runOrder", 1) != order:
                continue
            run = execution.current.get(action["name"])
            if run is None:
                if execution.status in (STOPPING, STOPPED):
                    return STOPPED
                run = _act(pipeline, execution, action)
            statuses.append(run.status)
        if FAILED in statuses:
            return FAILED
        if IN_PROGRESS in statuses:
            return IN_PROGRESS
    return STOPPED if execution.status in (STOPPING, STOPPED) else SUCCEEDED


def _act(pipeline: Pipeline, execution: Execution, action: Mapping[str, Any]) -> ActionRun:
    """Carry out one action, and keep what it made and said."""
    store = pipeline.store(execution)
    run = ActionRun(execution.stage_name, action, execution.pipeline["version"])
    execution.current[action["name"]] = run
    execution.history.append(run)
    try:
        given = action.get("configuration") or {}
        run.configuration = {key: execution.resolve(value) for key, value in given.items()}
        named = [one["name"] for one in action.get("inputArtifacts") or ()]
        run.inputs = [execution.artifacts[name] for name in named]
    except ActionError as error:
        run.fail(error)
        return run
    run.outputs = [store.new(one["name"]) for one in action.get("outputArtifacts") or ()]
    actions.perform(Task(run, execution, store))
    with _lock:
        execution.updated = run.updated
        if run.status == SUCCEEDED:
            execution.artifacts |= {one.name: one for one in run.outputs}
            if namespace := action.get("namespace"):
                execution.namespaces[namespace] = run.variables
    return run
