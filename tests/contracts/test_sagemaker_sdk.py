"""The SageMaker SDK reads every document of the four monitors, and what it edits we read again.

`tests/stories/test_the_sagemaker_sdk.py` does so for data quality from an endpoint to its alarm;
here are the documents alone, of all four, in an S3 that this process holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from monitoring.documents import ANALYSIS, CONSTRAINTS, STATISTICS, VIOLATIONS, parse, render
from monitoring.kinds import DATA_QUALITY
from monitoring.monitors import MONITORS, monitor_for
from tests.contracts.test_monitors import SUBJECTS, Subject, ordinary, tripled

REGION, BUCKET = "eu-west-1", "documents"
CONFIG = {
    "SchemaVersion": "1.0",
    "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
}
CLASSES = {
    STATISTICS: "Statistics",
    ANALYSIS: "Statistics",
    CONSTRAINTS: "Constraints",
    VIOLATIONS: "ConstraintViolations",
}
"""What the SDK calls each document; Clarify's statistics are analysis.json."""

Load = Callable[[str, Any], Any]


@pytest.fixture(scope="module")
def sdk() -> Iterator[SimpleNamespace]:
    """The SDK, imported late because it takes seconds, over an empty bucket."""
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        from sagemaker import Session, model_monitor

        boto = boto3.Session(region_name=REGION)
        boto.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        session = Session(boto, default_bucket=BUCKET, sagemaker_config=CONFIG)
        yield SimpleNamespace(monitor=model_monitor, session=session)


@pytest.fixture
def load(sdk: SimpleNamespace) -> Load:
    """A document as published, read by the SDK from S3."""

    def read(name: str, document: Any) -> Any:
        uri = f"s3://{BUCKET}/baseline/{name}"
        sdk.session.upload_string_as_file_body(
            body=render(document), bucket=BUCKET, key=f"baseline/{name}"
        )
        kind = getattr(sdk.monitor, CLASSES[name])
        return kind.from_s3_uri(uri, sagemaker_session=sdk.session)

    return read


@pytest.fixture(params=MONITORS, ids=lambda monitor: monitor.kind.slug)
def subject(request: pytest.FixtureRequest) -> Subject:
    return Subject(request.param, *SUBJECTS[request.param.kind])


def saved(sdk: SimpleNamespace, file: Any) -> Any:
    """What the SDK saves, as a later run reads it."""
    file.session = sdk.session
    text = sdk.session.read_s3_file(BUCKET, file.save().removeprefix(f"s3://{BUCKET}/"))
    return parse(text.encode(), file.file_s3_uri)


def test_every_document_is_read_as_it_was_written(subject: Subject, load: Load):
    columns = ordinary()
    baseline = subject.suggest(columns)
    analysis = subject.analyze(subject.worsen(columns), baseline, "corrected")
    assert analysis.findings
    read = 0
    for documents in (baseline, analysis.documents):
        for name in documents.keys() & CLASSES:
            assert load(name, documents[name]).body_dict == json.loads(render(documents[name]))
            read += 1
    assert read >= 4


def test_constraints_the_sdk_saved_are_a_baseline(
    subject: Subject, load: Load, sdk: SimpleNamespace
):
    columns = ordinary()
    baseline = dict(subject.suggest(columns))
    again = baseline | {CONSTRAINTS: saved(sdk, load(CONSTRAINTS, baseline[CONSTRAINTS]))}
    assert subject.analyze(columns, again, "corrected").findings == ()
    worse = subject.worsen(columns)
    found = [f.violation() for f in subject.analyze(worse, baseline, "compat").findings]
    assert [f.violation() for f in subject.analyze(worse, again, "compat").findings] == found


def test_monitoring_the_sdk_switches_off_is_off(load: Load, sdk: SimpleNamespace):
    """Of one feature, of the whole file, and on again for one feature alone."""
    data_quality = Subject(monitor_for(DATA_QUALITY), *SUBJECTS[DATA_QUALITY])
    columns = ordinary()
    baseline = dict(data_quality.suggest(columns))
    constraints = load(CONSTRAINTS, baseline[CONSTRAINTS])

    def found() -> list[str]:
        edited = baseline | {CONSTRAINTS: saved(sdk, constraints)}
        analysis = data_quality.analyze(tripled(columns), edited, "corrected")
        return [finding.feature for finding in analysis.findings]

    assert found() == ["amount"]
    constraints.set_monitoring(enable_monitoring=False, feature_name="amount")
    assert found() == []
    constraints.set_monitoring(enable_monitoring=True, feature_name="amount")
    constraints.set_monitoring(enable_monitoring=False)
    assert found() == ["amount"]
