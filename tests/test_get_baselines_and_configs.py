"""The script from the command line to its files, against an AWS in this process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from get_baselines_and_configs import main
from monitoring.kinds import KINDS

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("SHARED_DIR", ROOT.parent / "shared"))
REGION = "eu-west-1"
BUCKET = "fraud-outputs"
ROLE = "arn:aws:iam::123456789012:role/monitor"
SERVING = {
    "Containers": [
        {
            "Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/serving:1",
            "ModelDataUrl": "s3://fraud-outputs/model.tar.gz",
        }
    ],
    "SupportedContentTypes": ["text/csv"],
    "SupportedResponseMIMETypes": ["text/csv"],
}
FLAGS = {
    "--model-monitor-role": ROLE,
    "--sagemaker-project-id": "p-1",
    "--sagemaker-project-name": "fraud",
    "--monitor-outputs-bucket": BUCKET,
    "--model-execution-role": "arn:aws:iam::123456789012:role/serve",
}
CONFIG_FILE = {"headers": ["label", "amount"], "predictor": {"model_name": "trained"}}
PRE = {"version": "1.0", "pre_training_bias_metrics": {"label": "label", "facets": {}}}
POST = {"version": "1.0", "post_training_bias_metrics": {"label": "label", "facets": {}}}
DOCUMENTS = {
    "ModelDataQuality": {"Constraints": {"features": []}, "Statistics": {"features": []}},
    "ModelQuality": {"Constraints": {"binary_classification_constraints": {}}},
    "Bias": {
        "ConfigFile": CONFIG_FILE,
        "PreTrainingConstraints": PRE,
        "PostTrainingConstraints": POST,
    },
    "Explainability": {"ConfigFile": CONFIG_FILE, "Constraints": {"explanations": {}}},
}


Answers = dict[str, tuple[SimpleNamespace, dict[str, Any]]]


@cache
def one_session() -> tuple[boto3.Session, Answers]:
    """One for all tests, since reading botocore's models takes half a second; and its answers."""
    answers: Answers = {}
    session = boto3.Session("test", "test", region_name=REGION)
    session.events.register("before-call.sagemaker", lambda model, **_: answers.get(model.name))
    return session, answers


class Project:
    """A SageMaker project's repository, its bucket and its registry."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self.capsys = capsys
        self.session, self.answers = one_session()
        self.answers.clear()
        self.answer("DescribeProject", {"ProjectArn": f"arn:aws:sagemaker:{REGION}:1:project/x"})
        self.answer("ListTags", {"Tags": [{"Key": "team", "Value": "card risk"}]})
        self.s3 = self.session.client("s3")
        self.sagemaker = self.session.client("sagemaker")
        self.s3.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        self.sagemaker.create_model_package_group(ModelPackageGroupName="fraud-p-1")
        for stage in ("staging", "prod"):
            self.write(f"{stage}-monitoring-schedule-config.json", StageName=stage)
            self.write(f"{stage}-endpoint-config.json", StageName=stage)

    def answer(self, operation: str, parsed: dict[str, Any], status: int = 200) -> None:
        """Answer one operation for AWS; a status of 400 refuses it."""
        self.answers[operation] = (SimpleNamespace(status_code=status), parsed)

    def write(self, name: str, tags: dict[str, str] | None = None, **parameters: str) -> None:
        document = {"Parameters": parameters, "Tags": tags or {}}
        (self.root / name).write_text(json.dumps(document))

    def put(self, key: str, document: Any) -> dict[str, str]:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(document).encode())
        return {"ContentType": "application/json", "S3Uri": f"s3://{BUCKET}/{key}"}

    def register(self, documents: Any = DOCUMENTS, status: str = "Approved", **more: Any) -> str:
        baselines = {
            monitor: {
                member: self.put(f"registered/{monitor}/{member}.json", document)
                for member, document in members.items()
            }
            for monitor, members in documents.items()
        }
        return self.sagemaker.create_model_package(
            ModelPackageGroupName="fraud-p-1",
            ModelApprovalStatus=status,
            DriftCheckBaselines=baselines,
            InferenceSpecification=SERVING,
            **more,
        )["ModelPackageArn"]

    def run(self, *more: str, environment: dict[str, str] | None = None) -> int:
        flags = [word for pair in FLAGS.items() for word in pair]
        return main([*flags, *more], self.session, environment or {})

    def export(self, stage: str, what: str = "monitoring-schedule-config") -> dict[str, str]:
        return json.loads((self.root / f"{stage}-{what}-export.json").read_text())["Parameters"]

    def exports(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in self.root.glob("*-export*")}

    def document(self, uri: str) -> Any:
        key = uri.removeprefix(f"s3://{BUCKET}/")
        return json.loads(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def listed(self) -> list[str]:
        return [item["Key"] for item in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    def error(self) -> str:
        """What was said on stderr; every line of it short of a traceback."""
        said = self.capsys.readouterr().err
        assert "Traceback" not in said
        return said


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Project]:
    monkeypatch.chdir(tmp_path)
    with mock_aws():
        yield Project(tmp_path, capsys)


def labelled(stage: str, **more: str) -> dict[str, str]:
    """Parameters with which all four monitors are on."""
    return {
        "StageName": stage,
        "GroundTruthInput": "s3://labels/fraud",
        "InferenceAttribute": "0",
        **more,
    }


@pytest.fixture
def all_on(project: Project) -> Project:
    for stage in ("staging", "prod"):
        project.write(f"{stage}-monitoring-schedule-config.json", **labelled(stage))
    project.register()
    return project


# What is rendered


def test_every_monitor_gets_its_baselines(all_on: Project) -> None:
    assert all_on.run() == 0
    got = all_on.export("staging")
    registered = f"s3://{BUCKET}/registered"
    assert got["DataQualityConstraintsS3Uri"] == f"{registered}/ModelDataQuality/Constraints.json"
    assert got["DataQualityStatisticsS3Uri"] == f"{registered}/ModelDataQuality/Statistics.json"
    assert got["ModelQualityConstraintsS3Uri"] == f"{registered}/ModelQuality/Constraints.json"
    assert got["ModelBiasConfigS3Uri"] == f"{registered}/Bias/ConfigFile.json"
    assert all_on.document(got["ModelBiasConstraintsS3Uri"]) == {**PRE, **POST}
    assert got["ModelExplainabilityConstraintsS3Uri"].endswith("Explainability/Constraints.json")


def test_explainability_asks_the_model_its_own_stage_will_deploy(all_on: Project) -> None:
    assert all_on.run() == 0
    asked = {
        all_on.document(all_on.export(stage)["ModelExplainabilityConfigS3Uri"])["predictor"][
            "model_name"
        ]
        for stage in ("staging", "prod")
    }
    deployed = {all_on.export(s, "endpoint-config")["ModelName"] for s in ("staging", "prod")}
    assert asked == deployed
    assert len(deployed) == 2


def test_no_required_template_parameter_is_left_out(all_on: Project) -> None:
    assert all_on.run() == 0
    got = all_on.export("prod")
    assert got["EndpointName"] == "fraud-prod"
    assert got["MonitoringScheduleName"] == "fraud-prod"
    assert got["ModelMonitorRoleArn"] == ROLE
    assert got["ModelMonitorImageUri"].startswith("468650794304.dkr.ecr.eu-west-1.")
    assert got["ClarifyImageUri"].startswith("131013547314.dkr.ecr.eu-west-1.")
    for kind in KINDS:
        output = got[f"{kind.name}MonitoringOutputS3Uri"]
        assert output == f"s3://{BUCKET}/fraud/prod/monitoring/{kind.slug}"


def test_the_endpoint_is_rendered_from_the_same_package(project: Project) -> None:
    arn = project.register()
    assert project.run() == 0
    got = project.export("staging", "endpoint-config")
    assert got["ModelPackageName"] == arn
    assert got["EndpointName"] == "fraud-staging"
    assert got["ModelExecutionRoleArn"] == FLAGS["--model-execution-role"]
    assert got["DataCaptureUploadPath"] == f"s3://{BUCKET}/datacapture/fraud/staging"


def test_what_the_user_wrote_wins(project: Project) -> None:
    registered = project.register()
    mine = {"DataQualityConstraintsS3Uri": "s3://fraud-outputs/registered/mine.json"}
    project.put("registered/mine.json", {})
    project.write(
        "prod-monitoring-schedule-config.json",
        {"team": "mine", "cost centre": "4711"},
        StageName="prod",
        **mine,
    )
    assert project.run() == 0
    assert project.export("prod").items() >= mine.items()
    whole = json.loads((project.root / "prod-monitoring-schedule-config-export.json").read_text())
    assert whole["Tags"] == {
        "ModelPackageArn": registered,
        "sagemaker:deployment-stage": "prod",
        "sagemaker:project-id": "p-1",
        "sagemaker:project-name": "fraud",
        "team": "mine",
        "cost centre": "4711",
    }


def test_a_monitor_that_is_off_needs_no_baseline(project: Project) -> None:
    project.register({"ModelDataQuality": DOCUMENTS["ModelDataQuality"]})
    for stage in ("staging", "prod"):
        project.write(
            f"{stage}-monitoring-schedule-config.json",
            StageName=stage,
            EnableModelExplainabilityMonitor="no",
        )
    assert project.run() == 0
    assert project.export("prod")["ModelExplainabilityConfigS3Uri"] == ""


def test_model_metrics_fill_what_drift_check_baselines_lack(project: Project) -> None:
    metric = {
        m: project.put(f"metrics/{m}.json", {}) for m in ("Constraints", "Statistics", "Report")
    }
    explain = project.put("metrics/config.json", CONFIG_FILE)
    project.sagemaker.create_model_package(
        ModelPackageGroupName="fraud-p-1",
        ModelApprovalStatus="Approved",
        DriftCheckBaselines={"Explainability": {"ConfigFile": explain}},
        ModelMetrics={
            "ModelDataQuality": {k: metric[k] for k in ("Constraints", "Statistics")},
            "Explainability": {"Report": metric["Report"]},
        },
    )
    assert project.run("--output", "json") == 0
    assert project.export("prod")["ModelExplainabilityConstraintsS3Uri"].endswith("Report.json")
    notes = json.loads(project.capsys.readouterr().out)["stages"]["prod"]["notes"]
    assert "ModelDataQuality.Statistics: from ModelMetrics.ModelDataQuality.Statistics" in notes


def test_what_no_monitor_reads_is_not_said_to_be_filled(project: Project) -> None:
    report = project.put("metrics/report.json", {})
    project.register(ModelMetrics={"Explainability": {"Report": report}})
    for stage in ("staging", "prod"):
        name = f"{stage}-monitoring-schedule-config.json"
        project.write(name, StageName=stage, EnableModelExplainabilityMonitor="no")
    assert project.run("--output", "json") == 0
    assert json.loads(project.capsys.readouterr().out)["stages"]["prod"]["notes"] == []


def test_waiting_for_labels_is_said_on_stderr_and_in_the_result(project: Project) -> None:
    project.register()
    assert project.run("--output", "json") == 0
    out, err = project.capsys.readouterr()
    result = json.loads(out)["stages"]["prod"]
    assert result["monitors"]["ModelBias"]["on"] is False
    assert "GroundTruthInput is empty" in result["monitors"]["ModelBias"]["reason"]
    assert any("model quality and bias will not be monitored" in w for w in result["warnings"])
    assert "prod: model quality and bias will not be monitored" in err


def test_default_ground_truth_switches_the_waiting_monitors_on(project: Project) -> None:
    project.register()
    for stage in ("staging", "prod"):
        name = f"{stage}-monitoring-schedule-config.json"
        project.write(name, StageName=stage, ProbabilityAttribute="1")
    assert project.run("--default-ground-truth", "--output", "json") == 0
    result = json.loads(project.capsys.readouterr().out)["stages"]["staging"]
    assert all(monitor["on"] for monitor in result["monitors"].values())
    got = project.export("staging")["GroundTruthInput"]
    assert got == f"s3://{BUCKET}/ground-truth/fraud-staging"


def test_a_project_that_does_not_exist_leaves_three_tags(project: Project) -> None:
    said = {"Error": {"Code": "ValidationException", "Message": "Project fraud does not exist"}}
    project.answer("DescribeProject", said, 400)
    project.register()
    assert project.run() == 0
    whole = json.loads((project.root / "prod-endpoint-config-export.json").read_text())
    assert len(whole["Tags"]) == 3


def test_golden_baselines_render_all_four(all_on: Project) -> None:
    golden = SHARED / "golden"
    if not golden.is_dir():
        pytest.skip(f"no golden files at {golden}; set SHARED_DIR")
    bias = json.loads((golden / "bias-adult-batch-json/baseline.analysis.json").read_text())
    misc = golden / "clarify-misc"
    explained = json.loads((misc / "fraud.explainability.analysis.json").read_text())
    config = json.loads((misc / "explainability_analysis_config.json").read_text())
    all_on.register(
        {
            **DOCUMENTS,
            "Bias": {
                "ConfigFile": json.loads((misc / "bias_analysis_config.json").read_text()),
                "PreTrainingConstraints": bias,
                "PostTrainingConstraints": bias,
            },
            "Explainability": {"ConfigFile": config, "Constraints": explained},
        }
    )
    assert all_on.run() == 0
    got = all_on.export("prod")
    assert all_on.document(got["ModelBiasConstraintsS3Uri"]) == bias
    named = all_on.document(got["ModelExplainabilityConfigS3Uri"])
    assert named["methods"] == config["methods"]
    assert named["predictor"]["model_name"] == all_on.export("prod", "endpoint-config")["ModelName"]


# Which package


def test_the_newest_approved_is_deployed_and_not_a_newer_pending_one(project: Project) -> None:
    project.register()
    approved = project.register()
    project.register(status="PendingManualApproval")
    assert project.run() == 0
    assert project.export("prod", "endpoint-config")["ModelPackageName"] == approved


def test_an_older_package_is_pinned_by_its_arn(project: Project) -> None:
    older = project.register()
    project.register()
    assert project.run("--model-package-arn", older) == 0
    assert project.export("prod", "endpoint-config")["ModelPackageName"] == older


def test_a_stage_can_pin_its_own_package(project: Project) -> None:
    older, newer = project.register(), project.register()
    project.write("prod-endpoint-config.json", StageName="prod", ModelPackageName=older)
    assert project.run() == 0
    assert project.export("prod", "endpoint-config")["ModelPackageName"] == older
    assert project.export("staging", "endpoint-config")["ModelPackageName"] == newer


def serve(project: Project, stage: str, package: str) -> None:
    name = f"fraud-{stage}"
    project.sagemaker.create_model(
        ModelName=f"{name}-model",
        PrimaryContainer={"ModelPackageName": package},
        ExecutionRoleArn=ROLE,
    )
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": f"{name}-model",
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
        "InitialVariantWeight": 1.0,
    }
    project.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    project.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)


@pytest.fixture
def no_endpoint_files(project: Project) -> Project:
    for stage in ("staging", "prod"):
        (project.root / f"{stage}-endpoint-config.json").unlink()
    return project


def test_each_stage_uses_the_baselines_of_the_model_it_serves(no_endpoint_files: Project) -> None:
    project = no_endpoint_files
    old = {"ModelDataQuality": {m: {"old": m} for m in ("Constraints", "Statistics")}}
    older = project.register({**DOCUMENTS, **old})
    in_prod = project.sagemaker.describe_model_package(ModelPackageName=older)
    newer = project.register()
    serve(project, "staging", newer)
    serve(project, "prod", older)
    assert project.run("--output", "json") == 0
    stages = json.loads(project.capsys.readouterr().out)["stages"]
    assert stages["staging"]["package"]["arn"] == newer
    assert stages["prod"]["package"]["arn"] == in_prod["ModelPackageArn"]
    config = project.document(project.export("prod")["ModelExplainabilityConfigS3Uri"])
    assert config["predictor"]["model_name"] == "fraud-prod-model"
    assert not (project.root / "prod-endpoint-config-export.json").exists()


# What is refused, and that nothing is left half-written


def refuse(parsed_code: str, message: str = "no") -> dict[str, Any]:
    return {"Error": {"Code": parsed_code, "Message": message}}


def test_all_missing_baselines_of_both_stages_are_listed_at_once(all_on: Project) -> None:
    arn = all_on.register({"ModelDataQuality": {"Constraints": {}}})
    assert all_on.run() == 1
    said = all_on.error()
    assert said.count(arn) == 2
    for lacking in ("ModelDataQuality.Statistics", "ModelQuality.Constraints", "Bias.ConfigFile"):
        assert said.count(lacking) == 2
    assert "Enable…Monitor: no" in said
    assert all_on.exports() == {}


@pytest.mark.parametrize(
    ("status", "command"), [("PendingManualApproval", "update-model-package"), ("Rejected", "up")]
)
def test_no_approved_package_lists_the_latest_and_the_next_command(
    project: Project, status: str, command: str
) -> None:
    arn = project.register(status=status)
    assert project.run() == 1
    said = project.error()
    assert f"{arn} {status}" in said
    assert command in said
    assert project.exports() == {}


def test_an_empty_registry_says_in_which_region(project: Project) -> None:
    assert project.run() == 1
    assert "has no model package in eu-west-1" in project.error()


def test_a_package_of_another_region_is_refused_before_it_is_asked_for(project: Project) -> None:
    arn = "arn:aws:sagemaker:us-east-1:123456789012:model-package/fraud-p-1/1"
    assert project.run("--model-package-arn", arn) == 1
    assert "Pass --region us-east-1" in project.error()


def test_a_missing_endpoint_names_stage_endpoint_and_command(no_endpoint_files: Project) -> None:
    assert no_endpoint_files.run() == 1
    said = no_endpoint_files.error()
    assert "endpoint fraud-staging" in said
    assert "--stack-name fraud-staging-endpoint" in said


def test_a_missing_bucket_names_the_command_that_makes_it(project: Project) -> None:
    project.register()
    assert project.run("--monitor-outputs-bucket", "no-such-bucket") == 1
    assert "aws s3 mb s3://no-such-bucket --region eu-west-1" in project.error()


def test_a_bucket_of_another_region_is_refused(project: Project) -> None:
    there = boto3.client("s3", region_name="eu-central-1")
    place = {"LocationConstraint": "eu-central-1"}
    there.create_bucket(Bucket="elsewhere", CreateBucketConfiguration=place)
    project.register()
    assert project.run("--monitor-outputs-bucket", "elsewhere") == 1
    assert "is in region eu-central-1, but this run is for eu-west-1" in project.error()


@pytest.mark.parametrize("operation", ["DescribeProject", "ListTags", "ListModelPackages"])
def test_a_missing_permission_names_the_action_and_is_never_no_tags(
    project: Project, operation: str
) -> None:
    project.register()
    project.answer(operation, refuse("AccessDeniedException", "not authorized"), 400)
    assert project.run() == 1
    assert f"Allow sagemaker:{operation}" in project.error()
    assert project.exports() == {}


def test_expired_credentials_are_one_line(project: Project) -> None:
    project.answer("ListModelPackages", refuse("ExpiredTokenException"), 400)
    assert project.run() == 1
    assert "credentials have expired" in project.error()


def test_an_approval_withdrawn_after_the_listing_stops_the_run(project: Project) -> None:
    arn = project.register()
    found = project.sagemaker.describe_model_package(ModelPackageName=arn)
    project.answer("DescribeModelPackage", {**found, "ModelApprovalStatus": "Rejected"})
    assert project.run() == 1
    assert f"{arn}: its approval status is Rejected" in project.error()


def test_a_baseline_that_is_not_in_s3_stops_the_run(all_on: Project) -> None:
    all_on.s3.delete_object(Bucket=BUCKET, Key="registered/ModelQuality/Constraints.json")
    assert all_on.run() == 1
    said = all_on.error()
    assert "ModelQuality/Constraints.json (ModelQualityConstraintsS3Uri of staging)" in said
    assert "ModelQualityConstraintsS3Uri of prod" in said
    assert all_on.exports() == {}
    assert not [key for key in all_on.listed() if key.startswith("fraud/")]


def test_a_derived_file_that_cannot_be_made_leaves_nothing_behind(all_on: Project) -> None:
    all_on.register({**DOCUMENTS, "Bias": {**DOCUMENTS["Bias"], "PreTrainingConstraints": {}}})
    assert all_on.run() == 1
    assert "PreTrainingConstraints.json: holds neither" in all_on.error()
    assert all_on.exports() == {}
    assert not [key for key in all_on.listed() if key.startswith("fraud/")]


def test_all_problems_of_all_files_are_reported_before_aws_is_asked(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.session = None  # no session: the script would make its own, and have no credentials
    project.write("staging-monitoring-schedule-config.json", EnableModelBiasMonitor="true")
    project.write(
        "prod-monitoring-schedule-config.json",
        StageName="staging",
        DataQualityScheduleExpression="cron(0/30 * ? * * *)",
    )
    (project.root / "prod-endpoint-config.json").write_text('{"Parameters": ')
    assert project.run() == 2
    said = project.error()
    assert "staging-monitoring-schedule-config.json: 'StageName' is missing" in said
    assert "'EnableModelBiasMonitor' is 'true'" in said
    assert "this is the file of prod" in said
    assert "'cron(0/30 * ? * * *)'" in said
    assert "prod-endpoint-config.json: line 1" in said
    assert all(line.startswith("error: ") for line in said.splitlines())


@pytest.mark.parametrize(
    ("typo", "meant"),
    [
        ("--model-monitor-rol", "--model-monitor-role"),
        ("--outptu", "--output"),
        ("--exportstaging-config=x.json", "--export-staging-config"),
        ("--sagemaker-project", "--sagemaker-project-id"),
    ],
)
def test_an_unknown_flag_is_refused_with_the_nearest_known_one(
    project: Project, typo: str, meant: str
) -> None:
    assert project.run(typo) == 2
    assert f"did you mean {meant}" in project.error()


def test_no_credentials_is_one_line(project: Project) -> None:
    nowhere = {
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    flags = [word for pair in FLAGS.items() for word in pair]
    done = subprocess.run(
        [sys.executable, ROOT / "get_baselines_and_configs.py", *flags, "--region", REGION],
        env={"PATH": os.environ["PATH"], **nowhere},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "no usable AWS credentials" in done.stderr
    assert done.stderr.count("\n") == 1


def test_no_region_is_one_line(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    project.session = None
    assert project.run() == 1
    assert "no AWS region is set" in project.error()


def test_the_levels_of_logging_are_checked(project: Project) -> None:
    assert project.run(environment={"LOGLEVEL": "loud"}) == 2
    assert "'LOUD'; it must be one of DEBUG" in project.error()


# Again, and without doing it


def test_a_second_run_changes_nothing_and_uploads_nothing(all_on: Project) -> None:
    assert all_on.run() == 0
    exports, keys = all_on.exports(), all_on.listed()
    assert all_on.run() == 0
    assert all_on.exports() == exports
    assert all_on.listed() == keys


def test_a_new_package_adds_files_and_overwrites_none(all_on: Project) -> None:
    assert all_on.run() == 0
    keys = all_on.listed()
    old = all_on.export("prod", "endpoint-config")["ModelName"]
    all_on.register()
    assert all_on.run() == 0
    assert set(keys) < set(all_on.listed())
    assert all_on.export("prod", "endpoint-config")["ModelName"] != old


def test_a_dry_run_says_what_would_change_and_changes_nothing(all_on: Project) -> None:
    keys = all_on.listed()
    assert all_on.run("--dry-run") == 0
    assert "StageName: (not set) -> prod" in all_on.capsys.readouterr().out
    assert (all_on.exports(), all_on.listed()) == ({}, keys)
    assert all_on.run() == 0
    all_on.capsys.readouterr()
    assert all_on.run("--dry-run") == 0
    assert "would stay as it is" in all_on.capsys.readouterr().out


def test_a_failed_run_leaves_the_exports_of_the_last_one(all_on: Project) -> None:
    assert all_on.run() == 0
    before = all_on.exports()
    all_on.register({})
    assert all_on.run() == 1
    assert all_on.exports() == before


def test_it_imports_nothing_heavy_and_makes_no_client_on_import() -> None:
    program = """
import sys
for name in ("numpy", "pandas", "pyarrow", "sagemaker", "click", "yaml", "flask", "moto"):
    sys.modules[name] = None
import boto3
def refuse(*args, **kwargs): raise AssertionError("a client was made on import")
boto3.client = boto3.resource = boto3.Session.client = refuse
import get_baselines_and_configs, utils
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# Against the offline AWS, which has projects


def test_a_projects_tags_reach_both_stacks(
    session: boto3.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sagemaker, s3 = session.client("sagemaker"), session.client("s3")
    provisioning = {"ServiceCatalogProvisioningDetails": {"ProductId": "prod-1234567890abc"}}
    tags = [{"Key": f"tag-{number:02}", "Value": "a b"} for number in range(40)]
    sagemaker.create_project(ProjectName="fraud", Tags=tags, **provisioning)
    s3.create_bucket(Bucket=BUCKET)
    sagemaker.create_model_package_group(ModelPackageGroupName="fraud-p-1")
    source = {"ContentType": "application/json", "S3Uri": f"s3://{BUCKET}/b.json"}
    s3.put_object(Bucket=BUCKET, Key="b.json", Body=b"{}")
    sagemaker.create_model_package(
        ModelPackageGroupName="fraud-p-1",
        ModelApprovalStatus="Approved",
        DriftCheckBaselines={"ModelDataQuality": {"Constraints": source, "Statistics": source}},
        InferenceSpecification={
            "Containers": [{"Image": "image"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )
    for path in ROOT.glob("*-config.json"):
        (tmp_path / path.name).write_text(path.read_text())
    flags = [word for pair in FLAGS.items() for word in pair]
    assert main(flags, session, {}) == 0
    for stack in ("endpoint-config", "monitoring-schedule-config"):
        rendered = json.loads((tmp_path / f"prod-{stack}-export.json").read_text())
        assert rendered["Tags"].items() >= {tag["Key"]: tag["Value"] for tag in tags}.items()
