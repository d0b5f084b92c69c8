"""Hyperparameter tuning jobs, run by `moto_fixtures.jobs.tuning`."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

from moto.core.responses import ActionResult, EmptyResult

from moto_fixtures.jobs import tuning
from moto_fixtures.jobs.background import ENDED, Background, Outcome
from moto_fixtures.sagemaker import training_jobs
from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.errors import (
    AWSValidationException,
    ResourceInUseException,
    ResourceNotFound,
)
from moto_fixtures.sagemaker.listing import Listing
from moto_fixtures.sagemaker.training_jobs import TrainingJob

LISTING = Listing(
    result="HyperParameterTuningJobSummaries",
    sort={
        "Name": "HyperParameterTuningJobName",
        "CreationTime": "CreationTime",
        "Status": "HyperParameterTuningJobStatus",
    },
    equal={"StatusEquals": "HyperParameterTuningJobStatus"},
    contains={"NameContains": "HyperParameterTuningJobName"},
    times=("CreationTime", "LastModifiedTime"),
    descending=False,
)
TRIALS = Listing(
    result="TrainingJobSummaries",
    sort={
        "Name": "TrainingJobName",
        "CreationTime": "CreationTime",
        "Status": "TrainingJobStatus",
    },
    equal={"StatusEquals": "TrainingJobStatus"},
    times=(),
    descending=False,
)
SUMMARY = (
    "HyperParameterTuningJobName", "HyperParameterTuningJobArn", "HyperParameterTuningJobStatus",
    "CreationTime", "HyperParameterTuningEndTime", "LastModifiedTime", "TrainingJobStatusCounters",
    "ObjectiveStatusCounters",
)  # fmt: skip
BY_VALUE = "FinalObjectiveMetricValue"


class TuningJob(Background):
    """A tuning job that answers what it was asked to be, what it tried, and how it ended."""

    NOUN, NAME = "hyper-parameter-tuning-job", "HyperParameterTuningJobName"

    def __init__(self, request: dict[str, Any], backend: Backend) -> None:
        super().__init__(request, backend)
        self.trials: list[tuple[TrainingJob, dict[str, str]]] = []

    def work(self) -> Outcome:
        return tuning.carry_out(self)

    def begin_trial(self, request: dict[str, Any], values: dict[str, str]) -> TrainingJob:
        """Begin a training job."""
        trial = training_jobs.start(self.backend, request, self.arn)
        self.trials.append((trial, values))
        return trial

    @property
    def config(self) -> dict[str, Any]:
        return dict(self.request["HyperParameterTuningJobConfig"])

    @property
    def objective(self) -> dict[str, str]:
        return dict(self.config["HyperParameterTuningJobObjective"])

    def value_of(self, trial: TrainingJob) -> float | None:
        """The last value a completed job printed of the objective."""
        if trial.status != "Completed":
            return None
        return trial.metrics.last(self.objective["MetricName"])

    @property
    def best(self) -> TrainingJob | None:
        """The training job with the best value; of equal ones, the first."""
        best: TrainingJob | None = None
        for trial, _ in self.trials:
            value = self.value_of(trial)
            if value is None:
                continue
            than = self.value_of(best) if best is not None else None
            if than is None or tuning.better(self.objective["Type"], value, than):
                best = trial
        return best

    @property
    def response_object(self) -> dict[str, Any]:
        best = self.best
        answer = {
            **{name: value for name, value in self.request.items() if name != "Tags"},
            "HyperParameterTuningJobArn": self.arn,
            "HyperParameterTuningJobStatus": self.status,
            "CreationTime": self.created,
            "HyperParameterTuningEndTime": self.ended,
            "LastModifiedTime": self.modified,
            "FailureReason": self.failure_reason,
            "TrainingJobStatusCounters": self._counters(),
            "ObjectiveStatusCounters": self._objectives(),
            "BestTrainingJob": None if best is None else self._summary_of(best),
        }
        return {member: value for member, value in answer.items() if value is not None}

    @property
    def summary(self) -> dict[str, Any]:
        """Its line in a list."""
        found = self.response_object
        listed = {name: found[name] for name in SUMMARY if name in found}
        config = self.config
        return {
            **listed,
            "Strategy": config["Strategy"],
            "ResourceLimits": config["ResourceLimits"],
        }

    def trial_summaries(self) -> list[dict[str, Any]]:
        """Its training jobs, in the order in which they began."""
        return [self._summary_of(trial) for trial, _ in self.trials]

    def _counters(self) -> dict[str, int]:
        counted = Counter(trial.status for trial, _ in self.trials)
        return {
            "Completed": counted["Completed"],
            "InProgress": counted["InProgress"] + counted["Stopping"],
            "RetryableError": 0,
            "NonRetryableError": counted["Failed"],
            "Stopped": counted["Stopped"],
        }

    def _objectives(self) -> dict[str, int]:
        counted = Counter(self._objective_status(trial) for trial, _ in self.trials)
        return {status: counted[status] for status in ("Succeeded", "Pending", "Failed")}

    def _objective_status(self, trial: TrainingJob) -> str:
        if trial.status not in ENDED:
            return "Pending"
        return "Failed" if self.value_of(trial) is None else "Succeeded"

    def _summary_of(self, trial: TrainingJob) -> dict[str, Any]:
        found, value = trial.response_object, self.value_of(trial)
        values = next(values for one, values in self.trials if one is trial)
        final = {
            "Type": self.objective["Type"],
            "MetricName": self.objective["MetricName"],
            "Value": value,
        }
        answer = {
            "TrainingJobName": trial.name,
            "TrainingJobArn": trial.arn,
            "CreationTime": trial.created,
            "TrainingStartTime": found.get("TrainingStartTime"),
            "TrainingEndTime": found.get("TrainingEndTime"),
            "TrainingJobStatus": trial.status,
            "TunedHyperParameters": values,
            "FailureReason": trial.failure_reason,
            "FinalHyperParameterTuningJobObjectiveMetric": None if value is None else final,
            "ObjectiveStatus": self._objective_status(trial),
        }
        return {member: value for member, value in answer.items() if value is not None}


class TuningJobActions:
    """Create, describe, list, stop and delete tuning jobs; list their training jobs."""

    params: dict[str, Any]
    sagemaker_backend: Backend

    def create_hyper_parameter_tuning_job(self) -> ActionResult:
        backend, request = self.sagemaker_backend, copy.deepcopy(self.params)
        name = request["HyperParameterTuningJobName"]
        tuning.check(request)
        if name in backend.hyper_parameter_tuning_jobs:
            arn = backend.hyper_parameter_tuning_jobs[name].arn
            raise ResourceInUseException(
                f"Hyperparameter tuning job names must be unique within an AWS account and region, "
                f"and a job with this name already exists ({arn})"
            )
        made: Any = TuningJob(request, backend)
        backend.hyper_parameter_tuning_jobs[name] = made
        made.begin()
        return ActionResult({"HyperParameterTuningJobArn": made.arn})

    def describe_hyper_parameter_tuning_job(self) -> ActionResult:
        return ActionResult(self._tuning_job().response_object)

    def list_hyper_parameter_tuning_jobs(self) -> ActionResult:
        jobs: Any = self.sagemaker_backend.hyper_parameter_tuning_jobs.values()
        return ActionResult(LISTING.answer([one.summary for one in jobs], self.params))

    def list_training_jobs_for_hyper_parameter_tuning_job(self) -> ActionResult:
        """Sorted by name, time, status or value; those without a value come last."""
        summaries, asked = self._tuning_job().trial_summaries(), dict(self.params)
        if asked.get("SortBy") == BY_VALUE:
            asked |= {"SortBy": "CreationTime", "SortOrder": "Ascending"}
            summaries = _by_value(summaries, self.params.get("SortOrder") == "Descending")
            return ActionResult(_IN_ORDER.answer(summaries, asked))
        return ActionResult(TRIALS.answer(summaries, asked))

    def stop_hyper_parameter_tuning_job(self) -> EmptyResult:
        self._tuning_job().stop()
        return EmptyResult()

    def delete_hyper_parameter_tuning_job(self) -> EmptyResult:
        """Its training jobs stay; one that runs is not deleted."""
        job = self._tuning_job()
        if job.status not in ENDED:
            raise AWSValidationException(
                f"Cannot delete tuning job {job.arn} while it is {job.status}; stop it first."
            )
        del self.sagemaker_backend.hyper_parameter_tuning_jobs[job.name]
        return EmptyResult()

    def _tuning_job(self) -> TuningJob:
        name = self.params["HyperParameterTuningJobName"]
        found: Any = self.sagemaker_backend.hyper_parameter_tuning_jobs.get(name)
        if found is None:
            arn = self.sagemaker_backend.arn("hyper-parameter-tuning-job", name)
            raise ResourceNotFound(f"Amazon SageMaker can't find a tuning job {name} ({arn})")
        return found


_IN_ORDER = Listing(
    result=TRIALS.result, sort={"CreationTime": "Place"}, equal=TRIALS.equal, times=()
)


def _by_value(summaries: list[dict[str, Any]], descending: bool) -> list[dict[str, Any]]:
    def key(one: dict[str, Any]) -> tuple[bool, float]:
        final = one.get("FinalHyperParameterTuningJobObjectiveMetric")
        value = final["Value"] if final else 0.0
        return final is None, -value if descending else value

    return [{**one, "Place": place} for place, one in enumerate(sorted(summaries, key=key))]
