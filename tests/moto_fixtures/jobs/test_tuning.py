"""A tuning job runs training jobs over its ranges, and names the best by what they print."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from moto_fixtures import jobs
from moto_fixtures.jobs import search
from tests.moto_fixtures.building import BUCKET, ROLE, client
from tests.moto_fixtures.jobs.building import SKLEARN, archive

SCRIPT = """
import argparse
parser = argparse.ArgumentParser()
for name in ("depth", "kind", "_tuning_objective_metric"):
    parser.add_argument("--" + name)
asked, _ = parser.parse_known_args()
assert asked._tuning_objective_metric == "score"
print(f"score={-(int(asked.depth) - 3) ** 2};")
"""
DEPTHS = {"CategoricalParameterRanges": [{"Name": "depth", "Values": ["1", "3", "4"]}]}


@pytest.fixture
def s3(session: Any) -> Any:
    made = client(session, "s3")
    made.create_bucket(Bucket=BUCKET)
    return made


@pytest.fixture
def sagemaker(session: Any) -> Any:
    return client(session, "sagemaker")


def request(s3: Any, script: str = SCRIPT, **change: Any) -> dict[str, Any]:
    """A grid over three depths."""
    s3.put_object(Bucket=BUCKET, Key="code/sourcedir.tar.gz", Body=archive(train__py=script))
    return {
        "HyperParameterTuningJobName": "tune",
        "HyperParameterTuningJobConfig": {
            "Strategy": "Grid",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "score"},
            "ResourceLimits": {"MaxParallelTrainingJobs": 2},
            "ParameterRanges": DEPTHS,
            **change,
        },
        "TrainingJobDefinition": {
            "RoleArn": ROLE,
            "AlgorithmSpecification": {
                "TrainingImage": SKLEARN,
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "score", "Regex": "score=(-?[0-9.]+);"}],
            },
            "StaticHyperParameters": {
                "sagemaker_program": json.dumps("train.py"),
                "sagemaker_submit_directory": json.dumps(f"s3://{BUCKET}/code/sourcedir.tar.gz"),
            },
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 1,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        },
    }


def run(s3: Any, script: str = SCRIPT, **change: Any) -> dict[str, Any]:
    return jobs.run_tuning(request(s3, script, **change), "us-east-1", "123456789012")


def test_a_grid_tries_all_and_names_the_best(s3: Any, sagemaker: Any) -> None:
    found = run(s3)
    assert found["HyperParameterTuningJobStatus"] == "Completed", found
    assert found["TrainingJobStatusCounters"]["Completed"] == 3
    assert found["ObjectiveStatusCounters"]["Succeeded"] == 3
    best = found["BestTrainingJob"]
    assert best["TunedHyperParameters"] == {"depth": "3"}
    assert best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == 0.0
    trained = sagemaker.describe_training_job(TrainingJobName=best["TrainingJobName"])
    assert trained["TuningJobArn"] == found["HyperParameterTuningJobArn"]
    by_value = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="tune",
        SortBy="FinalObjectiveMetricValue",
        SortOrder="Descending",
    )["TrainingJobSummaries"]
    assert [one["TunedHyperParameters"]["depth"] for one in by_value] == ["3", "4", "1"]


def test_a_search_that_is_minimised_and_has_reached_its_target_ends(s3: Any) -> None:
    found = run(
        s3,
        HyperParameterTuningJobObjective={"Type": "Minimize", "MetricName": "score"},
        ResourceLimits={"MaxParallelTrainingJobs": 1},
        TuningJobCompletionCriteria={"TargetObjectiveMetricValue": -4.0},
    )
    assert found["TrainingJobStatusCounters"]["Completed"] == 1
    assert found["BestTrainingJob"]["TunedHyperParameters"] == {"depth": "1"}


def test_one_whose_jobs_all_fail_fails(s3: Any) -> None:
    found = run(s3, "raise SystemExit(1)")
    assert found["HyperParameterTuningJobStatus"] == "Failed"
    assert found["FailureReason"].startswith("No training job succeeded")
    assert found["TrainingJobStatusCounters"]["NonRetryableError"] == 3
    assert "BestTrainingJob" not in found


def test_one_whose_jobs_print_no_objective_fails(s3: Any) -> None:
    found = run(s3, "print('score is fine')")
    assert found["FailureReason"].startswith("No objective metrics found")


def test_stopping_it_stops_its_jobs(s3: Any, sagemaker: Any) -> None:
    script = "import time; time.sleep(60)"
    sagemaker.create_hyper_parameter_tuning_job(**request(s3, script))
    sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="tune")
    jobs.background.wait_for_all()
    found = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="tune")
    assert found["HyperParameterTuningJobStatus"] == "Stopped"
    assert found["TrainingJobStatusCounters"]["InProgress"] == 0


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param({"Strategy": "Hyperband"}, "Hyperband", id="strategy"),
        pytest.param(
            {
                "ParameterRanges": {
                    "IntegerParameterRanges": [{"Name": "depth", "MinValue": "1", "MaxValue": "3"}]
                }
            },
            "categorical ranges only",
            id="grid of numbers",
        ),
        pytest.param(
            {"HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "auc"}},
            "'auc' is not among",
            id="objective",
        ),
        pytest.param({"ParameterRanges": {}}, "name no hyperparameter", id="no range"),
    ],
)
def test_what_would_not_run_is_refused(
    s3: Any, sagemaker: Any, change: dict[str, Any], error: str
) -> None:
    with pytest.raises(ClientError, match=error):
        sagemaker.create_hyper_parameter_tuning_job(**request(s3, **change))
    listed = sagemaker.list_hyper_parameter_tuning_jobs()
    assert listed["HyperParameterTuningJobSummaries"] == []


def test_the_same_seed_draws_the_same() -> None:
    ranges = {
        "IntegerParameterRanges": [{"Name": "depth", "MinValue": "1", "MaxValue": "9"}],
        "ContinuousParameterRanges": [
            {"Name": "rate", "MinValue": "0.001", "MaxValue": "1", "ScalingType": "Logarithmic"}
        ],
    }
    first, second = (list(islice(search.candidates("Random", ranges, 7), 9)) for _ in range(2))
    assert first == second
    assert all(1 <= int(one["depth"]) <= 9 for one in first)
    assert all(0.001 <= float(one["rate"]) <= 1 for one in first)


@given(
    share=st.floats(0, 1),
    ends=st.tuples(st.floats(1e-6, 0.999), st.floats(1e-6, 0.999)),
    scaling=st.sampled_from(["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"]),
)
def test_a_value_lies_in_its_range(share: float, ends: tuple[float, float], scaling: str) -> None:
    least, most = sorted(ends)
    assert least <= search.scaled(share, least, most, scaling) <= most
