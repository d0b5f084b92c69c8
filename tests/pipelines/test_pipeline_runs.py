"""The pipeline in the offline AWS: every step for real, and what stops it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner

from get_baselines_and_configs import main as render
from monitoring.aws.clients import Aws
from monitoring.errors import AwsError
from moto_fixtures import work
from pipelines import execution, pipeline
from pipelines.definition.settings import Settings
from pipelines.models import model_for
from pipelines.models.base import Table

BUCKET, GROUP = "artefacts", "loans-p-1a2b3c"
ROLE = "arn:aws:iam::123456789012:role/pipeline"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/serving:1.0"
ROWS = 3000


class Runs:
    """A pipeline in an account, and its executions."""

    def __init__(self, session: boto3.Session, model: str, **other: Any) -> None:
        self.aws = Aws(session)
        self.aws.s3.create_bucket(Bucket=BUCKET)
        asked = Settings(model_for(model), ROLE, BUCKET, IMAGE, GROUP, commit="c0ffee", **other)
        self.settings = pipeline.explaining(asked, None)
        made = pipeline.drafted(self.settings, self.aws.region)
        self.definition = made.definition
        for uri, content in made.files.items():
            execution.put(self.aws, uri, ROLE.split(":")[4], content)
        execution.upsert(self.aws, self.settings.name, self.definition, ROLE, model)

    def run(self, table: Table, **parameters: str) -> tuple[str, dict[str, Any]]:
        """One execution to its end; its ARN, and its steps by name."""
        account = ROLE.split(":")[4]
        parameters["InputDataUrl"] = execution.upload_data(
            self.aws, BUCKET, "data", account, self.settings.model, table
        )
        arn = execution.start(self.aws, self.settings.name, parameters)
        work.wait(arn)
        return arn, {step["StepName"]: step for step in execution.steps(self.aws, arn)}

    def packages(self) -> list[str]:
        listed = self.aws.sagemaker.list_model_packages(ModelPackageGroupName=GROUP)
        return [each["ModelPackageArn"] for each in listed["ModelPackageSummaryList"]]


def test_a_first_run_registers_a_package_and_worse_data_stop_the_next(
    session, tmp_path, monkeypatch, capsys
):
    runs = Runs(session, "loan_default")
    table = _registers_on_its_first_run(runs)
    _is_rendered_without_a_warning(session, tmp_path, monkeypatch, capsys)

    odd = Table([[*row[:-1], "Z9"] for row in table.rows], table.labels)
    stopped, steps = runs.run(odd)
    assert "Train" not in steps
    assert "data-quality: " in steps["DataChecksFailed"]["FailureReason"]
    with pytest.raises(AwsError, match="DataChecksFailed: data-quality: "):
        execution.require_success(runs.aws, stopped, execution.wait(runs.aws, stopped))
    assert len(runs.packages()) == 1


def _is_rendered_without_a_warning(
    session: boto3.Session,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Staging and prod, with all four monitors on."""
    session.client("sagemaker").create_project(ProjectName="loans")
    monkeypatch.chdir(directory)
    for stage in ("staging", "prod"):
        monitors = {
            "StageName": stage,
            "GroundTruthInput": "s3://labels/",
            "InferenceAttribute": "0",
        }
        files = {"monitoring-schedule": monitors, "endpoint": {"StageName": stage}}
        for name, parameters in files.items():
            document = {"Parameters": parameters, "Tags": {}}
            (directory / f"{stage}-{name}-config.json").write_text(json.dumps(document))
    capsys.readouterr()
    asked = {
        "--sagemaker-project-name": "loans",
        "--sagemaker-project-id": "p-1a2b3c",
        "--monitor-outputs-bucket": BUCKET,
        "--model-monitor-role": ROLE,
        "--model-execution-role": ROLE,
    }
    assert render([word for pair in asked.items() for word in pair], session, {}) == 0
    assert "warning" not in capsys.readouterr().err
    export = json.loads((directory / "prod-monitoring-schedule-config-export.json").read_text())
    uris = {name: value for name, value in export["Parameters"].items() if "Constraints" in name}
    assert len(uris) == 4 and all(uri.startswith("s3://") for uri in uris.values()), uris


def _registers_on_its_first_run(runs: Runs) -> Table:
    """Runs the pipeline where no package is approved yet; the table it was run with."""
    table = runs.settings.model.generate(ROWS, 5)
    first = {**execution.first_run_switches(runs.settings.model), "ModelApprovalStatus": "Approved"}
    arn, steps = runs.run(table, **first)
    execution.require_success(runs.aws, arn, execution.wait(runs.aws, arn))
    assert {step["StepStatus"] for step in steps.values()} == {"Succeeded"}
    assert len(steps) == 14 and list(steps)[-1] == "RegisterModel"
    ran = runs.aws.sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)
    assert ran["PipelineDefinition"] == runs.definition
    _carries_its_origin(runs, arn)
    return table


def _carries_its_origin(runs: Runs, arn: str) -> None:
    (package,) = runs.packages()
    found = runs.aws.sagemaker.describe_model_package(ModelPackageName=package)
    drift = found["DriftCheckBaselines"]
    assert set(drift) == {"ModelDataQuality", "ModelQuality", "Bias", "Explainability"}
    origin = found["CustomerMetadataProperties"]
    assert (origin["git_commit"], origin["pipeline_execution"]) == ("c0ffee", arn)
    card = json.loads(found["ModelCard"]["ModelCardContent"])
    details = card["additional_information"]["custom_details"]
    assert details["data_sha256"] == origin["data_sha256"]
    assert len(json.loads(details["feature_schema"])) > 0


def test_whoever_starts_another_definition_than_he_asks_for_is_told(session):
    runs = Runs(session, "fraud")
    options = ("--model", "fraud", "--role-arn", ROLE, "--bucket", BUCKET, "--image-uri", IMAGE)
    unknown = ("--parameter", "InputDataUrl=s3://artefacts/data", "--parameter", "Unknown=1")
    told = CliRunner().invoke(pipeline.main, ["start", *options, *unknown])
    assert told.exit_code == 1
    assert f"{runs.settings.name}: the pipeline is started as it is" in told.stderr
    assert "upsert" in told.stderr


def test_a_candidate_below_its_limits_is_not_registered(session):
    """A few frauds among few rows: learnt by heart, and not found again."""
    runs = Runs(session, "fraud")
    _, steps = runs.run(
        runs.settings.model.generate(ROWS, 5), **execution.first_run_switches(runs.settings.model)
    )
    assert steps["Evaluate"]["StepStatus"] == "Succeeded"
    reason = steps["GateFailed"]["FailureReason"]
    assert "it must be at least" in reason or "it must be at most" in reason
    assert "RegisterModel" not in steps


def test_awss_check_steps_run_and_their_baselines_are_registered(
    session, tmp_path, monkeypatch, capsys
):
    runs = Runs(session, "loan_default", checks="aws")
    _registers_on_its_first_run(runs)
    _is_rendered_without_a_warning(session, tmp_path, monkeypatch, capsys)
