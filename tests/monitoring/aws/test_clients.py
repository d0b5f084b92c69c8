"""What AWS's refusals mean, in one line that names action, resource and next step."""

from __future__ import annotations

import boto3
import pytest
from botocore import exceptions

from monitoring.aws.clients import Aws, asking, connect, is_missing
from monitoring.errors import AwsError


def client_error(code: str, message: str = "said") -> exceptions.ClientError:
    return exceptions.ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (client_error("AccessDeniedException"), "Allow sagemaker:DescribeModel on it"),
        (client_error("403"), "Allow sagemaker:DescribeModel on it"),
        (client_error("AccessDenied", "not authorized to kms:Decrypt"), "KMS key refuses us"),
        (client_error("ExpiredTokenException"), "credentials have expired"),
        (client_error("UnrecognizedClientException"), "AWS does not know these credentials"),
        (client_error("ThrottlingException"), "failed with ThrottlingException: said"),
        (exceptions.NoCredentialsError(), "no usable AWS credentials"),
        (exceptions.EndpointConnectionError(endpoint_url="https://x"), "could not be reached"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_failed_call_is_one_line(error: Exception, said: str) -> None:
    with pytest.raises(AwsError) as caught, asking("sagemaker:DescribeModel", "model fraud"):
        raise error
    assert said in str(caught.value)
    assert "model fraud" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_defect_of_ours_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError), asking("s3:GetObject", "s3://b/k"):
        _ = 1 / 0


@pytest.mark.parametrize(
    ("error", "missing"),
    [
        (client_error("ValidationException", 'Could not find endpoint "x".'), True),
        (client_error("ValidationException", "ModelPackage x does not exist"), True),
        (client_error("ResourceNotFound"), True),
        (client_error("404"), True),
        (client_error("ValidationException", "1 validation error detected"), False),
        (client_error("AccessDeniedException", "not found"), False),
    ],
)
def test_missing_is_told_from_denied(error: exceptions.ClientError, missing: bool) -> None:
    assert is_missing(error) is missing


def test_a_session_without_a_region_says_how_to_set_one(monkeypatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(AwsError, match="pass --region"):
        _ = Aws(boto3.Session("x", "y")).region


def test_an_unknown_profile_lists_the_known_ones(tmp_path, monkeypatch) -> None:
    config = tmp_path / "config"
    config.write_text("[profile risk]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with pytest.raises(AwsError, match="risk"):
        connect(profile="rsik")


def test_a_client_is_made_once_and_only_when_needed() -> None:
    aws = Aws(boto3.Session("x", "y", region_name="eu-west-1"))
    assert "s3" not in vars(aws)
    assert aws.s3 is aws.s3
