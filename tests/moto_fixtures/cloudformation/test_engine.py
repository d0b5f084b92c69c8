"""Stacks beside each other: names, states, exports, accounts of their own."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

TOPIC: dict[str, Any] = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
EXPORTING: dict[str, Any] = {
    "Parameters": {"Value": {"Type": "String", "Default": "first"}},
    **TOPIC,
    "Outputs": {"It": {"Value": {"Ref": "Value"}, "Export": {"Name": "shared"}}},
}
IMPORTING: dict[str, Any] = {
    "Resources": {
        "Note": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Type": "String", "Value": {"Fn::ImportValue": "shared"}},
        }
    }
}


def test_a_name_is_used_once_until_its_stack_is_deleted(stacks: Any) -> None:
    stacks.create("it", TOPIC)
    with pytest.raises(ClientError, match="AlreadyExists"):
        stacks.create("it", TOPIC)
    stacks.client.delete_stack(StackName="it")
    assert stacks.create("it", TOPIC) == "CREATE_COMPLETE"


def test_a_deleted_stack_is_found_by_its_id_alone(stacks: Any) -> None:
    stacks.create("it", TOPIC)
    stack_id = stacks.describe("it")["StackId"]
    stacks.client.delete_stack(StackName="it")
    assert stacks.describe(stack_id)["StackStatus"] == "DELETE_COMPLETE"
    with pytest.raises(ClientError, match="Stack with id it does not exist"):
        stacks.describe("it")


def test_deleting_what_is_not_there_is_no_error(stacks: Any) -> None:
    stacks.client.delete_stack(StackName="never")


def test_nothing_to_update_is_refused_in_the_words_tools_look_for(stacks: Any) -> None:
    stacks.create("it", TOPIC)
    with pytest.raises(ClientError, match=r"No updates are to be performed\."):
        stacks.update("it", TOPIC)


def test_a_protected_stack_is_not_deleted(stacks: Any) -> None:
    stacks.create("it", TOPIC)
    protect = stacks.client.update_termination_protection
    protect(StackName="it", EnableTerminationProtection=True)
    with pytest.raises(ClientError, match="TerminationProtection is enabled"):
        stacks.client.delete_stack(StackName="it")
    protect(StackName="it", EnableTerminationProtection=False)
    stacks.client.delete_stack(StackName="it")
    assert stacks.status("it") == "DELETE_COMPLETE"


def test_an_export_is_imported_and_listed(stacks: Any) -> None:
    stacks.create("from", EXPORTING)
    stacks.create("to", IMPORTING)
    note = stacks.service("ssm").get_parameter(Name=stacks.resources("to")["Note"])["Parameter"]
    assert note["Value"] == "first"
    exports = stacks.client.list_exports()["Exports"]
    assert [(item["Name"], item["Value"]) for item in exports] == [("shared", "first")]
    assert stacks.client.list_imports(ExportName="shared")["Imports"] == ["to"]


def test_an_export_in_use_is_neither_deleted_nor_changed(stacks: Any) -> None:
    stacks.create("from", EXPORTING)
    stacks.create("to", IMPORTING)
    with pytest.raises(ClientError, match="shared cannot be deleted as it is in use by to"):
        stacks.client.delete_stack(StackName="from")
    assert stacks.update("from", EXPORTING, Value="second") == "UPDATE_ROLLBACK_COMPLETE"
    assert "shared cannot be updated as it is in use by to" in stacks.reasons("from")
    stacks.client.delete_stack(StackName="to")
    assert stacks.update("from", EXPORTING, Value="second") == "UPDATE_COMPLETE"


def test_an_export_name_is_unique_in_the_region(stacks: Any) -> None:
    stacks.create("from", EXPORTING)
    assert stacks.create("other", EXPORTING) == "ROLLBACK_COMPLETE"
    assert "already exported by stack from" in stacks.reasons("other")


def test_a_missing_export_rolls_back_and_is_named(stacks: Any) -> None:
    with pytest.raises(ClientError, match="No export named shared found"):
        stacks.plan("to", IMPORTING, kind="CREATE")
    assert stacks.create("to", IMPORTING) == "ROLLBACK_COMPLETE"
    assert "No export named shared found" in stacks.reasons("to")


def test_regions_have_stacks_of_their_own(stacks: Any) -> None:
    stacks.create("it", TOPIC)
    elsewhere = boto3.client("cloudformation", region_name="eu-west-1")
    assert elsewhere.list_stacks()["StackSummaries"] == []
    elsewhere.create_stack(StackName="it", TemplateBody=json.dumps(TOPIC))
    assert ":eu-west-1:" in elsewhere.describe_stacks()["Stacks"][0]["StackId"]


def test_stacks_deployed_at_once_do_not_disturb_each_other(stacks: Any) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda index: stacks.create(f"it{index % 4}", TOPIC), range(4)))
    assert made == ["CREATE_COMPLETE"] * 4
    assert len(stacks.service("sns").list_topics()["Topics"]) == 4


def test_thirty_resources_deploy_without_waiting(stacks: Any) -> None:
    many = {f"Topic{index}": {"Type": "AWS::SNS::Topic"} for index in range(30)}
    assert stacks.create("it", {"Resources": many}) == "CREATE_COMPLETE"
    assert len(stacks.resources("it")) == 30
