"""A training job runs the user's script in script mode, and keeps the model that it leaves."""

from __future__ import annotations

import io
import json
import tarfile
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from moto_fixtures import jobs
from tests.moto_fixtures.building import BUCKET, ROLE, client
from tests.moto_fixtures.jobs.building import SKLEARN, archive
from tests.patience import PATIENCE

BUILT_IN = "811284229777.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1"
TRAIN = """
import argparse, json, os, pickle
import numpy as np
from sklearn.linear_model import LogisticRegression

parser = argparse.ArgumentParser()
parser.add_argument("--C", "-C", type=float)
parser.add_argument("--max-iter", type=int)
parser.add_argument("--train", default=os.environ.get("SM_CHANNEL_TRAIN"))
asked = parser.parse_args()
rows = np.loadtxt(os.path.join(asked.train, "rows.csv"), delimiter=",")
model = LogisticRegression(C=asked.C, max_iter=asked.max_iter).fit(rows[:, :-1], rows[:, -1])
print(f"accuracy={model.score(rows[:, :-1], rows[:, -1]):.4f};")
with open("/opt/ml/model/model.pkl", "wb") as kept:
    pickle.dump(model, kept)
with open(os.environ["SM_OUTPUT_DATA_DIR"] + "/hosts.json", "w") as kept:
    json.dump(json.loads(os.environ["SM_HOSTS"]), kept)
"""
ROWS = "".join(f"{n},{n % 3},{int(n > 9)}\n" for n in range(20))


@pytest.fixture
def s3(session: Any) -> Any:
    made = client(session, "s3")
    made.create_bucket(Bucket=BUCKET)
    made.put_object(Bucket=BUCKET, Key="train/rows.csv", Body=ROWS.encode())
    return made


@pytest.fixture
def sagemaker(session: Any) -> Any:
    return client(session, "sagemaker")


def request(s3: Any, script: str, name: str = "train", **change: Any) -> dict[str, Any]:
    files = {"train__py": script, **change.pop("files", {})}
    s3.put_object(Bucket=BUCKET, Key="code/sourcedir.tar.gz", Body=archive(**files))
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/train"}
    return {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {
            "TrainingImage": SKLEARN,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "accuracy", "Regex": "accuracy=([0-9.]+);"}],
        },
        "HyperParameters": {
            "sagemaker_program": json.dumps("train.py"),
            "sagemaker_submit_directory": json.dumps(f"s3://{BUCKET}/code/sourcedir.tar.gz"),
            "C": "0.5",
            "max-iter": "100",
        },
        "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **change,
    }


def run(s3: Any, script: str, **change: Any) -> dict[str, Any]:
    return jobs.run_training(request(s3, script, **change), "us-east-1", "123456789012")


def members(s3: Any, key: str) -> list[str]:
    body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        return tar.getnames()


def test_a_script_trains_a_model_and_it_is_kept(session: Any, s3: Any) -> None:
    found = run(s3, TRAIN)
    assert found["TrainingJobStatus"] == "Completed", found.get("FailureReason")
    uri = f"s3://{BUCKET}/models/train/output/model.tar.gz"
    assert found["ModelArtifacts"] == {"S3ModelArtifacts": uri}
    assert members(s3, "models/train/output/model.tar.gz") == ["model.pkl"]
    assert members(s3, "models/train/output/output.tar.gz") == ["hosts.json"]
    (metric,) = found["FinalMetricDataList"]
    assert metric["MetricName"] == "accuracy"
    assert metric["Value"] == 1.0
    statuses = [one["Status"] for one in found["SecondaryStatusTransitions"]]
    assert statuses == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    published = client(session, "cloudwatch").list_metrics(Namespace="/aws/sagemaker/TrainingJobs")
    assert published["Metrics"][0]["Dimensions"] == [{"Name": "TrainingJobName", "Value": "train"}]


def test_the_contracts_files_lie_where_it_says(s3: Any) -> None:
    script = """
import json
read = lambda name: json.load(open(f"/opt/ml/input/config/{name}.json"))
assert read("hyperparameters")["C"] == "0.5", read("hyperparameters")
assert read("inputdataconfig")["train"]["TrainingInputMode"] == "File"
assert read("resourceconfig")["current_host"] == "algo-1"
"""
    change = {"Environment": {"EPOCHS": "3"}}
    script += "import os; assert os.environ['EPOCHS'] == '3'; assert os.getcwd().endswith('code')"
    assert run(s3, script, **change)["TrainingJobStatus"] == "Completed"


def test_a_failure_is_told_as_the_toolkit_tells_it(s3: Any) -> None:
    found = run(s3, "raise ValueError('no rows')")
    assert found["TrainingJobStatus"] == found["SecondaryStatus"] == "Failed"
    assert found["FailureReason"].startswith("AlgorithmError: ExecuteUserScriptError:\nExitCode 1")
    assert "ValueError: no rows" in found["FailureReason"]
    assert not s3.list_objects_v2(Bucket=BUCKET, Prefix="models/").get("Contents")


def test_a_failure_the_script_wrote_down_is_the_reason(s3: Any) -> None:
    script = "open('/opt/ml/output/failure', 'w').write('the labels are gone'); raise SystemExit(3)"
    found = run(s3, script)
    assert found["FailureReason"] == "AlgorithmError: the labels are gone, exit code: 3"


def test_one_that_has_had_its_time_is_stopped_and_keeps_its_model(s3: Any) -> None:
    script = """
import time
open("/opt/ml/model/half.txt", "w").write("half")
print("waiting", flush=True)
time.sleep(60)
"""
    found = run(s3, script, StoppingCondition={"MaxRuntimeInSeconds": 3})
    assert found["TrainingJobStatus"] == "Stopped"
    assert found["SecondaryStatus"] == "MaxRuntimeExceeded"
    assert members(s3, "models/train/output/model.tar.gz") == ["half.txt"]


def test_one_that_is_stopped_passes_through_stopping(s3: Any, sagemaker: Any) -> None:
    script = "import time; print('waiting', flush=True); time.sleep(60)"
    sagemaker.create_training_job(**request(s3, script))
    describe = lambda: sagemaker.describe_training_job(TrainingJobName="train")  # noqa: E731
    assert describe()["TrainingJobStatus"] == "InProgress"
    sagemaker.stop_training_job(TrainingJobName="train")
    assert describe()["TrainingJobStatus"] in {"Stopping", "Stopped"}
    until = time.monotonic() + PATIENCE
    while describe()["TrainingJobStatus"] == "Stopping" and time.monotonic() < until:
        time.sleep(0.05)
    assert describe()["TrainingJobStatus"] == "Stopped"
    assert describe()["TrainingEndTime"] >= describe()["TrainingStartTime"]


def test_requirements_are_checked_and_not_installed(s3: Any) -> None:
    met = run(s3, "", files={"requirements__txt": "numpy>=1.20\n# nothing\n"})
    assert met["TrainingJobStatus"] == "Completed", met
    unmet = run(s3, "", name="other", files={"requirements__txt": "no-such-thing==1.0\n"})
    assert unmet["TrainingJobStatus"] == "Failed"
    assert "no-such-thing==1.0 is not installed" in unmet["FailureReason"]


def test_a_built_in_algorithm_is_refused_by_name(s3: Any, sagemaker: Any) -> None:
    algorithm = {"TrainingImage": BUILT_IN, "TrainingInputMode": "File"}
    with pytest.raises(ClientError, match="linear-learner") as refused:
        sagemaker.create_training_job(**request(s3, "", AlgorithmSpecification=algorithm))
    assert refused.value.response["Error"]["Code"] == "NotSimulated"
    assert sagemaker.list_training_jobs()["TrainingJobSummaries"] == []


@pytest.mark.parametrize(
    ("change", "name"),
    [
        pytest.param({"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2,
                                         "VolumeSizeInGB": 1}}, "several instances", id="hosts"),
        pytest.param({"HyperParameters": {}}, "algorithm within the image", id="no script"),
    ],
)  # fmt: skip
def test_what_would_not_run_is_refused(
    s3: Any, sagemaker: Any, change: dict[str, Any], name: str
) -> None:
    with pytest.raises(ClientError, match=name):
        sagemaker.create_training_job(**request(s3, "", **change))


def test_they_are_listed_by_name_and_status_and_deleted(s3: Any, sagemaker: Any) -> None:
    for name in ("good-1", "good-2"):
        run(s3, "", name=name)
    run(s3, "raise SystemExit(1)", name="bad")
    names = [
        one["TrainingJobName"]
        for one in sagemaker.list_training_jobs(StatusEquals="Completed", NameContains="good")[
            "TrainingJobSummaries"
        ]
    ]
    assert names == ["good-1", "good-2"]
    with pytest.raises(ClientError, match="must be unique"):
        sagemaker.create_training_job(**request(s3, "", name="bad"))
    sagemaker.delete_training_job(TrainingJobName="bad")
    with pytest.raises(ClientError, match="not found"):
        sagemaker.describe_training_job(TrainingJobName="bad")
