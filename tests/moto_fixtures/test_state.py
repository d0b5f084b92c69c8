"""State: what a server held when it was stopped is there when another is started."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from moto_fixtures import state, state_pickling
from moto_fixtures.jobs import images
from moto_fixtures.server_process import ServerProcess, running
from moto_fixtures.state import StateError
from tests.moto_fixtures.building import BUCKET, Project, TrainedModel, deploy_endpoint

MOMENT = datetime(2026, 1, 31, 10, 30, tzinfo=UTC)
TEMPLATE = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})


class Remote(boto3.Session):
    """A session whose clients go to a server."""

    def __init__(self, url: str, region: str = "us-east-1", **credentials: str) -> None:
        given = credentials or {
            "aws_access_key_id": "offline",
            "aws_secret_access_key": "offline",
        }
        super().__init__(region_name=region, **given)
        self.url = url

    def client(self, service_name: str, *_: Any, **__: Any) -> Any:
        config = Config(retries={"total_max_attempts": 1})
        return super().client(service_name, endpoint_url=self.url, config=config)


def fill(server: ServerProcess, trained: TrainedModel) -> dict[str, Any]:
    """A bit of everything; what is to be compared afterwards."""
    session = Remote(server.url)
    server.travel(MOMENT)
    project = Project(session, "kept", trained)
    deploy_endpoint(project, {})
    project.s3.put_object(Bucket=BUCKET, Key="large", Body=b"l" * 3_000_000)
    project.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"first", b"second"):
        project.s3.put_object(Bucket=BUCKET, Key="versions", Body=body)
    for row in trained.rows[:3]:
        project.runtime.invoke_endpoint(EndpointName="kept", Body=row, ContentType="text/csv")
    session.client("cloudformation").create_stack(StackName="kept", TemplateBody=TEMPLATE)
    session.client("sqs").send_message(QueueUrl=queue(session), MessageBody="hello")
    session.client("ssm").put_parameter(Name="/kept", Value="value", Type="String")
    key = session.client("kms").create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")
    Remote(server.url, "eu-west-1").client("sns").create_topic(Name="elsewhere")
    return {"key": key["KeyMetadata"]["KeyId"], "captured": 3}


def queue(session: boto3.Session) -> str:
    """The queue's address. It names the port of the server that made it."""
    (found,) = session.client("sqs").list_queues()["QueueUrls"]
    return str(found)


def test_everything_is_there_after_a_restart(tmp_path: Path, trained: TrainedModel) -> None:
    kept = tmp_path / "state"
    with running(tmp_path / "first.log", kept) as server:
        known = fill(server, trained)
    assert [path.name for path in kept.glob("*.partial")] == []
    assert (kept / state.FILE).stat().st_mode & 0o777 == 0o600
    with running(tmp_path / "second.log", kept) as server:
        session = Remote(server.url)
        s3 = session.client("s3")
        assert len(s3.get_object(Bucket=BUCKET, Key="large")["Body"].read()) == 3_000_000
        versions = s3.list_object_versions(Bucket=BUCKET, Prefix="versions")["Versions"]
        assert len(versions) == 2
        modified = s3.head_object(Bucket=BUCKET, Key="large")["LastModified"]
        assert modified - MOMENT < timedelta(minutes=2)
        answer = session.client("sagemaker-runtime").invoke_endpoint(
            EndpointName="kept", Body=trained.rows[0], ContentType="text/csv"
        )
        assert float(answer["Body"].read().split(b",")[0]) >= 0
        captured = s3.list_objects_v2(Bucket=BUCKET, Prefix="capture/")["Contents"]
        lines = [
            line
            for one in captured
            for line in s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read().splitlines()
        ]
        assert len(lines) == known["captured"]
        stacks = session.client("cloudformation")
        assert stacks.describe_stacks()["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
        (message,) = session.client("sqs").receive_message(QueueUrl=queue(session))["Messages"]
        assert message["Body"] == "hello"
        assert session.client("ssm").get_parameter(Name="/kept")["Parameter"]["Value"] == "value"
        signed = session.client("kms").sign(
            KeyId=known["key"], Message=b"m", SigningAlgorithm="RSASSA_PSS_SHA_256"
        )
        assert signed["Signature"]
        (topic,) = Remote(server.url, "eu-west-1").client("sns").list_topics()["Topics"]
        assert topic["TopicArn"].endswith(":elsewhere")
        assert session.client("sns").list_topics()["Topics"] == []
        stacks.delete_stack(StackName="kept")
        assert session.client("sqs").list_queues().get("QueueUrls", []) == []


@pytest.mark.parametrize("changed", [{"code": "other"}, {"format": 0}, {"moto": "1.0"}])
def test_a_state_of_another_version_is_refused_and_left(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    state.save(tmp_path)
    file = tmp_path / state.FILE
    line, _, body = file.read_bytes().partition(b"\n")
    foreign = json.dumps({**json.loads(line), **changed}).encode() + b"\n" + body
    file.write_bytes(foreign)
    with pytest.raises(StateError, match=f"other {next(iter(changed))}"):
        state.restore(tmp_path)
    assert file.read_bytes() == foreign


def test_a_damaged_state_is_refused(tmp_path: Path) -> None:
    state.save(tmp_path)
    file = tmp_path / state.FILE
    file.write_bytes(file.read_bytes()[:-5])
    with pytest.raises(StateError, match="damaged"):
        state.restore(tmp_path)


def test_a_state_that_others_can_write_is_not_read(tmp_path: Path) -> None:
    state.save(tmp_path)
    (tmp_path / state.FILE).chmod(0o666)
    with pytest.raises(StateError, match="others than you can write it"):
        state.restore(tmp_path)


def test_a_directory_serves_one_server(tmp_path: Path) -> None:
    with (
        state.directory(tmp_path),
        pytest.raises(StateError, match="another server"),
        state.directory(tmp_path),
    ):
        pass


def test_a_state_that_cannot_be_written_leaves_the_one_before(
    tmp_path: Path, session: boto3.Session
) -> None:
    from moto.sns.models import sns_backends

    session.client("sns").create_topic(Name="first")
    state.save(tmp_path)
    before = (tmp_path / state.FILE).read_bytes()
    backend: Any = sns_backends["123456789012"]["us-east-1"]
    backend.topics["odd"] = (one for one in ())
    with pytest.raises(StateError, match="cannot be written"):
        state.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [state.FILE]
    assert (tmp_path / state.FILE).read_bytes() == before


def test_an_empty_directory_is_an_empty_account(tmp_path: Path) -> None:
    assert not state.restore(tmp_path)


def counted() -> dict[str, Any]:
    step = 2
    return defaultdict(lambda: step + 1)


def test_functions_inside_others_events_and_locks_are_made_again() -> None:
    event = threading.Event()
    event.set()
    made = state_pickling.loads(state_pickling.dumps([counted(), event, threading.RLock()]))
    assert made[0]["missing"] == 3
    assert made[1].is_set()
    with made[2]:
        pass


def test_a_registered_image_runs_after_a_restart_too(aws: None, tmp_path: Path) -> None:
    images.register("team/scorer", ["python", "score.py"])
    state.save(tmp_path)
    images.forget()
    state.restore(tmp_path)
    try:
        assert images.registered() == {"team/scorer": ("python", "score.py")}
    finally:
        images.forget()
