"""The pipeline in the offline AWS: every step for real, and what stops it."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

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

    def __init__(self, session: boto3.Session, model: str) -> None:
        self.aws = Aws(session)
        self.aws.s3.create_bucket(Bucket=BUCKET)
        self.settings = Settings(model_for(model), ROLE, BUCKET, IMAGE, GROUP, commit="c0ffee")
        self.definition = pipeline.definition(self.aws, self.settings)
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
    session,
):
    runs = Runs(session, "loan_default")
    table = runs.settings.model.generate(ROWS, 5)
    first = {**execution.first_run_switches(), "ModelApprovalStatus": "Approved"}
    arn, steps = runs.run(table, **first)
    execution.require_success(runs.aws, arn, execution.wait(runs.aws, arn))
    assert {step["StepStatus"] for step in steps.values()} == {"Succeeded"}
    assert len(steps) == 14 and list(steps)[-1] == "RegisterModel"
    ran = runs.aws.sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)
    assert ran["PipelineDefinition"] == runs.definition
    _carries_its_origin(runs, arn)

    odd = Table([[*row[:-1], "Z9"] for row in table.rows], table.labels)
    stopped, steps = runs.run(odd)
    assert "Train" not in steps
    assert "data-quality: " in steps["DataChecksFailed"]["FailureReason"]
    with pytest.raises(AwsError, match="DataChecksFailed: data-quality: "):
        execution.require_success(runs.aws, stopped, execution.wait(runs.aws, stopped))
    assert len(runs.packages()) == 1


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


def test_a_candidate_below_its_limits_is_not_registered(session):
    """A few frauds among few rows: learnt by heart, and not found again."""
    runs = Runs(session, "fraud")
    _, steps = runs.run(runs.settings.model.generate(ROWS, 5), **execution.first_run_switches())
    assert steps["Evaluate"]["StepStatus"] == "Succeeded"
    reason = steps["GateFailed"]["FailureReason"]
    assert "it must be at least" in reason or "it must be at most" in reason
    assert "RegisterModel" not in steps
