"""InvokeEndpoint: the real model answers, errors are the service's."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.sagemaker.models import sagemaker_backends

from moto_fixtures import data_capture, invocations, runtime
from moto_fixtures.runtime import InvocationError, Record
from tests.moto_fixtures.building import BUCKET, Project, variant

TIME = datetime(2026, 1, 31, 10, 15)


def invoke(project: Project, body: bytes | str, **other: Any) -> Any:
    request = {"EndpointName": project.endpoint, "ContentType": "text/csv", **other}
    return project.runtime.invoke_endpoint(Body=body, **request)


def backend() -> Any:
    return sagemaker_backends["123456789012"]["us-east-1"]


def records(rows: list[str]) -> list[Record]:
    return [Record(row.encode(), "text/csv", TIME) for row in rows]


def events(project: Project) -> list[dict[str, Any]]:
    data_capture.flush_all()
    return [event for events in project.captured().values() for event in events]


def test_the_model_answers_a_decision_and_a_probability(project: Project) -> None:
    answer = invoke(project, project.model.rows[0])
    prediction, probability = answer["Body"].read().decode().strip().split(",")
    assert prediction in {"0", "1"}
    assert 0 <= float(probability) <= 1
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    assert answer["ContentType"].startswith("text/csv")


def test_accept_chooses_the_format_of_the_answer(project: Project) -> None:
    answer = invoke(project, project.model.rows[0], Accept="application/json")
    assert answer["ContentType"] == "application/json"
    assert json.loads(answer["Body"].read())


def test_the_callers_ids_are_captured(project: Project) -> None:
    invoke(project, project.model.rows[0], InferenceId="order-7", CustomAttributes="trace=1")
    (event,) = events(project)
    assert event["eventMetadata"]["inferenceId"] == "order-7"
    assert event["eventMetadata"]["customAttributes"] == ["trace=1"]


def test_an_unknown_endpoint_is_an_error_not_an_answer(project: Project) -> None:
    with pytest.raises(project.runtime.exceptions.ValidationError) as refused:
        invoke(project, b"1", EndpointName="nowhere")
    message = refused.value.response["Error"]["Message"]
    assert message == "Endpoint nowhere of account 123456789012 not found."


def test_what_the_model_refuses_is_a_model_error(project: Project) -> None:
    with pytest.raises(project.runtime.exceptions.ModelError) as refused:
        invoke(project, b"1,2")
    response = refused.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert response["OriginalStatusCode"] == 400
    assert "row 1 has 2 columns" in response["OriginalMessage"]
    assert events(project) == []


def test_six_megabytes_are_the_limit(project: Project) -> None:
    with pytest.raises(ClientError, match="HTTP content length exceeded 6291456 bytes"):
        invoke(project, b"x" * (invocations.MAXIMUM_BODY + 1))


def test_a_variant_is_called_by_name(project: Project) -> None:
    variants = [
        variant(project.endpoint, VariantName=name, InitialVariantWeight=weight)
        for name, weight in (("heavy", 1.0), ("idle", 0.0))
    ]
    project.sagemaker.create_endpoint_config(EndpointConfigName="two", ProductionVariants=variants)
    project.sagemaker.update_endpoint(EndpointName=project.endpoint, EndpointConfigName="two")
    row = project.model.rows[0]
    assert invoke(project, row, TargetVariant="idle")["InvokedProductionVariant"] == "idle"
    assert {invoke(project, row)["InvokedProductionVariant"] for _ in range(5)} == {"heavy"}
    with pytest.raises(ClientError, match="Variant missing of endpoint"):
        invoke(project, row, TargetVariant="missing")


def test_an_endpoint_keeps_the_model_it_loaded(project: Project) -> None:
    """As AWS: model data is read when an endpoint is made, and a new object is another model."""
    project.s3.put_object(Bucket=BUCKET, Key="model.tar.gz", Body=b"no archive")
    assert invoke(project, project.model.rows[0])["Body"].read()
    project.sagemaker.create_endpoint(EndpointName="new", EndpointConfigName=project.endpoint)
    got = project.sagemaker.describe_endpoint(EndpointName="new")
    assert got["EndpointStatus"] == "Failed"
    assert got["FailureReason"].endswith(
        "model.tar.gz cannot be unpacked: file could not be opened successfully"
    )
    with pytest.raises(ClientError, match="is Failed, not InService"):
        invoke(project, project.model.rows[0], EndpointName="new")


def test_bulk_traffic_is_captured_as_if_it_came_one_by_one(project: Project) -> None:
    rows = project.model.rows[:60]
    singly = [invoke(project, row)["Body"].read().decode() for row in rows]
    data_capture.flush_all()
    for key in project.captured():
        project.s3.delete_object(Bucket=BUCKET, Key=key)
    report = runtime.send_traffic(backend(), project.endpoint, records(rows))
    assert report.invocations == 60
    sides = [event["captureData"] for event in events(project)]
    captured = {one["endpointInput"]["data"]: one["endpointOutput"]["data"] for one in sides}
    assert list(captured) == rows
    for alone, batched in zip(singly, captured.values(), strict=True):
        decision, probability = batched.strip().split(",")
        assert decision == alone.strip().split(",")[0]
        assert float(probability) == pytest.approx(float(alone.strip().split(",")[1]), rel=1e-12)


def test_one_bad_record_costs_only_itself(project: Project) -> None:
    rows = [*project.model.rows[:5], "1,2", *project.model.rows[5:9]]
    report = runtime.send_traffic(backend(), project.endpoint, records(rows))
    assert (report.invocations, report.model_errors) == (9, [(5, 400)])
    assert len(events(project)) == 9


def test_records_of_several_rows_keep_their_answers_together(project: Project) -> None:
    pair = "\n".join(project.model.rows[:2])
    report = runtime.send_traffic(backend(), project.endpoint, records([pair]))
    assert report.invocations == 1
    (event,) = events(project)
    assert event["captureData"]["endpointOutput"]["data"].count("\n") == 2


def test_traffic_to_nowhere_is_refused(project: Project) -> None:
    del project
    with pytest.raises(InvocationError, match="Endpoint nowhere of account"):
        runtime.send_traffic(backend(), "nowhere", [])


@pytest.mark.parametrize("member", runtime.refused_members())
def test_what_a_call_asks_for_in_vain_is_refused_by_name(project: Project, member: str) -> None:
    with pytest.raises(ClientError, match=f"{member} of InvokeEndpoint") as refused:
        invoke(project, project.model.rows[0], **{member: "some-thing"})
    assert refused.value.response["Error"]["Code"] == "NotSimulated"
    assert events(project) == []


@pytest.mark.parametrize(
    ("action", "request_"),
    [
        ("invoke_endpoint_async", {"InputLocation": "s3://bucket/key"}),
        ("invoke_endpoint_with_response_stream", {"Body": b"1"}),
    ],
)
def test_an_answer_of_another_kind_is_refused_by_name(
    project: Project, action: str, request_: dict[str, Any]
) -> None:
    name = "".join(word.title() for word in action.split("_"))
    with pytest.raises(ClientError, match=f"{name} is not simulated"):
        getattr(project.runtime, action)(EndpointName=project.endpoint, **request_)
