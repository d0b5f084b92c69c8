"""An endpoint moves to another configuration as its DeploymentConfig says, on the clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.sagemaker.models import sagemaker_backends

from moto_fixtures import deployments
from moto_fixtures.deployments import ROLLBACK, START_SECONDS
from tests.moto_fixtures.building import BUCKET, IMAGE, ROLE, Project, client, variant

MINUTES_5 = {"WaitIntervalInSeconds": 300}
CANARY = {
    "Type": "CANARY",
    "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 25},
    **MINUTES_5,
}
Update = Callable[..., dict[str, Any]]


def routing(one: dict[str, Any], alarms: tuple[str, ...] = (), **other: Any) -> dict[str, Any]:
    """A blue/green DeploymentConfig."""
    config: dict[str, Any] = {
        "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": one, **other}
    }
    if alarms:
        watched = [{"AlarmName": name} for name in alarms]
        config["AutoRollbackConfiguration"] = {"Alarms": watched}
    return config


@pytest.fixture
def update(project: Project) -> Update:
    """Move the endpoint to a configuration whose variant is called Green; describe it then."""
    project.sagemaker.create_endpoint_config(
        EndpointConfigName="next",
        ProductionVariants=[variant(project.endpoint, VariantName="Green", InitialInstanceCount=4)],
    )

    def run(deployment: dict[str, Any] | None = None, **other: Any) -> dict[str, Any]:
        if deployment is not None:
            other["DeploymentConfig"] = deployment
        project.sagemaker.update_endpoint(
            EndpointName=project.endpoint, EndpointConfigName="next", **other
        )
        return described(project)

    return run


def described(project: Project, name: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = project.sagemaker.describe_endpoint(
        EndpointName=name or project.endpoint
    )
    return found


def answering(project: Project, requests: int) -> Counter[str]:
    """How often each variant answers."""
    row = project.model.rows[0]
    return Counter(
        project.runtime.invoke_endpoint(
            EndpointName=project.endpoint, Body=row, ContentType="text/csv"
        )["InvokedProductionVariant"]
        for _ in range(requests)
    )


def wait(clock: ModuleType, **time: float) -> None:
    clock.advance(clock.now() + timedelta(**time))


def alarm(project: Project, name: str, state: str = "OK") -> None:
    cloudwatch = client(project.session, "cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="ignore",
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="the test says so")


def test_an_update_without_waits_is_over_within_the_call(update: Update) -> None:
    found = update()
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", "next")
    assert "PendingDeploymentSummary" not in found


def test_a_canary_takes_its_share_and_then_all(
    project: Project, update: Update, clock: ModuleType
) -> None:
    found = update(routing(CANARY))
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("Updating", project.endpoint)
    pending = found["PendingDeploymentSummary"]
    assert pending["EndpointConfigName"] == "next"
    (green,) = pending["ProductionVariants"]
    assert (green["VariantName"], green["VariantStatus"][0]["Status"]) == ("Green", "Baking")
    assert answering(project, 8) == {"AllTraffic": 6, "Green": 2}
    wait(clock, minutes=5, seconds=1)
    assert described(project)["EndpointStatus"] == "Updating"
    assert answering(project, 4) == {"Green": 4}
    wait(clock, minutes=5)
    found = described(project)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", "next")
    assert found["ProductionVariants"][0]["CurrentInstanceCount"] == 4
    assert "FailureReason" not in found


def test_linear_steps_come_one_after_the_other(
    project: Project, update: Update, clock: ModuleType
) -> None:
    size = {"Type": "INSTANCE_COUNT", "Value": 1}
    update(routing({"Type": "LINEAR", "LinearStepSize": size, **MINUTES_5}))
    shares = []
    for _ in range(4):
        shares.append(answering(project, 4)["Green"])
        wait(clock, minutes=5, seconds=0.5)
    assert shares == [1, 2, 3, 4]
    assert described(project)["EndpointStatus"] == "InService"


def test_a_rolling_update_goes_batch_by_batch(
    project: Project, update: Update, clock: ModuleType
) -> None:
    batch = {"Type": "CAPACITY_PERCENT", "Value": 50}
    update({"RollingUpdatePolicy": {"MaximumBatchSize": batch, **MINUTES_5}})
    assert answering(project, 4) == {"AllTraffic": 2, "Green": 2}
    wait(clock, minutes=10, seconds=1)
    assert described(project)["EndpointStatus"] == "InService"


def test_the_old_fleet_waits_to_be_terminated(
    project: Project, update: Update, clock: ModuleType
) -> None:
    alarm(project, "errors")
    at_once = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 60}
    update(routing(at_once, ("errors",), TerminationWaitInSeconds=600))
    wait(clock, minutes=2)
    assert described(project)["EndpointStatus"] == "Updating"
    alarm(project, "errors", "ALARM")
    assert described(project)["EndpointStatus"] == "Updating"
    wait(clock, minutes=10)
    found = described(project)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", "next")


def test_an_alarm_gives_all_traffic_back(
    project: Project, update: Update, clock: ModuleType
) -> None:
    alarm(project, "errors")
    update(routing(CANARY, ("errors",)))
    wait(clock, minutes=2)
    alarm(project, "errors", "ALARM")
    assert described(project)["EndpointStatus"] == "RollingBack"
    assert answering(project, 4) == {"AllTraffic": 4}
    clock.advance(clock.now() + ROLLBACK)
    found = described(project)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", project.endpoint)
    assert found["FailureReason"].endswith("rolled back: alarm(s) in ALARM: errors.")


def test_an_alarm_that_rings_already_lets_no_update_through(
    project: Project, update: Update
) -> None:
    alarm(project, "errors", "ALARM")
    assert update(routing(CANARY, ("errors",)))["EndpointStatus"] == "RollingBack"


def test_a_deployment_that_takes_too_long_is_rolled_back(
    project: Project, update: Update, clock: ModuleType
) -> None:
    update(routing(CANARY, MaximumExecutionTimeoutInSeconds=600, TerminationWaitInSeconds=3600))
    wait(clock, minutes=12)
    found = described(project)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", project.endpoint)
    assert "longer than 600 seconds" in found["FailureReason"]


def test_alarms_must_exist_and_sizes_be_allowed(project: Project, update: Update) -> None:
    with pytest.raises(ClientError, match=r"Could not find CloudWatch alarm\(s\): nowhere"):
        update(routing(CANARY, ("nowhere",)))
    large = {**CANARY, "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 3}}
    with pytest.raises(ClientError, match=r"CanarySize of 3 \(INSTANCE_COUNT\) is 75% of 4"):
        update(routing(large))
    assert described(project)["EndpointStatus"] == "InService"


def test_an_endpoint_in_progress_is_not_updated(project: Project, update: Update) -> None:
    update(routing(CANARY))
    with pytest.raises(ClientError, match="Cannot update in-progress"):
        update()
    weights = [{"VariantName": "AllTraffic", "DesiredWeight": 2}]
    with pytest.raises(ClientError, match="Cannot update in-progress"):
        project.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=project.endpoint, DesiredWeightsAndCapacities=weights
        )


def test_a_fleet_takes_the_time_it_is_given(
    project: Project, clock: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(START_SECONDS, "240")
    project.sagemaker.create_endpoint(EndpointName="new", EndpointConfigName=project.endpoint)
    found = described(project, "new")
    assert found["EndpointStatus"] == "Creating"
    assert "ProductionVariants" not in found
    with pytest.raises(ClientError, match="is Creating, not InService"):
        project.runtime.invoke_endpoint(EndpointName="new", Body=b"1")
    wait(clock, minutes=4)
    assert described(project, "new")["EndpointStatus"] == "InService"


def test_a_model_that_fails_later_fails_the_endpoint_then(
    project: Project, clock: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(START_SECONDS, "60")
    project.sagemaker.create_endpoint(EndpointName="new", EndpointConfigName=project.endpoint)
    project.s3.delete_object(Bucket=BUCKET, Key="model.tar.gz")
    wait(clock, minutes=1)
    found = described(project, "new")
    assert found["EndpointStatus"] == "Failed"
    assert "did not pass the ping health check" in found["FailureReason"]


def test_who_waits_for_a_deployment_winds_the_clock(project: Project, update: Update) -> None:
    update(routing(CANARY))
    deployments.finish(sagemaker_backends["123456789012"]["us-east-1"], project.endpoint)
    assert described(project)["EndpointConfigName"] == "next"


def test_retained_variants_keep_what_is_not_excluded(project: Project) -> None:
    changed = {"VariantName": "AllTraffic", "DesiredWeight": 3, "DesiredInstanceCount": 5}
    project.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=project.endpoint, DesiredWeightsAndCapacities=[changed]
    )
    project.sagemaker.create_endpoint_config(
        EndpointConfigName="again",
        ProductionVariants=[
            variant(project.endpoint),
            variant(project.endpoint, VariantName="Second"),
        ],
    )
    project.sagemaker.update_endpoint(
        EndpointName=project.endpoint,
        EndpointConfigName="again",
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredWeight"}],
    )
    found = described(project)
    first, second = found["ProductionVariants"]
    assert (first["DesiredInstanceCount"], first["CurrentWeight"]) == (5, 1.0)
    assert (second["DesiredInstanceCount"], second["CurrentWeight"]) == (1, 1.0)
    assert found["DataCaptureConfig"]["EnableCapture"] is True


def test_a_deployment_configuration_is_kept_where_that_is_asked(
    project: Project, update: Update, clock: ModuleType
) -> None:
    update(routing(CANARY))
    wait(clock, minutes=11)
    project.sagemaker.update_endpoint(
        EndpointName=project.endpoint,
        EndpointConfigName=project.endpoint,
        RetainDeploymentConfig=True,
    )
    found = described(project)
    assert found["EndpointStatus"] == "Updating"
    assert found["LastDeploymentConfig"] == routing(CANARY)


def test_an_update_to_a_broken_model_moves_nothing_whatever_its_policy(
    project: Project, clock: ModuleType
) -> None:
    project.s3.put_object(Bucket=BUCKET, Key="broken.tar.gz", Body=b"this is no archive")
    project.sagemaker.create_model(
        ModelName="broken",
        ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/broken.tar.gz"},
    )
    project.sagemaker.create_endpoint_config(
        EndpointConfigName="broken", ProductionVariants=[variant("broken")]
    )
    project.sagemaker.update_endpoint(
        EndpointName=project.endpoint,
        EndpointConfigName="broken",
        DeploymentConfig=routing({**CANARY, **MINUTES_5}),
    )
    wait(clock, minutes=11)
    found = described(project)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", project.endpoint)
    assert "model.tar.gz cannot be unpacked" in found["FailureReason"]
