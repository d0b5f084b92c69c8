"""The four monitors as the SageMaker SDK's classes make them: baselines, and what is scheduled.

Needs     CONFORMANCE_WORLD (see world.py); the SDK: `sagemaker` 2 or `sagemaker-core`
Gives     `SUBJECTS`, and the `Desk` at which somebody sits who has an endpoint to watch

The classes of the two are the same; what they are imported from differs.
"""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3

from moto_fixtures.server_process import ServerProcess

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
