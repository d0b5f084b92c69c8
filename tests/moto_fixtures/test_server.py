"""The server: real clients over HTTP reach what in-process ones reach, and the control path."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from monitoring.kinds import DATA_QUALITY
from moto_fixtures import server as server_module
from tests.moto_fixtures.building import (
    BUCKET,
    Project,
    TrainedModel,
    deploy_endpoint,
    job_definition,
    schedule_config,
)
from tests.patience import PATIENCE

HERE = Path(server_module.__file__).parents[1]


class Remote(boto3.Session):
    """A session whose clients go to the server."""

    def __init__(self, url: str) -> None:
        super().__init__("offline", "offline", region_name="us-east-1")
        self.url = url

    def client(self, service_name: str, *_: Any, **__: Any) -> Any:
        config = Config(retries={"total_max_attempts": 1})
        return super().client(service_name, endpoint_url=self.url, config=config)


@pytest.fixture(scope="module")
def remote(server: str) -> Remote:
    return Remote(server)


@pytest.fixture(scope="module")
def watched(remote: Remote, trained: TrainedModel) -> Project:
    """An endpoint with an hourly schedule, made over HTTP at 10:00."""
    control(remote, "clock", to="2026-01-31T10:00:00Z")
    project = Project(remote, "served", trained)
    deploy_endpoint(project, {})
    for name, body in trained.baseline.items():
        project.s3.put_object(Bucket=BUCKET, Key=f"baselines/{name}", Body=body)
    baseline = {
        "ConstraintsResource": {"S3Uri": f"s3://{BUCKET}/baselines/constraints.json"},
        "StatisticsResource": {"S3Uri": f"s3://{BUCKET}/baselines/statistics.json"},
    }
    project.sagemaker.create_data_quality_job_definition(
        **job_definition(DATA_QUALITY, "served", DataQualityBaselineConfig=baseline)
    )
    project.sagemaker.create_monitoring_schedule(
        MonitoringScheduleName="served", MonitoringScheduleConfig=schedule_config(DATA_QUALITY)
    )
    return project


def control(remote: Remote, path: str, host: str = "", **body: Any) -> dict[str, Any]:
    request = urllib.request.Request(f"{remote.url}/offline/{path}")  # noqa: S310
    if body:
        request.data = json.dumps(body).encode()
    if host:
        request.add_header("Host", host)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
        return dict(json.load(answer))


def refused(remote: Remote, path: str, host: str = "", **body: Any) -> tuple[int, str]:
    with pytest.raises(urllib.error.HTTPError) as error:
        control(remote, path, host, **body)
    return error.value.code, json.load(error.value)["error"]


def test_an_hour_of_traffic_is_captured_and_analysed(remote: Remote, watched: Project) -> None:
    control(remote, "clock", to="2026-01-31T10:30:00Z")
    answer = watched.runtime.invoke_endpoint(
        EndpointName="served", Body=watched.model.rows[0], ContentType="text/csv"
    )
    assert answer["Body"].read()
    records = [{"Body": row, "Time": "2026-01-31T10:15:00Z"} for row in watched.model.rows[:99]]
    sent = control(remote, "traffic", EndpointName="served", Records=records)
    assert sent == {"EndpointName": "served", "Invocations": 99, "ModelErrors": []}
    wound = control(remote, "advance", hours=1)
    assert wound["now"].startswith("2026-01-31T11:30:")
    ours = [one for one in wound["executions"] if one["MonitoringScheduleName"] == "served"]
    (execution,) = ours  # the server is the session's: other tests' schedules may fall due too
    assert execution["ScheduledTime"] == "2026-01-31T11:00:00Z"
    assert execution["MonitoringExecutionStatus"] == "Completed", execution
    key = "reports/data-quality/served/served/2026/01/31/11/statistics.json"
    body = watched.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    assert json.loads(body)["dataset"]["item_count"] == 100


def test_errors_reach_the_client_typed(remote: Remote) -> None:
    sagemaker = remote.client("sagemaker")
    with pytest.raises(sagemaker.exceptions.ResourceNotFound):
        sagemaker.describe_monitoring_schedule(MonitoringScheduleName="nowhere")
    with pytest.raises(ClientError, match="sagemaker:ListAliases is not simulated"):
        sagemaker.list_aliases(ImageName="nowhere")


def test_what_stock_moto_lacks_is_a_typed_error_too(remote: Remote) -> None:
    for service, action, given in (
        ("iam", "get_mfa_device", {"SerialNumber": "123456789"}),
        ("codebuild", "list_sandboxes", {}),
    ):
        with pytest.raises(ClientError, match="not simulated by the offline AWS") as error:
            getattr(remote.client(service), action)(**given)
        assert error.value.response["Error"]["Code"] == "NotSimulated"


@pytest.mark.parametrize(
    ("service", "action", "request_"),
    [
        (
            "sagemaker-runtime",
            "invoke_endpoint_with_response_stream",
            {"EndpointName": "fraud", "Body": b"1"},
        ),
        ("polly", "list_speech_synthesis_tasks", {}),
    ],
)
def test_a_path_that_nobody_has_is_a_typed_error(
    remote: Remote, service: str, action: str, request_: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match="is not simulated by the offline AWS") as found:
        getattr(remote.client(service), action)(**request_)
    assert found.value.response["Error"]["Code"] == "NotSimulated"


def test_throttling_is_asked_for_and_taken_back(remote: Remote) -> None:
    cloudformation = remote.client("cloudformation")
    control(remote, "throttle", Action="ListExports", Times=2)
    with pytest.raises(ClientError, match="Rate exceeded"):
        cloudformation.list_exports()
    control(remote, "throttle", Action="ListExports", Times=0)
    assert "Exports" in cloudformation.list_exports()


def test_a_checkout_stands_for_a_repository(remote: Remote, tmp_path: Path) -> None:
    root = str(Path(__file__).resolve().parents[2])
    control(remote, "checkouts", Location="https://example.com/fraud", Directory=root)
    assert control(remote, "checkouts")["https://example.com/fraud"] == root
    missing = {"Location": "https://example.com/fraud", "Directory": str(tmp_path)}
    status, error = refused(remote, "checkouts", **missing)
    assert status == 400
    assert f"{tmp_path}: no git repository" in error


def test_a_role_may_name_a_policy_that_aws_manages(remote: Remote) -> None:
    iam = remote.client("iam")
    policy = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
    assert iam.get_policy(PolicyArn=policy)["Policy"]["IsAttachable"]


def test_the_clock_is_read_set_and_wound(remote: Remote) -> None:
    control(remote, "clock", to="2027-03-01T12:00:00+02:00")
    assert control(remote, "clock")["now"].startswith("2027-03-01T10:00:")
    control(remote, "advance", to="2027-03-01T10:30:00Z")
    assert control(remote, "clock")["now"].startswith("2027-03-01T10:30:")
    modified = _touch(remote)
    assert modified - datetime(2027, 3, 1, 10, 30, tzinfo=UTC) < timedelta(minutes=1)


def _touch(remote: Remote) -> datetime:
    s3 = remote.client("s3")
    s3.create_bucket(Bucket="clock-test")
    s3.put_object(Bucket="clock-test", Key="now", Body=b"")
    modified: datetime = s3.head_object(Bucket="clock-test", Key="now")["LastModified"]
    return modified


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        ("clock", {"to": "yesterday"}, "is no time in ISO 8601"),
        ("advance", {"to": "2001-01-01T00:00:00Z"}, "travel goes back"),
        ("advance", {"hours": 1, "to": "2099-01-01"}, "give one of"),
        ("advance", {"hours": None}, "must be a number"),
        ("advance", {"hours": "inf"}, "must be a number"),
        ("traffic", {"EndpointName": "served"}, "Records missing"),
        ("traffic", {"EndpointName": "nowhere", "Records": []}, "exists in no account"),
        ("traffic", {"EndpointName": "served", "Records": [{}]}, "has no Body"),
        (
            "traffic",
            {"EndpointName": "served", "Records": [{"Body": "1", "Time": "2001-01-01"}]},
            "lies outside",
        ),
    ],
)
def test_a_control_request_that_cannot_be_is_explained(
    remote: Remote, path: str, body: dict[str, Any], why: str
) -> None:
    code, error = refused(remote, path, **body)
    assert code == 400
    assert why in error


def test_an_unknown_control_path_names_the_known(remote: Remote) -> None:
    code, error = refused(remote, "nonsense")
    assert code == 404
    assert "POST /offline/advance" in error


def test_a_foreign_name_does_not_reach_the_control_path(remote: Remote) -> None:
    assert refused(remote, "clock", host="attacker.example")[0] == 403


def test_the_aws_cli_answers(remote: Remote, watched: Project) -> None:
    command = [str(Path(sys.executable).with_name("aws")), "sagemaker"]
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": remote.url,
        "AWS_ACCESS_KEY_ID": "offline",
        "AWS_SECRET_ACCESS_KEY": "offline",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    listed = subprocess.run(
        [*command, "list-monitoring-schedules", "--endpoint-name", watched.endpoint],
        env=environment,
        capture_output=True,
        check=True,
    )
    (summary,) = json.loads(listed.stdout)["MonitoringScheduleSummaries"]
    assert summary["MonitoringScheduleName"] == "served"


def test_it_says_what_to_export_and_stops_when_asked(tmp_path: Path) -> None:
    ready = tmp_path / "url"
    process = subprocess.Popen(
        [sys.executable, "-m", "moto_fixtures", "serve", "--port", "0", "--ready-file", str(ready)],
        cwd=HERE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = []
    while not (said and said[-1].startswith("aws() { command aws --endpoint-url")):
        said.append(process.stdout.readline())
        assert said[-1], f"it ended before it said all: {said}"
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE) == 0
    (url,) = (line.partition("=")[2] for line in said if "AWS_ENDPOINT_URL=" in line)
    assert url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.10", "::"])  # noqa: S104
def test_it_listens_to_this_machine_only(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        server_module.main(["--host", host])
    assert ended.value.code == 2
    assert "has no authentication" in capsys.readouterr().err


def test_a_port_that_is_taken_is_one_line(server: str) -> None:
    port = server.rpartition(":")[2]
    ended = subprocess.run(
        [sys.executable, "-m", "moto_fixtures", "serve", "--port", port],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 1
    assert f"127.0.0.1:{port}: cannot listen there" in ended.stderr
    assert "Traceback" not in ended.stderr
