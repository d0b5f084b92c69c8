"""Endpoints over HTTP: what deploys, answers, is measured and scales as it does in process."""

from __future__ import annotations

import json
import urllib.request
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest

from moto_fixtures.endpoint_metrics import NAMESPACE
from tests.moto_fixtures.building import Project, TrainedModel, deploy_endpoint, variant
from tests.patience import PATIENCE

NAME = "guarded-over-http"


class Remote(boto3.Session):
    """A session whose clients go to the server."""

    def __init__(self, url: str) -> None:
        super().__init__("offline", "offline", region_name="us-east-1")
        self.url = url

    def client(self, service_name: str, *_: Any, **__: Any) -> Any:
        return super().client(service_name, endpoint_url=self.url)

    def control(self, path: str, **body: Any) -> dict[str, Any]:
        request = urllib.request.Request(f"{self.url}/offline/{path}")  # noqa: S310
        request.data = json.dumps(body).encode() if body else None
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            return dict(json.load(answer))

    def now(self) -> datetime:
        return datetime.fromisoformat(self.control("clock")["now"])


@pytest.fixture
def project(server: str, trained: TrainedModel) -> Project:
    """An endpoint on the server, and a configuration of four instances to move to."""
    made = Project(Remote(server), NAME, trained)
    deploy_endpoint(made, {})
    made.sagemaker.create_endpoint_config(
        EndpointConfigName=f"{NAME}-next",
        ProductionVariants=[variant(NAME, VariantName="Green", InitialInstanceCount=4)],
    )
    return made


def test_a_canary_moves_traffic_is_measured_and_scales(project: Project) -> None:
    remote, row = project.session, project.model.rows[0]
    assert isinstance(remote, Remote)
    routing = {
        "Type": "CANARY",
        "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1},
        "WaitIntervalInSeconds": 600,
    }
    project.sagemaker.update_endpoint(
        EndpointName=NAME,
        EndpointConfigName=f"{NAME}-next",
        DeploymentConfig={"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}},
    )
    seen = Counter(
        project.runtime.invoke_endpoint(EndpointName=NAME, Body=row, ContentType="text/csv")[
            "InvokedProductionVariant"
        ]
        for _ in range(8)
    )
    assert seen == {"AllTraffic": 6, "Green": 2}
    found = project.sagemaker.describe_endpoint(EndpointName=NAME)
    assert found["EndpointStatus"] == "Updating"
    assert found["PendingDeploymentSummary"]["EndpointConfigName"] == f"{NAME}-next"

    remote.control("advance", hours=0.4)
    found = project.sagemaker.describe_endpoint(EndpointName=NAME)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", f"{NAME}-next")
    now = remote.now()
    measured = remote.client("cloudwatch").get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName="Invocations",
        Dimensions=[
            {"Name": "EndpointName", "Value": NAME},
            {"Name": "VariantName", "Value": "Green"},
        ],
        StartTime=now - timedelta(hours=1),
        EndTime=now,
        Period=3600,
        Statistics=["Sum"],
    )
    assert sum(point["Sum"] for point in measured["Datapoints"]) == 2

    remote.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId=f"endpoint/{NAME}/variant/Green",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
        MinCapacity=5,
        MaxCapacity=6,
    )
    found = project.sagemaker.describe_endpoint(EndpointName=NAME)
    assert found["ProductionVariants"][0]["CurrentInstanceCount"] == 5
