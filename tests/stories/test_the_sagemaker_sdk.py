"""The SageMaker SDK on its own: deploy, call, watch and read, with nothing of ours in between.

Every step is one that AWS's own notebooks take. The SDK is imported in a fixture, since
importing it costs seconds, and its telemetry is off: it would reach for the network.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from monitoring.aws import images
from monitoring.aws.clients import Aws
from moto_fixtures import seed, server_process
from moto_fixtures.environment import FOREIGN, environment
from pipelines.models import fraud

ENDPOINT = "cards-staging"
SCHEDULE = "cards-staging-by-sdk"
DRIFTING = "basket_items"
START = datetime(2026, 1, 31, 10)
RECORDS_AN_HOUR = 400
ROWS_BY_PREDICTOR = 3
SDK_SETTINGS = {
    "SchemaVersion": "1.0",
    "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
}


@dataclass
class Desk:
    """Where a data scientist sits: an account with an approved model, and the SDK."""

    server: server_process.ServerProcess
    seeded: seed.Seeded
    boto: boto3.Session
    session: Any
    """The SDK's own session."""
    hours: int = 0

    @property
    def reports(self) -> str:
        return f"s3://{self.seeded.account.bucket}/reports"

    @property
    def constraints(self) -> str:
        """The user's copy of the baseline's constraints, to be edited."""
        return f"s3://{self.seeded.account.bucket}/edited/constraints.json"

    @property
    def package_baseline(self) -> dict[str, Any]:
        """The package's data-quality documents: `Statistics` and `Constraints`."""
        package = self.boto.client("sagemaker").describe_model_package(
            ModelPackageName=self.seeded.package.arn
        )
        return dict(package["DriftCheckBaselines"]["ModelDataQuality"])

    def an_hour_passes(self, *, drifted: bool) -> None:
        """Traffic, and the run that looks at it. Drifted, one column is ten times too large."""
        column = fraud.SCHEMA.names.index(DRIFTING)
        rows = [list(row) for row in self.seeded.traffic[:RECORDS_AN_HOUR]]
        for row in rows if drifted else ():
            row[column] = None if row[column] is None else str(float(row[column]) * 10)
        now = START + timedelta(hours=self.hours, minutes=30)
        self.server.advance(now)
        bodies = [",".join(cell or "" for cell in row) for row in rows]
        self.server.send(ENDPOINT, [{"Body": body} for body in bodies])
        self.server.advance(now + timedelta(minutes=40))
        self.hours += 1


@pytest.fixture(scope="module")
def sdk() -> Iterator[SimpleNamespace]:
    """The parts of the SDK used here, imported late."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
        from sagemaker import ModelPackage, Session, model_monitor
        from sagemaker.deserializers import CSVDeserializer
        from sagemaker.predictor import Predictor
        from sagemaker.serializers import CSVSerializer

        yield SimpleNamespace(
            ModelPackage=ModelPackage,
            Session=Session,
            monitor=model_monitor,
            Predictor=Predictor,
            csv={"serializer": CSVSerializer(), "deserializer": CSVDeserializer()},
        )


@pytest.fixture(scope="module")
def desk(sdk: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A server of this module's own, since its clock is wound, with an approved model in it."""
    workspace = tmp_path_factory.mktemp("sdk")
    with (
        pytest.MonkeyPatch.context() as patch,
        server_process.running(workspace / "log") as server,
    ):
        for name in FOREIGN:
            patch.delenv(name, raising=False)
        for name, value in environment(server.url).items():
            patch.setenv(name, value)
        server.travel(START)
        boto = boto3.Session()
        seeded = seed.seed(
            Aws(boto), fraud.MODEL, fraud.generate(4000, 7), workspace, project="cards"
        )
        session = sdk.Session(
            boto, default_bucket=seeded.account.bucket, sagemaker_config=SDK_SETTINGS
        )
        yield Desk(server, seeded, boto, session)


@pytest.fixture(scope="module")
def predictor(desk: Desk, sdk: SimpleNamespace) -> Any:
    """The approved package, deployed with data capture."""
    model = sdk.ModelPackage(
        role=desk.seeded.account.role_arn,
        model_package_arn=desk.seeded.package.arn,
        sagemaker_session=desk.session,
    )
    capture = sdk.monitor.DataCaptureConfig(
        enable_capture=True,
        sampling_percentage=100,
        destination_s3_uri=f"s3://{desk.seeded.account.bucket}/datacapture",
        csv_content_types=["text/csv"],
        json_content_types=["application/json"],
    )
    model.deploy(
        initial_instance_count=1,
        instance_type="ml.m5.large",
        endpoint_name=ENDPOINT,
        data_capture_config=capture,
        wait=False,
    )
    return sdk.Predictor(ENDPOINT, sagemaker_session=desk.session, **sdk.csv)


@pytest.fixture(scope="module")
def monitor(desk: Desk, sdk: SimpleNamespace, predictor: Any) -> Any:
    """An hourly data-quality schedule with the package's statistics and edited constraints."""
    documents = desk.package_baseline
    constraints = sdk.monitor.Constraints.from_s3_uri(
        documents["Constraints"]["S3Uri"], sagemaker_session=desk.session
    )
    constraints.save(desk.constraints)
    made = sdk.monitor.DefaultModelMonitor(
        role=desk.seeded.account.role_arn,
        sagemaker_session=desk.session,
        instance_type="ml.m5.large",
    )
    made.create_monitoring_schedule(
        endpoint_input=sdk.monitor.EndpointInput(
            predictor.endpoint_name, "/opt/ml/processing/input/endpoint"
        ),
        output_s3_uri=desk.reports,
        statistics=documents["Statistics"]["S3Uri"],
        constraints=desk.constraints,
        monitor_schedule_name=SCHEDULE,
        schedule_cron_expression=sdk.monitor.CronExpressionGenerator.hourly(),
    )
    return made


@pytest.fixture(scope="module")
def answers(desk: Desk, predictor: Any) -> list[list[str]]:
    """What the endpoint answers to the first rows, in the hour that `executions` begins with."""
    rows = [[cell or "" for cell in row] for row in desk.seeded.traffic[:ROWS_BY_PREDICTOR]]
    return list(predictor.predict(rows))


@pytest.fixture(scope="module")
def executions(desk: Desk, monitor: Any, answers: list[list[str]]) -> list[Any]:
    """Two hours: the first like the baseline, the second with a column that drifted."""
    desk.an_hour_passes(drifted=False)
    desk.an_hour_passes(drifted=True)
    return list(monitor.list_executions())


def violated(execution: Any) -> set[str]:
    """The features an execution found violations of, as the SDK reads its file."""
    found = execution.constraint_violations().body_dict["violations"]
    return {violation["feature_name"] for violation in found}


def test_a_deployed_package_answers_its_predictor(answers):
    assert len(answers) == ROWS_BY_PREDICTOR
    for decision, probability in answers:
        assert decision in {"0", "1"}
        assert 0 <= float(probability) <= 1


def test_the_sdk_chooses_the_image_that_we_would(desk, monitor):
    definition = desk.boto.client("sagemaker").describe_data_quality_job_definition(
        JobDefinitionName=monitor.job_definition_name
    )
    chosen = definition["DataQualityAppSpecification"]["ImageUri"]
    assert chosen == images.uri("model-monitor", desk.boto.region_name)


def test_every_hour_is_an_execution_whose_statistics_it_reads(executions):
    assert [one.describe()["ProcessingJobStatus"] for one in executions] == ["Completed"] * 2
    found = [one.statistics().body_dict for one in executions]
    counted = [statistics["dataset"]["item_count"] for statistics in found]
    assert counted == [ROWS_BY_PREDICTOR + RECORDS_AN_HOUR, RECORDS_AN_HOUR]
    for statistics in found:
        assert set(fraud.SCHEMA.names) <= {feature["name"] for feature in statistics["features"]}


def test_the_drifted_hour_alone_has_violations_and_they_name_the_column(executions):
    assert [violated(execution) for execution in executions] == [set(), {DRIFTING}]


def test_statistics_and_constraints_are_read_from_where_they_lie(desk, sdk, executions):
    uri = f"{executions[-1].outputs[0].destination}/statistics.json"
    statistics = sdk.monitor.Statistics.from_s3_uri(uri, sagemaker_session=desk.session)
    assert statistics.body_dict == executions[-1].statistics().body_dict
    constraints = sdk.monitor.Constraints.from_s3_uri(
        desk.package_baseline["Constraints"]["S3Uri"], sagemaker_session=desk.session
    )
    assert constraints.body_dict["monitoring_config"]["evaluate_constraints"] == "Enabled"


def test_what_the_monitor_calls_latest_is_the_last_hour(monitor, executions):
    latest = monitor.latest_monitoring_constraint_violations()
    assert latest.body_dict == executions[-1].constraint_violations().body_dict


def test_a_feature_switched_off_in_the_constraints_is_not_judged_again(
    desk, sdk, monitor, executions
):
    constraints = sdk.monitor.Constraints.from_s3_uri(
        desk.constraints, sagemaker_session=desk.session
    )
    constraints.set_monitoring(enable_monitoring=False, feature_name=DRIFTING)
    constraints.save()
    desk.an_hour_passes(drifted=True)
    assert len(monitor.list_executions()) == len(executions) + 1
    assert violated(monitor.list_executions()[-1]) == set()


@pytest.mark.usefixtures("executions")
def test_a_stopped_schedule_runs_again_only_once_it_is_started(desk, monitor):
    before = len(monitor.list_executions())
    monitor.stop_monitoring_schedule()
    desk.an_hour_passes(drifted=False)
    assert monitor.describe_schedule()["MonitoringScheduleStatus"] == "Stopped"
    assert len(monitor.list_executions()) == before
    monitor.start_monitoring_schedule()
    desk.an_hour_passes(drifted=False)
    assert len(monitor.list_executions()) == before + 1


def test_a_monitor_attached_by_name_is_the_one_that_was_made(desk, sdk, monitor):
    attached = sdk.monitor.DefaultModelMonitor.attach(SCHEDULE, sagemaker_session=desk.session)
    assert attached.job_definition_name == monitor.job_definition_name
    assert attached.describe_schedule()["EndpointName"] == ENDPOINT


def test_a_baseline_the_sdk_asks_for_is_computed_by_a_job(desk, sdk):
    rows = [",".join(cell or "" for cell in row) for row in desk.seeded.traffic[:200]]
    table = f"s3://{desk.seeded.account.bucket}/tables/traffic.csv"
    desk.boto.client("s3").put_object(
        Bucket=desk.seeded.account.bucket,
        Key="tables/traffic.csv",
        Body="\n".join([",".join(fraud.SCHEMA.names), *rows]).encode(),
    )
    fresh = sdk.monitor.DefaultModelMonitor(
        role=desk.seeded.account.role_arn,
        sagemaker_session=desk.session,
        instance_type="ml.m5.large",
    )
    fresh.suggest_baseline(
        baseline_dataset=table,
        dataset_format={"csv": {"header": True}},
        output_s3_uri=f"s3://{desk.seeded.account.bucket}/suggested",
        logs=False,
    )
    assert fresh.baseline_statistics().body_dict["dataset"]["item_count"] == 200
    features = fresh.suggested_constraints().body_dict["features"]
    assert [feature["name"] for feature in features] == list(fraud.SCHEMA.names)


def test_deleting_the_schedule_takes_its_definition_and_then_frees_the_endpoint(
    desk, predictor, monitor
):
    client = desk.boto.client("sagemaker")
    with pytest.raises(ClientError, match="monitoring schedules watch it"):
        predictor.delete_endpoint(delete_endpoint_config=False)
    monitor.delete_monitoring_schedule()
    assert client.list_monitoring_schedules()["MonitoringScheduleSummaries"] == []
    assert client.list_data_quality_job_definitions()["JobDefinitionSummaries"] == []
    predictor.delete_endpoint()
    assert client.list_endpoints()["Endpoints"] == []
