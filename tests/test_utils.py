"""AWS's names: dictionaries in, dictionaries out, and nothing made on import."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

import utils
from monitoring.errors import ConfigError

REGION = "eu-west-1"
PREFIX = "s3://outputs/fraud/prod/baselines"
PRE = {"version": "1.0", "pre_training_bias_metrics": {"facets": {}}}
POST = {"version": "1.0", "post_training_bias_metrics": {"facets": {}}}


@pytest.fixture
def session() -> Iterator[boto3.Session]:
    with mock_aws():
        made = boto3.Session("test", "test", region_name=REGION)
        place = {"LocationConstraint": REGION}
        made.client("s3").create_bucket(Bucket="outputs", CreateBucketConfiguration=place)
        yield made


@pytest.fixture
def s3(session: boto3.Session) -> Any:
    return session.client("s3")


def source(s3: Any, key: str, document: Any) -> dict[str, str]:
    s3.put_object(Bucket="outputs", Key=key, Body=json.dumps(document).encode())
    return {"S3Uri": f"s3://outputs/{key}", "ContentType": "application/json"}


def answer(session: boto3.Session, operation: str, parsed: dict[str, Any]) -> None:
    session.events.register(
        f"before-call.sagemaker.{operation}", lambda **_: (SimpleNamespace(status_code=200), parsed)
    )


def test_every_name_of_awss_template_is_there() -> None:
    for name in (
        "get_built_in_model_monitor_image_uri",
        "get_project_tags",
        "combine_resource_tags",
        "get_baselines_and_model_name",
        "get_json_file_from_s3",
        "upload_json_to_s3",
        "get_bucket_name_and_file_key",
        "process_bias_baselines",
        "process_explainability_config_file",
        "extend_config",
        "read_config_from_json",
        "write_config_to_json",
    ):
        assert callable(getattr(utils, name))


def test_an_image_is_named_by_region() -> None:
    got = utils.get_built_in_model_monitor_image_uri("us-east-1")
    assert got == "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer"


def test_tags_are_a_list_as_the_api_has_them_and_a_dictionary_as_a_file_does(session) -> None:
    answer(session, "DescribeProject", {"ProjectArn": "arn:aws:sagemaker:eu-west-1:1:project/f"})
    answer(session, "ListTags", {"Tags": [{"Key": "team", "Value": "risk"}]})
    tags = utils.get_project_tags("fraud", sagemaker_client=session.client("sagemaker"))
    assert tags == [{"Key": "team", "Value": "risk"}]
    assert utils.combine_resource_tags("prod", "p-1", "fraud", tags) == {
        "sagemaker:deployment-stage": "prod",
        "sagemaker:project-id": "p-1",
        "sagemaker:project-name": "fraud",
        "team": "risk",
    }


def test_an_endpoint_leads_to_its_baselines_and_its_model(session) -> None:
    sagemaker = session.client("sagemaker")
    drift = {"ModelDataQuality": {"Constraints": {"S3Uri": "s3://outputs/c.json"}}}
    arn = f"arn:aws:sagemaker:{REGION}:1:model-package/fraud/1"
    answer(session, "DescribeEndpoint", {"EndpointConfigName": "config"})
    variant = {"VariantName": "AllTraffic", "ModelName": "model-1"}
    answer(session, "DescribeEndpointConfig", {"ProductionVariants": [variant]})
    answer(session, "DescribeModel", {"PrimaryContainer": {"ModelPackageName": arn}})
    created = {"ModelPackageArn": arn, "CreationTime": "now", "DriftCheckBaselines": drift}
    answer(session, "DescribeModelPackage", created)
    sagemaker = session.client("sagemaker")
    assert utils.get_baselines_and_model_name("fraud-prod", sagemaker) == (drift, "model-1")


def test_a_document_is_uploaded_under_its_content_and_read_again(s3) -> None:
    uri = utils.upload_json_to_s3({"a": 1}, f"{PREFIX}/", "c.json", s3)
    assert uri == utils.upload_json_to_s3({"a": 1}, PREFIX, "c.json", s3)
    assert uri != utils.upload_json_to_s3({"a": 2}, PREFIX, "c.json", s3)
    assert utils.get_json_file_from_s3(uri, s3) == {"a": 1}
    assert utils.get_bucket_name_and_file_key(uri)[0] == "outputs"


def test_bias_baselines_become_the_monitors_parameters(s3) -> None:
    baselines = {
        "Bias": {
            "ConfigFile": source(s3, "config.json", {}),
            "PreTrainingConstraints": source(s3, "pre.json", PRE),
            "PostTrainingConstraints": source(s3, "post.json", POST),
        }
    }
    got = utils.process_bias_baselines(baselines, PREFIX, s3)
    assert got["ModelBiasConfigS3Uri"] == "s3://outputs/config.json"
    assert utils.get_json_file_from_s3(got["ModelBiasConstraintsS3Uri"], s3) == {**PRE, **POST}


def test_the_explainability_configuration_names_the_model(s3) -> None:
    config = source(s3, "config.json", {"predictor": {"model_name": "trained"}})
    constraints = source(s3, "analysis.json", {})
    baselines = {"Explainability": {"ConfigFile": config, "Constraints": constraints}}
    got = utils.process_explainability_config_file(baselines, "served", PREFIX, s3)
    named = utils.get_json_file_from_s3(got["ModelExplainabilityConfigS3Uri"], s3)
    assert named["predictor"]["model_name"] == "served"
    assert got["ModelExplainabilityConstraintsS3Uri"] == constraints["S3Uri"]


def test_what_a_package_lacks_is_left_out(s3) -> None:
    assert utils.process_bias_baselines({}, PREFIX, s3) == {}


def test_the_users_configuration_wins_and_is_not_changed() -> None:
    mine = {"Parameters": {"StageName": "prod", "EndpointName": ""}, "Tags": {"team": "mine"}}
    before = json.dumps(mine)
    got = utils.extend_config(
        mine, {"StageName": "x", "EndpointName": "e"}, {"team": "risk", "cost": "4711"}
    )
    assert got["Parameters"] == {"StageName": "prod", "EndpointName": "e"}
    assert got["Tags"] == {"team": "mine", "cost": "4711"}
    assert json.dumps(mine) == before


def test_a_configuration_is_written_and_read_again(tmp_path: Path) -> None:
    config = {"Parameters": {"StageName": "prod", "A": "größer"}, "Tags": {}}
    utils.write_config_to_json(config, tmp_path / "c.json")
    assert utils.read_config_from_json(tmp_path / "c.json") == config


@pytest.mark.parametrize("text", [None, "{", '{"A": 1, "A": 2}'])
def test_a_configuration_that_cannot_be_read_is_named(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "c.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError, match=r"c\.json: "):
        utils.read_config_from_json(path)
