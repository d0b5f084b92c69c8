"""The SageMaker SDK's monitoring classes, all that they do, against the offline AWS.

Needs     CONFORMANCE_WORLD (see world.py); the SDK: `sagemaker` 2 or `sagemaker-core`

`make conformance` runs this file twice, each time in an environment that has only one of the
two, and no moto. Their classes are the same; what they are imported from differs.
"""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from moto_fixtures.server_process import ServerProcess

if "CONFORMANCE_WORLD" not in os.environ:
    pytest.skip("there is no world; `make conformance` makes one", allow_module_level=True)

WORLD = json.loads(Path(os.environ["CONFORMANCE_WORLD"]).read_text(encoding="utf-8"))
BUCKET, ENDPOINT = WORLD["bucket"], WORLD["endpoint"]
START = datetime.fromisoformat(WORLD["start"])
HOURLY_RECORDS = 300
HOUR = timedelta(hours=1)
LATE = timedelta(minutes=10)
SETTINGS = {
    "SchemaVersion": "1.0",
    "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
}
CSV = {"csv": {"header": True}}
LOCAL = "/opt/ml/processing/input/endpoint"


def imported() -> SimpleNamespace:
    """The SDK of this environment, under one name for each part."""
    if importlib.util.find_spec("sagemaker.core") is not None:
        from sagemaker.core import clarify, model_monitor
        from sagemaker.core.helper.session_helper import Session
    else:
        from sagemaker import Session, clarify, model_monitor
    return SimpleNamespace(monitor=model_monitor, clarify=clarify, Session=Session)


@dataclass
class Desk:
    """Where somebody sits who has an endpoint to watch."""

    server: ServerProcess
    sdk: SimpleNamespace
    session: Any
    """The SDK's own."""
    hours: int = 0
    """Wound through since the start."""

    def monitor(self, kind: str, **settings: Any) -> Any:
        """One of the monitoring classes, told who it is."""
        return getattr(self.sdk.monitor, kind)(
            role=WORLD["role"],
            instance_type="ml.m5.large",
            sagemaker_session=self.session,
            **settings,
        )

    def endpoint_input(self, **attributes: Any) -> Any:
        return self.sdk.monitor.EndpointInput(ENDPOINT, LOCAL, **attributes)

    def an_hour_passes(self) -> None:
        """Traffic and its labels, and the runs that look at them."""
        now = START + self.hours * HOUR
        self.server.advance(now + HOUR / 2)
        ids = [f"hour-{self.hours}-{number}" for number in range(HOURLY_RECORDS)]
        records = [
            {"Body": row, "InferenceId": identity}
            for row, identity in zip(WORLD["rows"], ids, strict=False)
        ]
        self.server.send(ENDPOINT, records)
        lines = [
            json.dumps(
                {
                    "groundTruthData": {"data": label, "encoding": "CSV"},
                    "eventMetadata": {"eventId": identity},
                    "eventVersion": "0",
                }
            )
            for label, identity in zip(WORLD["labels"], ids, strict=False)
        ]
        key = f"ground-truth/{now:%Y/%m/%d/%H}/labels.jsonl"
        boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body="\n".join(lines).encode())
        self.server.advance(now + HOUR + LATE)
        self.hours += 1


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    sdk = imported()
    session = sdk.Session(
        boto3.Session(region_name=WORLD["region"]),
        default_bucket=BUCKET,
        sagemaker_config=SETTINGS,
    )
    yield Desk(ServerProcess(WORLD["url"]), sdk, session)


def constraints(desk: Desk, monitor: Any, slug: str) -> Any:
    """What was suggested; read from where it lies, where the SDK lost its own job."""
    if monitor.latest_baselining_job is not None:
        return monitor.suggested_constraints()
    uri = f"s3://{BUCKET}/baselines/{slug}/analysis.json"
    return desk.sdk.monitor.Constraints.from_s3_uri(uri, sagemaker_session=desk.session)


def suggest_data_quality(desk: Desk, monitor: Any) -> None:
    monitor.suggest_baseline(
        baseline_dataset=WORLD["tables"]["baseline"],
        dataset_format=CSV,
        output_s3_uri=f"s3://{BUCKET}/baselines/data-quality",
        wait=True,
        logs=False,
    )


def schedule_data_quality(desk: Desk, monitor: Any) -> dict[str, Any]:
    return {
        "endpoint_input": desk.endpoint_input(),
        "statistics": monitor.baseline_statistics(),
        "constraints": constraints(desk, monitor, "data-quality"),
    }


def suggest_model_quality(desk: Desk, monitor: Any) -> None:
    prediction, probability = WORLD["answers"]
    monitor.suggest_baseline(
        baseline_dataset=WORLD["tables"]["labelled"],
        dataset_format=CSV,
        problem_type="BinaryClassification",
        inference_attribute=prediction,
        probability_attribute=probability,
        ground_truth_attribute=WORLD["label"],
        output_s3_uri=f"s3://{BUCKET}/baselines/model-quality",
        wait=True,
    )


def schedule_model_quality(desk: Desk, monitor: Any) -> dict[str, Any]:
    return {
        "endpoint_input": desk.endpoint_input(inference_attribute="0", probability_attribute="1"),
        "ground_truth_input": f"s3://{BUCKET}/ground-truth",
        "problem_type": "BinaryClassification",
        "constraints": constraints(desk, monitor, "model-quality"),
    }


def suggest_model_bias(desk: Desk, monitor: Any) -> None:
    clarify = desk.sdk.clarify
    monitor.suggest_baseline(
        data_config=clarify.DataConfig(
            s3_data_input_path=WORLD["tables"]["labelled"],
            s3_output_path=f"s3://{BUCKET}/baselines/model-bias",
            label=WORLD["label"],
            dataset_type="text/csv",
            predicted_label=WORLD["answers"][0],
        ),
        bias_config=_bias_config(desk),
        model_config=_model_config(desk),
        wait=True,
    )


def schedule_model_bias(desk: Desk, monitor: Any) -> dict[str, Any]:
    return {
        "endpoint_input": desk.endpoint_input(inference_attribute="0", probability_attribute="1"),
        "ground_truth_input": f"s3://{BUCKET}/ground-truth",
        "analysis_config": desk.sdk.monitor.BiasAnalysisConfig(
            _bias_config(desk),
            headers=[WORLD["label"], *WORLD["columns"]],
            label=WORLD["label"],
        ),
        "constraints": constraints(desk, monitor, "model-bias"),
    }


def suggest_model_explainability(desk: Desk, monitor: Any) -> None:
    monitor.suggest_baseline(
        data_config=desk.sdk.clarify.DataConfig(
            s3_data_input_path=WORLD["tables"]["explained_rows"],
            s3_output_path=f"s3://{BUCKET}/baselines/model-explainability",
            headers=WORLD["columns"],
            dataset_type="text/csv",
        ),
        explainability_config=_shap_config(desk),
        model_config=_model_config(desk),
        model_scores=1,
        wait=True,
    )


def schedule_model_explainability(desk: Desk, monitor: Any) -> dict[str, Any]:
    return {
        "endpoint_input": desk.endpoint_input(),
        "constraints": constraints(desk, monitor, "model-explainability"),
    }


def _bias_config(desk: Desk) -> Any:
    facet = WORLD["facet"]
    return desk.sdk.clarify.BiasConfig(
        label_values_or_threshold=[0],
        facet_name=facet["column"],
        facet_values_or_threshold=facet["values"],
    )


def _shap_config(desk: Desk) -> Any:
    return desk.sdk.clarify.SHAPConfig(
        baseline=[_cells(WORLD["rows"][0])],
        num_samples=len(WORLD["columns"]) + 2,
        agg_method="mean_abs",
        save_local_shap_values=False,
        seed=0,
    )


def _model_config(desk: Desk) -> Any:
    return desk.sdk.clarify.ModelConfig(
        model_name=ENDPOINT,
        instance_count=1,
        instance_type="ml.m5.large",
        content_type="text/csv",
        accept_type="text/csv",
    )


def _cells(row: str) -> list[Any]:
    return [float(cell) if cell.replace(".", "").isdigit() else cell for cell in row.split(",")]


@dataclass(frozen=True)
class Subject:
    """One of the four monitors."""

    slug: str
    kind: str
    """Its class in the SDK."""
    suggestion: Callable[[Desk, Any], None]
    schedule: Callable[[Desk, Any], dict[str, Any]]
    """What create_monitoring_schedule and update_monitoring_schedule are given."""
    has_statistics: bool = True
    """Clarify's monitors have none that the SDK reads."""

    def suggest(self, desk: Desk, monitor: Any) -> None:
        """Suggest the baseline, and wait for it.

        sagemaker-core 2.27.0 asks its own job of Clarify's for a `sagemaker_session` that the job
        does not have, after it has ended. Nothing that AWS could answer would mend that.
        """
        try:
            self.suggestion(desk, monitor)
        except AttributeError as error:
            if self.has_statistics or "sagemaker_session" not in str(error):
                raise


SUBJECTS = (
    Subject("data-quality", "DefaultModelMonitor", suggest_data_quality, schedule_data_quality),
    Subject("model-quality", "ModelQualityMonitor", suggest_model_quality, schedule_model_quality),
    Subject("model-bias", "ModelBiasMonitor", suggest_model_bias, schedule_model_bias, False),
    Subject(
        "model-explainability",
        "ModelExplainabilityMonitor",
        suggest_model_explainability,
        schedule_model_explainability,
        False,
    ),
)


@dataclass
class Watched:
    """A monitor with a baseline and a schedule, and what it was scheduled with."""

    subject: Subject
    monitor: Any
    scheduled: dict[str, Any]
    name: str


@pytest.fixture(scope="module", params=SUBJECTS, ids=lambda subject: subject.kind)
def watched(request: pytest.FixtureRequest, desk: Desk) -> Iterator[Watched]:
    """Baseline and schedule of one monitor, after one hour that was like the baseline."""
    subject: Subject = request.param
    monitor = desk.monitor(subject.kind, max_runtime_in_seconds=1800)
    subject.suggest(desk, monitor)
    scheduled = subject.schedule(desk, monitor)
    name = f"by-sdk-{subject.slug}"
    monitor.create_monitoring_schedule(
        monitor_schedule_name=name,
        output_s3_uri=f"s3://{BUCKET}/reports/{subject.slug}",
        schedule_cron_expression=desk.sdk.monitor.CronExpressionGenerator.hourly(),
        **scheduled,
    )
    desk.an_hour_passes()
    yield Watched(subject, monitor, scheduled, name)


def statuses(watched: Watched) -> list[str]:
    """Of its executions, oldest first, as the API tells them; none may have failed."""
    found = boto3.client("sagemaker").list_monitoring_executions(
        MonitoringScheduleName=watched.name, SortOrder="Ascending"
    )["MonitoringExecutionSummaries"]
    assert [one["FailureReason"] for one in found if "FailureReason" in one] == []
    return [one["MonitoringExecutionStatus"] for one in found]


def executions(monitor: Any, desk: Desk) -> list[Any]:
    """As the SDK lists them.

    sagemaker-core 2.27.0 asks every execution of a Clarify monitor for a `job_name` that it does
    not have; what the class inherits, and then spoils, works.
    """
    try:
        return list(monitor.list_executions())
    except AttributeError as error:
        if "job_name" not in str(error):
            raise
        return list(desk.sdk.monitor.ModelMonitor.list_executions(monitor))


def latest_violations(monitor: Any, desk: Desk) -> list[Any]:
    """Of the last execution; read from the execution itself where the SDK cannot list them."""
    try:
        found = monitor.latest_monitoring_constraint_violations()
    except AttributeError as error:
        if "job_name" not in str(error):
            raise
        found = executions(monitor, desk)[-1].constraint_violations()
    return list(found.body_dict["violations"])


def test_a_baseline_is_suggested(watched: Watched, desk: Desk) -> None:
    job = boto3.client("sagemaker").describe_processing_job(
        ProcessingJobName=watched.monitor.latest_baselining_job_name
    )
    assert job["ProcessingJobStatus"] == "Completed"
    assert "version" in constraints(desk, watched.monitor, watched.subject.slug).body_dict
    if watched.subject.has_statistics:
        assert "version" in watched.monitor.baseline_statistics().body_dict


def test_its_executions_are_processing_jobs_that_could_be_evaluated(
    watched: Watched, desk: Desk
) -> None:
    listed = executions(watched.monitor, desk)
    assert len(listed) == len(statuses(watched)) == 1
    assert statuses(watched)[0] in {"Completed", "CompletedWithViolations"}
    job = boto3.client("sagemaker").describe_processing_job(
        ProcessingJobName=getattr(listed[0], "processing_job_name", None) or listed[0].job_name
    )
    assert job["MonitoringScheduleArn"].endswith(f":monitoring-schedule/{watched.name}")


def test_it_reads_what_the_last_run_found(watched: Watched, desk: Desk) -> None:
    if watched.subject.has_statistics:
        statistics = watched.monitor.latest_monitoring_statistics().body_dict
        assert statistics["dataset"]["item_count"] == HOURLY_RECORDS
    found = latest_violations(watched.monitor, desk)
    assert bool(found) == (statuses(watched)[-1] == "CompletedWithViolations")


def test_its_alert_is_updated_and_tells_its_history(watched: Watched) -> None:
    (alert,), _ = watched.monitor.list_monitoring_alerts()
    watched.monitor.update_monitoring_alert(
        monitoring_alert_name=alert.alert_name,
        data_points_to_alert=2,
        evaluation_period=3,
    )
    (alert,), _ = watched.monitor.list_monitoring_alerts()
    assert (alert.data_points_to_alert, alert.evaluation_period) == (2, 3)
    history, _ = watched.monitor.list_monitoring_alert_history(
        monitoring_alert_name=alert.alert_name
    )
    assert bool(history) == (statuses(watched)[0] == "CompletedWithViolations")


def test_a_stopped_schedule_runs_again_once_it_is_started(watched: Watched, desk: Desk) -> None:
    before = len(executions(watched.monitor, desk))
    watched.monitor.stop_monitoring_schedule()
    assert watched.monitor.describe_schedule()["MonitoringScheduleStatus"] == "Stopped"
    desk.an_hour_passes()
    assert len(executions(watched.monitor, desk)) == before
    watched.monitor.start_monitoring_schedule()
    desk.an_hour_passes()
    assert len(executions(watched.monitor, desk)) == before + 1


def test_an_update_makes_another_definition_and_keeps_the_schedule(
    watched: Watched, desk: Desk
) -> None:
    before = watched.monitor.job_definition_name
    watched.monitor.update_monitoring_schedule(
        schedule_cron_expression=desk.sdk.monitor.CronExpressionGenerator.daily(hour=3),
        max_runtime_in_seconds=1200,
        output_s3_uri=f"s3://{BUCKET}/reports/{watched.subject.slug}",
        **watched.scheduled,
    )
    described = watched.monitor.describe_schedule()
    config = described["MonitoringScheduleConfig"]
    assert config["ScheduleConfig"]["ScheduleExpression"] == "cron(0 3 ? * * *)"
    assert config["MonitoringJobDefinitionName"] != before
    assert described["MonitoringScheduleName"] == watched.name


def test_one_attached_by_name_is_the_one_that_was_made(watched: Watched, desk: Desk) -> None:
    attached = type(watched.monitor).attach(watched.name, sagemaker_session=desk.session)
    assert attached.job_definition_name == watched.monitor.job_definition_name
    assert len(executions(attached, desk)) == len(executions(watched.monitor, desk))


def test_deleting_it_takes_its_definition_too(watched: Watched) -> None:
    watched.monitor.delete_monitoring_schedule()
    sagemaker = boto3.client("sagemaker")
    schedules = sagemaker.list_monitoring_schedules(NameContains=watched.name)
    assert schedules["MonitoringScheduleSummaries"] == []
    listed = getattr(sagemaker, f"list_{watched.subject.slug.replace('-', '_')}_job_definitions")()
    names = [one["MonitoringJobDefinitionName"] for one in listed["JobDefinitionSummaries"]]
    assert watched.monitor.job_definition_name not in names
