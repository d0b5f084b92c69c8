"""What each parameter of the two templates may hold: a typo costs seconds, not a deployment.

Needs nothing but the text of a value. CloudFormation checks far less, and only after the
build; SageMaker refuses a bad cron expression when the schedule is created, an hour later.

The one thing a reader gets wrong: an empty value means "not set" here, never "wrong". What a
monitor that is switched on cannot do without is checked in `config`, where all is known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from monitoring.kinds import EXPLAINABILITY, KINDS
from monitoring.names import LONGEST_NAME, LONGEST_PROJECT_NAME, LONGEST_SCHEDULE_NAME

Check = Callable[[str], str | None]
"""Says what is wrong with a value, or None."""

NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
"""SageMaker's names of endpoints, models, definitions and schedules (botocore's pattern)."""


def anything(_value: str) -> str | None:
    """No rule: free text, or a rule only AWS knows."""
    return None


def one_of(*allowed: str) -> Check:
    """A value from a fixed list.

    >>> one_of("yes", "no")("true")
    "is 'true'; it must be one of yes, no"
    """

    def check(value: str) -> str | None:
        return None if value in allowed else f"is {value!r}; it must be one of {', '.join(allowed)}"

    return check


def whole(low: int, high: int) -> Check:
    """A whole number between two limits, both allowed.

    >>> whole(1, 86400)("90000")
    "is '90000'; it must be a whole number from 1 to 86400"
    """

    def check(value: str) -> str | None:
        fits = re.fullmatch(r"\d{1,9}", value) and low <= int(value) <= high
        return None if fits else f"is {value!r}; it must be a whole number from {low} to {high}"

    return check


def share(value: str) -> str | None:
    """A number from 0 to 1.

    >>> share("0.5"), share("50")
    (None, "is '50'; it must be a number from 0 to 1, such as 0.5")
    """
    fits = re.fullmatch(r"0?\.\d+|0|1(\.0+)?", value)
    return None if fits else f"is {value!r}; it must be a number from 0 to 1, such as 0.5"


def name(value: str) -> str | None:
    """A SageMaker name: letters, digits and inner hyphens, at most 63.

    >>> name("fraud-prod"), name("fraud_prod")
    (None, "is 'fraud_prod'; SageMaker names hold letters, digits and inner hyphens, at most 63")
    """
    if NAME.fullmatch(value):
        return None
    return f"is {value!r}; SageMaker names hold letters, digits and inner hyphens, at most 63"


def schedule_name(value: str) -> str | None:
    """A name that leaves room for `-ModelExplainability`.

    >>> schedule_name("fraud-prod")
    >>> schedule_name("f" * 50)
    'has 50 characters; at most 43 leave room for -ModelExplainability in the 63 SageMaker allows'
    """
    if len(value) > LONGEST_SCHEDULE_NAME:
        return (
            f"has {len(value)} characters; at most {LONGEST_SCHEDULE_NAME} leave room for "
            f"-{EXPLAINABILITY.name} in the {LONGEST_NAME} SageMaker allows"
        )
    return name(value)


def s3_prefix(value: str) -> str | None:
    """An S3 bucket or prefix. An empty part in a key makes prefixes miss each other.

    >>> s3_prefix("s3://outputs/fraud//prod")
    "is 's3://outputs/fraud//prod'; a key with '//' is another prefix than the one it looks like"
    """
    if not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/(\S(.*\S)?)?)?", value):
        return f"is {value!r}; it must look like s3://bucket/prefix"
    if "//" in value.removeprefix("s3://"):
        return f"is {value!r}; a key with '//' is another prefix than the one it looks like"
    return None


def s3_object(value: str) -> str | None:
    """One S3 object: a prefix that names a key.

    >>> s3_object("s3://baselines/fraud/")
    "is 's3://baselines/fraud/'; it must name one object, as s3://bucket/prefix/file.json does"
    """
    if wrong := s3_prefix(value):
        return wrong
    if value.count("/") < 3 or value.endswith("/"):
        return f"is {value!r}; it must name one object, as s3://bucket/prefix/file.json does"
    return None


def project_name(value: str) -> str | None:
    """A SageMaker project's name: at most 32 characters, so that names made from it fit.

    >>> project_name("fraud"), project_name("f" * 33)
    (None, 'has 33 characters; a project name has at most 32')
    """
    if len(value) > LONGEST_PROJECT_NAME:
        return f"has {len(value)} characters; a project name has at most {LONGEST_PROJECT_NAME}"
    return name(value)


def ids(prefix: str) -> Check:
    """VPC resources separated by commas.

    >>> ids("subnet")("subnet-0a1, subnet-0b2")
    "is 'subnet-0a1, subnet-0b2'; it must look like subnet-0a1b2c3d,subnet-4e5f6a7b"
    """

    def check(value: str) -> str | None:
        if re.fullmatch(rf"{prefix}-[0-9a-f]+(,{prefix}-[0-9a-f]+)*", value):
            return None
        return f"is {value!r}; it must look like {prefix}-0a1b2c3d,{prefix}-4e5f6a7b"

    return check


def arn(service: str) -> Check:
    """An ARN of one service.

    >>> arn("iam")("monitor-role")
    "is 'monitor-role'; it must be an ARN that begins with arn:aws:iam:"
    """

    def check(value: str) -> str | None:
        if re.fullmatch(rf"arn:aws[a-z-]*:{service}:[a-z0-9-]*:\d{{12}}:\S+", value):
            return None
        return f"is {value!r}; it must be an ARN that begins with arn:aws:{service}:"

    return check


def schedule_expression(value: str) -> str | None:
    """SageMaker's cron: hourly, daily, or every 1 to 24 hours from an hour on.

    `NOW`, a single run, needs a window of its own and has no place in a stack that stays.

    >>> schedule_expression("cron(0 17/12 ? * * *)")
    >>> print(schedule_expression("cron(0/30 * ? * * *)"))  # doctest: +ELLIPSIS
    is 'cron(0/30 * ? * * *)'; SageMaker runs at whole hours only: cron(0 * ? * * *) each hour, ...
    """
    hour, every = r"([01]?\d|2[0-3])", r"(0?[1-9]|1\d|2[0-4])"
    if re.fullmatch(rf"cron\(0 (\*|{hour}(/{every})?) \? \* \* \*\)", value):
        return None
    return (
        f"is {value!r}; SageMaker runs at whole hours only: cron(0 * ? * * *) each hour, "
        "cron(0 H ? * * *) each day, cron(0 H/N ? * * *) every N hours"
    )


def instance_type(value: str) -> str | None:
    """A SageMaker instance type by its shape; which ones a region offers only AWS knows.

    >>> instance_type("m5.large")
    "is 'm5.large'; it must look like ml.m5.large"
    """
    fits = re.fullmatch(r"ml\.[a-z0-9-]+\.[a-z0-9]+", value)
    return None if fits else f"is {value!r}; it must look like ml.m5.large"


MANAGED, SELF_HOSTED = "managed", "self-hosted"
"""`MonitorEngine`: SageMaker's own schedules, or EventBridge Scheduler's with our analyzer."""
YES_NO = one_of("yes", "no")
COMMON: Mapping[str, Check] = {
    "SageMakerProjectName": project_name,
    "StageName": project_name,
    "EndpointName": name,
    "KMSKeyArn": arn("kms"),
}
MONITOR_PARAMETERS: Mapping[str, Check] = {
    **COMMON,
    "ModelMonitorRoleArn": arn("iam"),
    "MonitoringScheduleName": schedule_name,
    "MonitoringJobInstanceType": instance_type,
    "MonitoringJobInstanceCount": whole(1, 100),
    "MonitoringJobInstanceVolumeSizeInGB": whole(1, 16_384),
    "MonitorEngine": one_of(MANAGED, SELF_HOSTED),
    "AnalyzerImageUri": anything,
    "ModelMonitorImageUri": anything,
    "ClarifyImageUri": anything,
    "GroundTruthInput": s3_prefix,
    "ProblemType": one_of("BinaryClassification", "MulticlassClassification", "Regression"),
    "InferenceAttribute": anything,
    "ProbabilityAttribute": anything,
    "ProbabilityThresholdAttribute": share,
    "FeaturesAttribute": anything,
    "EnableNetworkIsolation": YES_NO,
    "EnableInterContainerTrafficEncryption": YES_NO,
    "VpcSubnetIds": ids("subnet"),
    "VpcSecurityGroupIds": ids("sg"),
    "EnableAlarms": YES_NO,
    "AlarmTopicArn": arn("sns"),
    "AlarmPeriodInSeconds": one_of(*(str(hours * 3600) for hours in (1, 2, 3, 4, 6, 8, 12, 24))),
    **{f"Enable{kind.name}Monitor": YES_NO for kind in KINDS},
    **{f"{kind.name}MaxRuntimeInSeconds": whole(1, 86_400) for kind in KINDS},
    **{f"{kind.name}ScheduleExpression": schedule_expression for kind in KINDS},
    **{f"{kind.name}ConstraintsS3Uri": s3_object for kind in KINDS},
    **{f"{kind.name}MonitoringOutputS3Uri": s3_prefix for kind in KINDS},
    "DataQualityStatisticsS3Uri": s3_object,
    "ModelQualityStatisticsS3Uri": s3_object,
    **{
        f"{kind.name}{script}S3Uri": s3_object
        for kind in KINDS
        if not kind.has_config_file
        for script in ("RecordPreprocessor", "PostAnalyticsProcessor")
    },
    **{f"{kind.name}ConfigS3Uri": s3_object for kind in KINDS if kind.has_config_file},
}
ENDPOINT_PARAMETERS: Mapping[str, Check] = {
    **COMMON,
    "SageMakerProjectId": name,
    "ModelName": name,
    "ModelPackageName": arn("sagemaker"),
    "ModelExecutionRoleArn": arn("iam"),
    "EndpointInstanceType": instance_type,
    "EndpointInstanceCount": whole(1, 100),
    "EnableDataCapture": YES_NO,
    "DataCaptureUploadPath": s3_prefix,
    "SamplingPercentage": whole(1, 100),
}
