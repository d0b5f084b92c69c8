"""An endpoint whose stack's update is guarded: the stack waits, or is rolled back with it."""

from __future__ import annotations

import threading
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest

from moto_fixtures import work
from tests.moto_fixtures.building import Project, client, variant

CANARY = {
    "TrafficRoutingConfiguration": {
        "Type": "CANARY",
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 10},
        "WaitIntervalInSeconds": 600,
    },
    "TerminationWaitInSeconds": 120,
}
WAITS = timedelta(seconds=600 + 600 + 120)


def template(model: str, instances: int) -> dict[str, Any]:
    """A guarded endpoint; its configuration is replaced when the number changes."""
    guard = {
        "BlueGreenUpdatePolicy": CANARY,
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": {"Ref": "Alarm"}}]},
    }
    variants = [variant(model, InitialInstanceCount=instances, InitialVariantWeight=1)]
    return {
        "Resources": {
            "Alarm": {
                "Type": "AWS::CloudWatch::Alarm",
                "Properties": {
                    "AlarmName": "errors",
                    "Namespace": "AWS/SageMaker",
                    "MetricName": "Invocation5XXErrors",
                    "Statistic": "Sum",
                    "Period": 60,
                    "EvaluationPeriods": 1,
                    "Threshold": 1,
                    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                    "TreatMissingData": "ignore",
                },
            },
            "Config": {
                "Type": "AWS::SageMaker::EndpointConfig",
                "Properties": {"ProductionVariants": variants},
            },
            "Endpoint": {
                "Type": "AWS::SageMaker::Endpoint",
                "Properties": {
                    "EndpointName": "guarded",
                    "EndpointConfigName": {"Fn::GetAtt": "Config.EndpointConfigName"},
                    "DeploymentConfig": guard,
                },
            },
        }
    }


@pytest.fixture
def guarded(project: Project, stacks: Any) -> Project:
    """The stack `guarded`, on one instance."""
    assert stacks.create("guarded", template(project.endpoint, 1)) == "CREATE_COMPLETE"
    return project


def instances(project: Project) -> int:
    found = project.sagemaker.describe_endpoint(EndpointName="guarded")
    assert found["EndpointStatus"] == "InService"
    return int(found["ProductionVariants"][0]["CurrentInstanceCount"])


def test_a_stack_waits_for_its_endpoint_on_the_clock(
    guarded: Project, stacks: Any, clock: ModuleType
) -> None:
    before = clock.now()
    status = stacks.update("guarded", template(guarded.endpoint, 2))
    assert (status, instances(guarded)) == ("UPDATE_COMPLETE", 2)
    assert clock.now() - before >= WAITS


def test_an_alarm_rolls_the_stack_back_with_its_endpoint(
    guarded: Project, stacks: Any, clock: ModuleType
) -> None:
    del clock  # set back afterwards
    client(guarded.session, "cloudwatch").set_alarm_state(
        AlarmName="errors", StateValue="ALARM", StateReason="the test says so"
    )
    status = stacks.update("guarded", template(guarded.endpoint, 2))
    assert (status, instances(guarded)) == ("UPDATE_ROLLBACK_COMPLETE", 1)
    assert "alarm(s) in ALARM: errors" in stacks.reasons("guarded")


def test_a_build_that_deploys_does_not_wait_for_the_clock_it_holds(
    guarded: Project, stacks: Any, clock: ModuleType
) -> None:
    done = threading.Event()

    def build() -> None:
        stacks.update("guarded", template(guarded.endpoint, 2))
        done.set()

    before = clock.now()
    with clock.lock:  # as who winds the clock, and waits for the build
        work.start("arn:build", build, lambda: None)
        assert done.wait(60)
    assert instances(guarded) == 2
    assert clock.now() - before < WAITS
