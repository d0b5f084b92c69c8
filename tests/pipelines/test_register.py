"""The registry entry: complete, content-addressed, and made once."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from monitoring.aws.clients import Aws
from monitoring.baselines import complete, needs
from monitoring.errors import AwsError, GateError, UsageError
from monitoring.kinds import BIAS, KINDS
from pipelines.register import Build, commit_of, register, sources_of

REGION, BUCKET, GROUP = "eu-west-1", "models-bucket", "fraud-p-1a2b3c"
IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/serving:1.0"


@pytest.fixture
def aws() -> Iterator[Aws]:
    with mock_aws():
        session = boto3.Session("testing", "testing", region_name=REGION)
        session.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        yield Aws(session)


@pytest.fixture
def made(build: Path, tmp_path: Path) -> Build:
    """The build's directories; the baselines' documents stand in for suggested ones."""
    for kind in KINDS:
        for file in sources_of(kind).values():
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).write_text(json.dumps({"version": 0.0, "of": file}))
    return Build(build / "model", build / "report", tmp_path, commit="c0ffee")


def put(aws: Aws, made: Build, **changes):
    return register(aws, made, **{"bucket": BUCKET, "group": GROUP, "image": IMAGE, **changes})


def described(aws: Aws, arn: str):
    return aws.sagemaker.describe_model_package(ModelPackageName=arn)


def objects(aws: Aws) -> list[str]:
    return [each["Key"] for each in aws.s3.list_objects_v2(Bucket=BUCKET)["Contents"]]


def test_the_package_carries_its_model_and_its_baselines(aws, made):
    registered = put(aws, made)
    package = described(aws, registered.arn)
    (container,) = package["InferenceSpecification"]["Containers"]
    assert container["Image"] == IMAGE
    assert container["ModelDataUrl"].endswith("/model.tar.gz")
    drift = package["DriftCheckBaselines"]["ModelDataQuality"]
    assert drift == package["ModelMetrics"]["ModelDataQuality"]
    assert set(drift) == {"Statistics", "Constraints"}
    assert package["ModelApprovalStatus"] == registered.approval == "PendingManualApproval"


def test_no_monitor_lacks_a_baseline_and_none_has_to_be_borrowed(aws, made):
    package = described(aws, put(aws, made).arn)
    baselines, borrowed = complete(package["DriftCheckBaselines"], package["ModelMetrics"])
    assert not borrowed
    assert all(need.found_in(baselines) for kind in KINDS for need in needs(kind))


def test_the_metrics_of_the_package_are_those_of_the_evaluation(aws, made):
    metrics = described(aws, put(aws, made).arn)["ModelMetrics"]
    assert metrics["ModelQuality"]["Statistics"]["S3Uri"].endswith("/evaluation.json")
    assert set(metrics["Bias"]) == {"PreTrainingReport", "PostTrainingReport"}
    assert set(metrics["Explainability"]) == {"Report"}


def test_a_monitor_without_a_baseline_is_left_out(aws, made):
    shutil.rmtree(made.baseline / BIAS.slug)
    package = described(aws, put(aws, made).arn)
    assert "Bias" not in package["DriftCheckBaselines"].keys() | package["ModelMetrics"].keys()


def test_the_package_says_where_it_comes_from(aws, made):
    package = described(aws, put(aws, made).arn)
    origin = package["CustomerMetadataProperties"]
    description = made.description()
    assert origin["git_commit"] == "c0ffee"
    assert origin["data_sha256"] == description["data_sha256"]
    assert origin["model_version"] == description["version"]


def test_the_package_says_what_else_is_known_of_its_origin(aws, made):
    package = described(aws, put(aws, replace(made, origin={"mlflow_run": "c0ffee"})).arn)
    assert package["CustomerMetadataProperties"]["mlflow_run"] == "c0ffee"


def test_every_key_and_digest_is_the_contents_own(aws, made):
    package = described(aws, put(aws, made).arn)
    metrics = package["ModelMetrics"]
    sources = [source for held in metrics.values() for source in held.values()]
    assert len(sources) == 7
    for source in sources:
        key = source["S3Uri"].removeprefix(f"s3://{BUCKET}/")
        content = aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        sha256 = hashlib.sha256(content).hexdigest()
        assert source["ContentDigest"] == f"sha256:{sha256}"
        assert f"/{sha256}/" in key


def test_the_same_content_is_registered_once(aws, made):
    first = put(aws, made)
    keys = objects(aws)
    second = put(aws, replace(made, commit="decaf"), approval="Approved")
    assert (second.arn, second.is_new, second.approval) == (first.arn, False, first.approval)
    assert objects(aws) == keys


def test_the_same_content_is_found_behind_a_page_of_others(aws, made):
    first = put(aws, made)
    for number in range(120):
        aws.sagemaker.create_model_package(
            ModelPackageGroupName=GROUP, ModelPackageDescription=f"other {number}"
        )
    assert put(aws, made).arn == first.arn


def test_another_baseline_is_another_version(aws, made):
    first = put(aws, made)
    (made.baseline / "data-quality" / "constraints.json").write_text("{}")
    second = put(aws, made)
    assert second.is_new
    assert second.arn != first.arn


def test_a_group_that_exists_is_used_as_it_is(aws, made):
    aws.sagemaker.create_model_package_group(
        ModelPackageGroupName=GROUP, ModelPackageGroupDescription="the team's own"
    )
    put(aws, made)
    group = aws.sagemaker.describe_model_package_group(ModelPackageGroupName=GROUP)
    assert group["ModelPackageGroupDescription"] == "the team's own"


@pytest.mark.parametrize("name", ["model.tar.gz", "model.json"])
def test_a_missing_file_is_named_and_nothing_is_written(aws, made, tmp_path, name):
    model = Path(shutil.copytree(made.model, tmp_path / "model"))
    (model / name).unlink()
    with pytest.raises(UsageError, match=rf"{name}: cannot be read"):
        put(aws, replace(made, model=model))
    assert "Contents" not in aws.s3.list_objects_v2(Bucket=BUCKET)


@pytest.mark.parametrize(
    "gate,error,words",
    [
        ({"passed": False, "failures": ["auc is 0.51"]}, GateError, "not registered: auc is 0.51"),
        (None, UsageError, "does not say whether the model keeps its limits"),
    ],
    ids=["below its limits", "of an unknown gate"],
)
def test_a_candidate_that_did_not_pass_is_refused_and_nothing_is_written(
    aws, made, tmp_path, gate, error, words
):
    report = Path(shutil.copytree(made.report, tmp_path / "report"))
    document = json.loads((report / "evaluation.json").read_text())
    (report / "evaluation.json").write_text(json.dumps({**document, "gate": gate}))
    with pytest.raises(error, match=words):
        put(aws, replace(made, report=report))
    assert "Contents" not in aws.s3.list_objects_v2(Bucket=BUCKET)


def test_a_missing_bucket_is_named_and_no_package_is_made(aws, made):
    with pytest.raises(AwsError, match="s3://no-such-bucket"):
        put(aws, made, bucket="no-such-bucket")
    listed = aws.sagemaker.list_model_packages(ModelPackageGroupName=GROUP)
    assert listed["ModelPackageSummaryList"] == []


def test_outside_a_repository_there_is_no_commit(tmp_path):
    assert commit_of(tmp_path) == ""
