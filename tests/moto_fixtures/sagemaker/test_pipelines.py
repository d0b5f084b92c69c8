"""Pipelines through the API: names, versions, listing, what is refused."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from moto_fixtures import work
from tests.moto_fixtures.building import BUCKET, ROLE, client
from tests.moto_fixtures.pipelines.building import Pipelines, definition, fail, passes

HOUR = timedelta(hours=1)
FIRST, SECOND = definition(passes("a")), definition(passes("b"))


@pytest.fixture
def pipelines(session: boto3.Session) -> Pipelines:
    return Pipelines(client(session, "sagemaker"))


def test_describe_returns_what_was_created(pipelines: Pipelines) -> None:
    asked = {
        "PipelineName": "p",
        "PipelineDisplayName": "shown",
        "PipelineDescription": "why",
        "PipelineDefinition": json.dumps(FIRST),
        "RoleArn": ROLE,
        "ParallelismConfiguration": {"MaxParallelExecutionSteps": 3},
    }
    arn = pipelines.sagemaker.create_pipeline(**asked)["PipelineArn"]
    for name in ("p", arn):
        got = pipelines.sagemaker.describe_pipeline(PipelineName=name)
        assert {member: got[member] for member in asked} == asked
        assert (got["PipelineArn"], got["PipelineStatus"]) == (arn, "Active")


def test_a_definition_is_read_from_s3(pipelines: Pipelines, session: boto3.Session) -> None:
    s3 = client(session, "s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="pipeline.json", Body=json.dumps(FIRST))
    place = {"Bucket": BUCKET, "ObjectKey": "pipeline.json"}
    asked: dict[str, Any] = {"PipelineName": "p", "RoleArn": ROLE}
    pipelines.sagemaker.create_pipeline(**asked, PipelineDefinitionS3Location=place)
    got = pipelines.sagemaker.describe_pipeline(PipelineName="p")
    assert json.loads(got["PipelineDefinition"]) == FIRST
    with pytest.raises(ClientError, match=f"s3://{BUCKET}/other cannot be read"):
        pipelines.sagemaker.update_pipeline(
            PipelineName="p", PipelineDefinitionS3Location={**place, "ObjectKey": "other"}
        )


def test_a_name_is_used_once_and_a_definition_must_be_one(pipelines: Pipelines) -> None:
    pipelines.create(FIRST)
    with pytest.raises(ClientError, match=r"Pipeline with name \(p\) already exists"):
        pipelines.create(FIRST)
    with pytest.raises(ClientError, match="Unable to parse pipeline definition"):
        pipelines.create({"Version": "2020-12-01"}, "q")
    with pytest.raises(ClientError, match="must be given"):
        pipelines.sagemaker.create_pipeline(PipelineName="q", RoleArn=ROLE)


def test_an_update_makes_a_version_and_an_execution_runs_the_one_it_names(
    pipelines: Pipelines,
) -> None:
    arn, sagemaker = pipelines.create(FIRST), pipelines.sagemaker
    updated = sagemaker.update_pipeline(PipelineName="p", PipelineDefinition=json.dumps(SECOND))
    assert updated["PipelineVersionId"] == 2
    latest, first = pipelines.run(), pipelines.run(PipelineVersionId=1)
    assert list(pipelines.steps(latest)) == ["b"]
    assert list(pipelines.steps(first)) == ["a"]
    assert pipelines.describe(first)["PipelineVersionId"] == 1
    ran = sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=first)
    assert json.loads(ran["PipelineDefinition"]) == FIRST
    sagemaker.update_pipeline_version(
        PipelineArn=arn, PipelineVersionId=1, PipelineVersionDisplayName="the-first"
    )
    listed = sagemaker.list_pipeline_versions(PipelineName="p")["PipelineVersionSummaries"]
    assert [one["PipelineVersionId"] for one in listed] == [2, 1]
    assert listed[1]["PipelineVersionDisplayName"] == "the-first"
    assert listed[1]["LastExecutionPipelineExecutionArn"] == first
    with pytest.raises(ClientError, match="no version 3"):
        pipelines.start(PipelineVersionId=3)


def test_an_update_of_other_members_keeps_the_definition(pipelines: Pipelines) -> None:
    pipelines.create(FIRST)
    pipelines.sagemaker.update_pipeline(PipelineName="p", PipelineDescription="new")
    got = pipelines.sagemaker.describe_pipeline(PipelineName="p")
    assert got["PipelineDescription"] == "new"
    assert json.loads(got["PipelineDefinition"]) == FIRST


def test_executions_are_listed_by_time_and_in_pages(pipelines: Pipelines, clock: Any) -> None:
    pipelines.create(FIRST)
    arns = []
    for _ in range(3):
        arns.append(pipelines.run())
        clock.advance(clock.now() + HOUR)
    sagemaker = pipelines.sagemaker

    def listed(**asked: Any) -> list[str]:
        found = sagemaker.list_pipeline_executions(PipelineName="p", **asked)
        return [one["PipelineExecutionArn"] for one in found["PipelineExecutionSummaries"]]

    assert listed() == arns[::-1]
    assert listed(SortOrder="Ascending") == arns
    middle = pipelines.describe(arns[1])["CreationTime"]
    assert listed(CreatedAfter=middle + HOUR / 2) == [arns[2]]
    assert listed(CreatedBefore=middle - HOUR / 2) == [arns[0]]
    paged = sagemaker.get_paginator("list_pipeline_executions").paginate(
        PipelineName="p", PaginationConfig={"PageSize": 1}
    )
    assert [len(one["PipelineExecutionSummaries"]) for one in paged] == [1, 1, 1]


def test_steps_are_listed_the_latest_first_and_in_pages(pipelines: Pipelines) -> None:
    names = [f"s{number:02}" for number in range(12)]
    steps = [
        passes(name, **({"DependsOn": [before]} if before else {}))
        for before, name in zip([None, *names], names, strict=False)
    ]
    pipelines.create(definition(*steps))
    arn = pipelines.run()
    pages = pipelines.sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
        PipelineExecutionArn=arn
    )
    listed = [[one["StepName"] for one in each["PipelineExecutionSteps"]] for each in pages]
    assert [name for each in listed for name in each] == names[::-1]
    assert len(listed) == 2


def test_pipelines_are_listed_by_prefix(pipelines: Pipelines) -> None:
    for name in ("fraud-train", "fraud-score", "loan"):
        pipelines.create(FIRST, name)
    found = pipelines.sagemaker.list_pipelines(
        PipelineNamePrefix="fraud", SortBy="Name", SortOrder="Ascending"
    )
    names = [one["PipelineName"] for one in found["PipelineSummaries"]]
    assert names == ["fraud-score", "fraud-train"]


def test_a_start_that_is_repeated_begins_one_execution(pipelines: Pipelines) -> None:
    pipelines.create(FIRST)
    token = "t" * 32
    assert pipelines.run(ClientRequestToken=token) == pipelines.run(ClientRequestToken=token)


def test_an_execution_shows_what_was_said_of_it(pipelines: Pipelines) -> None:
    pipelines.create(FIRST)
    shown = {"PipelineExecutionDisplayName": "nightly", "PipelineExecutionDescription": "why"}
    arn = pipelines.run(**shown)
    pipelines.sagemaker.update_pipeline_execution(
        PipelineExecutionArn=arn, PipelineExecutionDescription="because"
    )
    got = pipelines.describe(arn)
    assert got["PipelineExecutionDisplayName"] == "nightly"
    assert got["PipelineExecutionDescription"] == "because"


def test_a_deleted_pipeline_is_gone_with_its_executions(pipelines: Pipelines) -> None:
    pipelines.create(definition(fail("f")))
    arn = pipelines.run()
    pipelines.sagemaker.delete_pipeline(PipelineName="p")
    for ask in (
        lambda: pipelines.sagemaker.describe_pipeline(PipelineName="p"),
        lambda: pipelines.describe(arn),
        pipelines.start,
    ):
        with pytest.raises(ClientError) as gone:
            ask()
        assert gone.value.response["Error"]["Code"] == "ResourceNotFound"


def test_a_pipeline_has_tags(pipelines: Pipelines) -> None:
    arn = pipelines.create(FIRST)
    pipelines.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "risk"}])
    assert pipelines.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [
        {"Key": "team", "Value": "risk"}
    ]


def test_a_search_finds_pipelines_and_executions(pipelines: Pipelines) -> None:
    arn = pipelines.create(FIRST)
    pipelines.create(definition(fail("f")), "other")
    execution = pipelines.run()
    equal = {"Name": "PipelineName", "Operator": "Equals", "Value": "p"}
    search = pipelines.sagemaker.search
    (found,) = search(Resource="Pipeline", SearchExpression={"Filters": [equal]})["Results"]
    assert found["Pipeline"]["PipelineArn"] == arn
    done = {"Name": "PipelineExecutionStatus", "Operator": "Equals", "Value": "Succeeded"}
    (found,) = search(Resource="PipelineExecution", SearchExpression={"Filters": [done]})["Results"]
    assert found["PipelineExecution"]["PipelineExecutionArn"] == execution


def test_an_unknown_parameter_is_refused_before_anything_runs(pipelines: Pipelines) -> None:
    pipelines.create(FIRST)
    with pytest.raises(ClientError, match=r"\['Rows'\] are not declared"):
        pipelines.start({"Rows": "1"})
    work.wait_for_all()
    found = pipelines.sagemaker.list_pipeline_executions(PipelineName="p")
    assert found["PipelineExecutionSummaries"] == []
