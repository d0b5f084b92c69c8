"""A tuning job: training jobs over the ranges of their hyperparameters, and the best of them.

Needs     CreateHyperParameterTuningJob's request; a script that prints its objective
Writes    training jobs like any other; the counters; the best one

As many run side by side as MaxParallelTrainingJobs says. A job counts by the last value of its
objective. When five have ended and none has a value, the tuning job fails, as the service's.
"""

from __future__ import annotations

import copy
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol

from moto_fixtures.jobs import search, training
from moto_fixtures.jobs.background import JobError, Outcome, wait
from moto_fixtures.sagemaker.errors import AWSValidationException, NotSimulatedError

OBJECTIVE = "_tuning_objective_metric"
"""The hyperparameter that names the objective to the script."""
PASSED_ON = (
    "AlgorithmSpecification", "RoleArn", "InputDataConfig", "VpcConfig", "OutputDataConfig",
    "ResourceConfig", "StoppingCondition", "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining", "CheckpointConfig",
    "RetryStrategy", "Environment",
)  # fmt: skip
"""Members of a training job's definition that are its request's too."""
PATIENCE = 5
"""Jobs without a value after which the service gives up."""
NO_SUCCESS = (
    f"No training job succeeded after {PATIENCE} attempts. Please take a look at the training job "
    "failures to get more details."
)
NO_OBJECTIVE = (
    f"No objective metrics found after running {PATIENCE} training jobs. Please ensure that the "
    "custom algorithm is emitting the objective metric as defined by the regular expression "
    "provided."
)


class Trial(Protocol):
    """A training job of a tuning job."""

    name: str
    arn: str
    status: str
    metrics: Any

    def stop(self) -> None:
        """Ask it to stop."""


class TuningJob(Protocol):
    """What running one needs to know of a job."""

    name: str
    request: dict[str, Any]
    stopping: Any
    trials: Any
    """The training jobs it has begun, each with its values."""

    def begin_trial(self, request: dict[str, Any], values: dict[str, str]) -> Trial:
        """Begin a training job."""

    def value_of(self, trial: Any) -> float | None:
        """The objective of a training job; None while it has none."""

    @property
    def best(self) -> Any:
        """The training job with the best value so far, or None."""


def check(request: Mapping[str, Any]) -> None:
    """Refuse what would not run, before anything is made."""
    config = request["HyperParameterTuningJobConfig"]
    if config["Strategy"] not in (*search.DRAWN, search.COUNTED):
        raise NotSimulatedError(f"The tuning strategy {config['Strategy']}")
    if request.get("TrainingJobDefinitions") or "TrainingJobDefinition" not in request:
        raise NotSimulatedError("Tuning several algorithms (TrainingJobDefinitions)")
    for member in ("AutoParameters",):
        if config.get("ParameterRanges", {}).get(member):
            raise NotSimulatedError(f"{member} of a tuning job")
    criteria = config.get("TuningJobCompletionCriteria", {})
    if criteria.get("ConvergenceDetected", {}).get("CompleteOnConvergence") == "Enabled":
        raise NotSimulatedError("ConvergenceDetected of a tuning job")
    ranges = config.get("ParameterRanges", {})
    wrong = search.problem(config["Strategy"], ranges)
    if wrong:
        raise AWSValidationException(wrong)
    definition, objective = request["TrainingJobDefinition"], _objective(config)
    defined = definition["AlgorithmSpecification"].get("MetricDefinitions", ())
    if objective["MetricName"] not in {one["Name"] for one in defined}:
        raise AWSValidationException(
            f"The objective {objective['MetricName']!r} is not among the MetricDefinitions of the "
            "training job's AlgorithmSpecification."
        )
    first = next(search.candidates(config["Strategy"], ranges, 0))
    training.check(_training_request("check", definition, objective, first))


def limit(config: Mapping[str, Any]) -> int:
    """How many training jobs it makes at most."""
    most = config["ResourceLimits"].get("MaxNumberOfTrainingJobs")
    if config["Strategy"] != search.COUNTED:
        return most or 1
    every = search.combinations(config.get("ParameterRanges", {}))
    return min(most or every, every)


def carry_out(job: TuningJob) -> Outcome:
    """Run a job to its end."""
    config = job.request["HyperParameterTuningJobConfig"]
    limits = config["ResourceLimits"]
    until = time.monotonic() + limits.get("MaxRuntimeInSeconds", float("inf"))
    requests = _requests(job, config)
    running: list[Trial] = []
    try:
        while not job.stopping.is_set() and time.monotonic() < until:
            free = limits["MaxParallelTrainingJobs"] - len(running)
            running += [job.begin_trial(*one) for one in islice(requests, free)]
            if not running:
                break
            ended = _first_ended(job, running, until)
            running = [one for one in running if one not in ended]
            _give_up(job)
            if ended and _is_done(job, config):
                break
    finally:
        for trial in running:
            trial.stop()
        for trial in running:
            wait(trial.arn)
    return Outcome("Stopped") if job.stopping.is_set() else _outcome(job)


def better(kind: str, value: float, than: float) -> bool:
    """Whether one objective is better than another, the objective being of a kind."""
    return value > than if kind == "Maximize" else value < than


def _objective(config: Mapping[str, Any]) -> Mapping[str, str]:
    if "HyperParameterTuningJobObjective" not in config:
        raise AWSValidationException("The tuning job names no HyperParameterTuningJobObjective.")
    return dict(config["HyperParameterTuningJobObjective"])


def _requests(
    job: TuningJob, config: Mapping[str, Any]
) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """The training jobs' requests, as many as there may be, each with its values."""
    found = search.candidates(
        config["Strategy"], config.get("ParameterRanges", {}), config.get("RandomSeed")
    )
    definition, objective = job.request["TrainingJobDefinition"], _objective(config)
    for number, values in enumerate(islice(found, limit(config)), 1):
        name = f"{job.name}-{number:03}-{uuid.uuid4().hex[:8]}"
        yield _training_request(name, definition, objective, values), values


def _training_request(
    name: str,
    definition: Mapping[str, Any],
    objective: Mapping[str, str],
    values: Mapping[str, str],
) -> dict[str, Any]:
    given = {one: copy.deepcopy(definition[one]) for one in PASSED_ON if one in definition}
    return {
        "TrainingJobName": name,
        **given,
        "HyperParameters": {
            OBJECTIVE: objective["MetricName"],
            **definition.get("StaticHyperParameters", {}),
            **values,
        },
    }


def _first_ended(job: TuningJob, running: Sequence[Trial], until: float) -> list[Trial]:
    """Wait until one has ended, it shall stop, or it has had its time."""
    while not job.stopping.wait(0.05) and time.monotonic() < until:
        ended = [one for one in running if one.status in ("Completed", "Failed", "Stopped")]
        if ended:
            return ended
    return []


def _give_up(job: TuningJob) -> None:
    ended = [one for one, _ in job.trials if one.status in ("Completed", "Failed", "Stopped")]
    if len(ended) < PATIENCE or any(job.value_of(one) is not None for one in ended):
        return
    succeeded = any(one.status == "Completed" for one in ended)
    raise JobError(NO_OBJECTIVE if succeeded else NO_SUCCESS)


def _is_done(job: TuningJob, config: Mapping[str, Any]) -> bool:
    """Whether its completion criteria are met."""
    criteria, kind = config.get("TuningJobCompletionCriteria", {}), _objective(config)["Type"]
    best = job.best
    if best is None:
        return False
    value, target = job.value_of(best), criteria.get("TargetObjectiveMetricValue")
    assert value is not None
    if target is not None and not better(kind, target, value):
        return True
    patience = criteria.get("BestObjectiveNotImproving", {})
    most = patience.get("MaxNumberOfTrainingJobsNotImproving")
    names = [one.name for one, _ in job.trials if job.value_of(one) is not None]
    return most is not None and len(names) - 1 - names.index(best.name) >= most


def _outcome(job: TuningJob) -> Outcome:
    if job.best is not None:
        return Outcome()
    succeeded = any(one.status == "Completed" for one, _ in job.trials)
    raise JobError(NO_OBJECTIVE if succeeded else NO_SUCCESS)
