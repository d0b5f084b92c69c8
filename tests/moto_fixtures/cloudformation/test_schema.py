"""The registry schemas, asked in CloudFormation's terms."""

from __future__ import annotations

import pytest

from moto_fixtures.cloudformation import graph, schema, template
from moto_fixtures.cloudformation.errors import ValidationError


def test_every_property_of_a_job_definition_is_create_only() -> None:
    found = schema.of("AWS::SageMaker::DataQualityJobDefinition", "us-east-1")
    mutable = set(found.properties) - {path[0] for path in (*found.create_only, *found.read_only)}
    assert mutable == set()


def test_a_schedule_keeps_nothing_but_its_name() -> None:
    found = schema.of("AWS::SageMaker::MonitoringSchedule", "us-east-1")
    assert found.create_only == (("MonitoringScheduleName",),)


@pytest.mark.parametrize("name", ["RedrivePolicy", "RedrivePolicy.maxReceiveCount", "Arn"])
def test_an_attribute_counts_with_the_object_it_is_part_of(name: str) -> None:
    assert schema.of("AWS::SQS::Queue", "us-east-1").has_attribute(name)


def test_an_unknown_type_is_refused_by_name() -> None:
    with pytest.raises(ValidationError, match=r"\[AWS::Bogus::Thing\]"):
        schema.of("AWS::Bogus::Thing", "us-east-1")


def test_an_order_puts_needs_first_and_keeps_the_rest_as_written() -> None:
    body = """
    Resources:
      Last: {Type: "AWS::SSM::Parameter", Properties: {Type: String, Value: !Sub "${First}"}}
      First: {Type: "AWS::SNS::Topic", DependsOn: [Zeroth, Idle]}
      Zeroth: {Type: "AWS::SNS::Topic"}
      Idle: {Type: "AWS::SNS::Topic"}
    """
    loaded = template.load(body)
    assert graph.order(loaded, {"Last", "First", "Zeroth"}) == ("Zeroth", "First", "Last")
