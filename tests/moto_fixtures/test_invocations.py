"""Who answers a request, who gets a copy of it, and what CloudWatch learns of both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.cloudwatch.models import cloudwatch_backends
from moto.sagemaker.models import sagemaker_backends

from moto_fixtures import data_capture, invocations, runtime
from moto_fixtures.endpoint_metrics import NAMESPACE
from moto_fixtures.runtime import Record
from tests.moto_fixtures.building import Project, client, variant

NOON = datetime(2026, 1, 31, 12)
Serve = Callable[..., Project]


@pytest.fixture
def serve(project: Project) -> Serve:
    """Have the endpoint serve some variants: name → weight; and shadows likewise."""

    def run(weights: dict[str, float], shadows: dict[str, float] | None = None) -> Project:
        request: dict[str, Any] = {"ProductionVariants": variants(project, weights)}
        if shadows:
            request["ShadowProductionVariants"] = variants(project, shadows)
        capture = project.sagemaker.describe_endpoint_config(EndpointConfigName=project.endpoint)
        project.sagemaker.create_endpoint_config(
            EndpointConfigName="served", DataCaptureConfig=capture["DataCaptureConfig"], **request
        )
        project.sagemaker.update_endpoint(
            EndpointName=project.endpoint, EndpointConfigName="served"
        )
        return project

    return run


def variants(project: Project, weights: dict[str, float]) -> list[dict[str, Any]]:
    return [
        variant(project.endpoint, VariantName=name, InitialVariantWeight=weight)
        for name, weight in weights.items()
    ]


def invoke(project: Project, body: str | None = None, **other: Any) -> dict[str, Any]:
    request = {"EndpointName": project.endpoint, "ContentType": "text/csv", **other}
    answer: dict[str, Any] = project.runtime.invoke_endpoint(
        Body=body or project.model.rows[0], **request
    )
    return answer


def captured(project: Project) -> Counter[str]:
    """How many events were captured, by variant."""
    data_capture.flush_all()
    found = project.captured()
    return Counter({key.split("/")[2]: len(events) for key, events in found.items()})


def send(project: Project, rows: list[str], time: datetime = NOON) -> runtime.TrafficReport:
    records = [Record(row.encode(), "text/csv", time) for row in rows]
    backend = sagemaker_backends["123456789012"]["us-east-1"]
    return runtime.send_traffic(backend, project.endpoint, records)


def statistics(project: Project, metric: str, variant_name: str = "AllTraffic") -> dict[str, float]:
    """The statistics of a metric over all time; {} where nothing was reported."""
    found = client(project.session, "cloudwatch").get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName=metric,
        Dimensions=[
            {"Name": "EndpointName", "Value": project.endpoint},
            {"Name": "VariantName", "Value": variant_name},
        ],
        StartTime=NOON - timedelta(hours=1),
        EndTime=NOON + timedelta(hours=1),
        Period=7200,
        Statistics=["Sum", "SampleCount", "Maximum"],
    )
    points = [*found["Datapoints"], {}]
    return {name: points[0][name] for name in ("Sum", "SampleCount") if name in points[0]}


def test_requests_are_split_by_weight_exactly(serve: Serve) -> None:
    project = serve({"champion": 9, "challenger": 1})
    seen = Counter(invoke(project)["InvokedProductionVariant"] for _ in range(20))
    assert seen == {"champion": 18, "challenger": 2}


def test_bulk_traffic_is_split_the_same_way(serve: Serve) -> None:
    project = serve({"champion": 3, "challenger": 1})
    assert send(project, project.model.rows[:40]).invocations == 40
    assert captured(project) == {"champion": 30, "challenger": 10}


def test_new_weights_hold_from_the_next_request(serve: Serve) -> None:
    project = serve({"a": 1, "b": 1})
    weights = [{"VariantName": "a", "DesiredWeight": 0}]
    project.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=project.endpoint, DesiredWeightsAndCapacities=weights
    )
    assert {invoke(project)["InvokedProductionVariant"] for _ in range(4)} == {"b"}


def test_variants_without_any_weight_answer_only_by_name(serve: Serve) -> None:
    project = serve({"a": 0, "b": 0})
    with pytest.raises(ClientError, match="no variant to answer"):
        invoke(project)
    assert invoke(project, TargetVariant="b")["InvokedProductionVariant"] == "b"


def test_a_shadows_answer_is_captured_and_not_returned(serve: Serve) -> None:
    project = serve({"live": 1}, {"shadow": 1})
    got = project.sagemaker.describe_endpoint(EndpointName=project.endpoint)
    assert [one["VariantName"] for one in got["ShadowProductionVariants"]] == ["shadow"]
    assert invoke(project)["InvokedProductionVariant"] == "live"
    assert captured(project) == {"live": 1, "shadow": 1}
    with pytest.raises(ClientError, match="Variant shadow of endpoint"):
        invoke(project, TargetVariant="shadow")


def test_a_shadow_gets_its_share_of_copies(serve: Serve) -> None:
    project = serve({"live": 1}, {"shadow": 0.25})
    send(project, project.model.rows[:20])
    assert captured(project) == {"live": 20, "shadow": 5}


def test_what_a_shadow_refuses_the_caller_never_learns(serve: Serve, clock: ModuleType) -> None:
    project = serve({"live": 1}, {"shadow": 1})
    clock.travel(NOON)
    report = send(project, ["1,2", *project.model.rows[:2]])
    assert report.model_errors == [(0, 400)]
    clock.advance(NOON + timedelta(minutes=2))
    assert statistics(project, "Invocation4XXErrors", "shadow")["Sum"] == 1


@pytest.mark.parametrize(
    ("live", "shadows"), [({"a": 1, "b": 1}, {"s": 1}), ({"a": 1}, {"s": 1, "t": 1})]
)
def test_one_shadow_watches_one_variant(
    serve: Serve, live: dict[str, float], shadows: dict[str, float]
) -> None:
    with pytest.raises(ClientError, match="one variant in ProductionVariants and one in"):
        serve(live, shadows)


def test_a_variant_name_is_used_once(serve: Serve) -> None:
    with pytest.raises(ClientError, match=r"Duplicate variant name\(s\): same"):
        serve({"same": 1}, {"same": 1})


def test_invocations_reach_cloudwatch_when_their_minute_is_over(
    project: Project, clock: ModuleType
) -> None:
    clock.travel(NOON)
    for _ in range(3):
        invoke(project)
    with pytest.raises(ClientError):
        invoke(project, "1,2")
    assert statistics(project, "Invocations") == {}
    clock.advance(NOON + timedelta(minutes=1))
    assert statistics(project, "Invocations") == {"Sum": 4, "SampleCount": 4}
    assert statistics(project, "Invocation4XXErrors") == {"Sum": 1, "SampleCount": 4}
    assert statistics(project, "Invocation5XXErrors") == {"Sum": 0, "SampleCount": 4}
    assert statistics(project, "InvocationModelErrors")["Sum"] == 1
    latency = statistics(project, "ModelLatency")
    assert latency["SampleCount"] == 4
    assert latency["Sum"] > 4 * 10, "no model answers within 10 microseconds"
    assert statistics(project, "OverheadLatency")["Sum"] > 0


def test_invocations_per_instance_follow_the_count(project: Project, clock: ModuleType) -> None:
    clock.travel(NOON)
    count = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 4}]
    project.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=project.endpoint, DesiredWeightsAndCapacities=count
    )
    send(project, project.model.rows[:20])
    clock.advance(NOON + timedelta(minutes=1))
    assert statistics(project, "InvocationsPerInstance") == {"Sum": 5, "SampleCount": 20}


def test_many_requests_are_little_data(project: Project, clock: ModuleType) -> None:
    clock.travel(NOON)
    rows = project.model.rows[:50]
    send(project, rows * 40)
    clock.advance(NOON + timedelta(minutes=1))
    assert statistics(project, "Invocations") == {"Sum": 2000, "SampleCount": 2000}
    stored = cloudwatch_backends["123456789012"]["us-east-1"].metric_data
    assert len([one for one in stored if one.namespace == NAMESPACE]) < 40


def test_a_body_may_be_six_megabytes_and_no_more(project: Project) -> None:
    with pytest.raises(ClientError, match="exceeded 6291456 bytes") as refused:
        invoke(project, "x" * (invocations.MAXIMUM_BODY + 1))
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
