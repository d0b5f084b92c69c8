"""One session, its clients, and what AWS's refusals mean: the only place that makes a client.

Needs     credentials and a region, from the session, the environment or a profile
Writes    nothing

The one thing a reader gets wrong: no client exists before the first call needs it. A wrong
command line is therefore reported without credentials.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import boto3
from botocore import exceptions
from botocore.config import Config

from monitoring.errors import AwsError

RETRIES = Config(
    retries={"mode": "adaptive", "total_max_attempts": 8}, connect_timeout=10, read_timeout=60
)
"""Adaptive: a throttled account slows us down instead of failing the build."""

NO_CREDENTIALS = (
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
    exceptions.CredentialRetrievalError,
    exceptions.SSOError,
    exceptions.TokenRetrievalError,
)
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403", "Forbidden"}
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
REJECTED = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "AuthFailure",
}
MISSING = {"404", "NoSuchKey", "NotFound", "ResourceNotFound", "ResourceNotFoundException"}
MISSING_WORDS = ("could not find", "does not exist", "not found", "cannot find")


class Aws:
    """The clients of one session, each made when it is first needed."""

    def __init__(self, session: boto3.Session) -> None:
        self.session = session

    @property
    def region(self) -> str:
        """The region everything is looked up in. Raises AwsError when none is set."""
        if not self.session.region_name:
            raise AwsError(
                "no AWS region is set, so there is nowhere to look; "
                "pass --region, or set AWS_DEFAULT_REGION"
            )
        return self.session.region_name

    @cached_property
    def sagemaker(self) -> Any:
        return self._client("sagemaker")

    @cached_property
    def cloudwatch(self) -> Any:
        return self._client("cloudwatch")

    @cached_property
    def s3(self) -> Any:
        return self._client("s3")

    @cached_property
    def scheduler(self) -> Any:
        """EventBridge Scheduler's, which starts the self-hosted engine's jobs."""
        return self._client("scheduler")

    @cached_property
    def kinesis(self) -> Any:
        return self._client("kinesis")

    @cached_property
    def sqs(self) -> Any:
        return self._client("sqs")

    @cached_property
    def runtime(self) -> Any:
        """Of endpoints: what invokes them."""
        return self._client("sagemaker-runtime")

    def _client(self, service: str) -> Any:
        with asking(f"{service}:*", self.region):
            return self.session.client(service, region_name=self.region, config=RETRIES)


def connect(profile: str | None = None, region: str | None = None) -> Aws:
    """The default session's clients, or those of a profile or another region."""
    try:
        return Aws(boto3.Session(profile_name=profile, region_name=region))
    except exceptions.ProfileNotFound as error:
        known = ", ".join(boto3.Session().available_profiles) or "none"
        raise AwsError(
            f"{error}. The profiles on this machine: {known}; name one of them with --profile"
        ) from error


def code_of(error: exceptions.ClientError) -> str:
    """`AccessDeniedException`, `404`, …: AWS's name for what went wrong."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_missing(error: exceptions.ClientError) -> bool:
    """Whether AWS says that the thing asked for is not there.

    SageMaker has no code for it: it says so in the words of a ValidationException.
    """
    message = str(error.response.get("Error", {}).get("Message", "")).lower()
    return code_of(error) in MISSING or (
        code_of(error) == "ValidationException" and any(word in message for word in MISSING_WORDS)
    )


@contextmanager
def asking(action: str, resource: str) -> Iterator[None]:
    """Turn a failed call into one line that names the action, the resource and the next step.

    `action` is spelt as in an IAM policy, because allowing it is most often the remedy.
    Raises AwsError.
    """
    try:
        yield
    except NO_CREDENTIALS as error:
        raise AwsError(
            f"{action} on {resource}: no usable AWS credentials ({error}). "
            "Run `aws configure` or `aws sso login`, or pass --profile"
        ) from error
    except exceptions.ClientError as error:
        raise AwsError(f"{resource}: {_refusal(action, error)}") from error
    except exceptions.BotoCoreError as error:
        raise AwsError(
            f"{action} on {resource}: AWS could not be reached ({error}). "
            "Check the region and the network, then run again"
        ) from error


def _refusal(action: str, error: exceptions.ClientError) -> str:
    code, said = code_of(error), error.response.get("Error", {}).get("Message", "")
    if code in DENIED and "kms" in str(said).lower():
        return f"its KMS key refuses us ({said}). Let this role use the key, in the key's policy"
    if code in DENIED:
        return f"access denied ({said}). Allow {action} on it to the role that runs this"
    if code in EXPIRED:
        return f"{action} failed, for the AWS credentials have expired. Renew them and run again"
    if code in REJECTED:
        return f"{action} failed, for AWS does not know these credentials ({code}). Check --profile"
    return f"{action} failed with {code}: {said}"
