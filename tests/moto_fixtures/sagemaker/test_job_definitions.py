"""What every one of the four job definitions promises. moto's own keep 10 of these 16."""

from __future__ import annotations

from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from monitoring.kinds import KINDS, Kind
from tests.moto_fixtures.building import Project, job_definition


class Definitions:
    """One kind's four actions."""

    def __init__(self, kind: Kind, project: Project) -> None:
        self.kind, self.project, self._noun = kind, project, xform_name(kind.job_definition)

    def request(self, name: str = "watch", **other: Any) -> dict[str, Any]:
        return job_definition(self.kind, self.project.endpoint, name, **other)

    def create(self, **request: Any) -> Any:
        return getattr(self.project.sagemaker, f"create_{self._noun}")(**request)

    def describe(self, name: str) -> Any:
        return getattr(self.project.sagemaker, f"describe_{self._noun}")(JobDefinitionName=name)

    def list(self, **request: Any) -> Any:
        answer = getattr(self.project.sagemaker, f"list_{self._noun}s")(**request)
        return answer["JobDefinitionSummaries"]

    def delete(self, name: str) -> None:
        getattr(self.project.sagemaker, f"delete_{self._noun}")(JobDefinitionName=name)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def definitions(request: pytest.FixtureRequest, project: Project) -> Definitions:
    return Definitions(request.param, project)


def test_describe_returns_what_was_created(definitions: Definitions) -> None:
    sent = definitions.request(NetworkConfig={"EnableNetworkIsolation": True})
    arn = definitions.create(**sent)["JobDefinitionArn"]
    got = definitions.describe("watch")
    assert {member: got[member] for member in sent} == sent
    assert got["JobDefinitionArn"] == arn
    slug = definitions.kind.slug
    assert arn == f"arn:aws:sagemaker:us-east-1:123456789012:{slug}-job-definition/watch"


def test_describe_answers_nothing_that_was_not_asked_for(definitions: Definitions) -> None:
    sent = definitions.request()
    definitions.create(**sent)
    got = definitions.describe("watch")
    assert set(got) == {*sent, "JobDefinitionArn", "CreationTime", "ResponseMetadata"}


def test_a_name_is_used_once(definitions: Definitions) -> None:
    definitions.create(**definitions.request())
    with pytest.raises(ClientError) as refused:
        definitions.create(**definitions.request())
    assert refused.value.response["Error"]["Code"] == "ResourceInUse"


def test_list_names_the_endpoint_that_is_watched(definitions: Definitions) -> None:
    definitions.create(**definitions.request())
    (summary,) = definitions.list()
    assert summary["EndpointName"] == definitions.project.endpoint
    assert summary["MonitoringJobDefinitionName"] == "watch"
    assert definitions.list(EndpointName="another") == []


def test_what_is_deleted_is_gone(definitions: Definitions) -> None:
    definitions.create(**definitions.request())
    definitions.delete("watch")
    assert definitions.list() == []
    for gone in (definitions.describe, definitions.delete):
        with pytest.raises(ClientError) as refused:
            gone("watch")
        assert refused.value.response["Error"]["Code"] == "ResourceNotFound"


def test_a_bad_name_is_refused(definitions: Definitions) -> None:
    for name in ("bad_name_", "n" * 70):
        with pytest.raises(ClientError, match=r"Member must (satisfy|have length)"):
            definitions.create(**definitions.request(name))
    assert definitions.list() == []


def test_an_unknown_endpoint_is_refused(definitions: Definitions) -> None:
    request = job_definition(definitions.kind, "nowhere")
    with pytest.raises(ClientError, match=r'Could not find endpoint "arn:.*:endpoint/nowhere"'):
        definitions.create(**request)
    assert definitions.list() == []


def test_data_comes_from_exactly_one_place(definitions: Definitions) -> None:
    request = definitions.request()
    del request[f"{definitions.kind.name}JobInput"]["EndpointInput"]
    with pytest.raises(ClientError, match="exactly one of EndpointInput and BatchTransformInput"):
        definitions.create(**request)


def test_tags_are_listed_set_and_taken_away(definitions: Definitions) -> None:
    sagemaker = definitions.project.sagemaker
    arn = definitions.create(**definitions.request(), Tags=[{"Key": "a", "Value": "1"}])[
        "JobDefinitionArn"
    ]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "2"}])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "2"}]
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["a"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == []


def test_the_four_kinds_are_here() -> None:
    assert [kind.name for kind in KINDS] == [
        "DataQuality",
        "ModelQuality",
        "ModelBias",
        "ModelExplainability",
    ]
