"""From captured traffic and late labels to a package that waits for approval; or not."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from monitoring.aws.clients import Aws
from monitoring.aws.folders import LocalFolder
from monitoring.errors import AwsError
from pipelines.retrain import Registry, Retraining
from pipelines.retraining.audit import Audit
from pipelines.retraining.command import main
from pipelines.retraining.evidence import from_files
from pipelines.retraining.policy import Policy, Windows

NOW = datetime(2026, 2, 1, tzinfo=UTC)
TRAINED = datetime(2026, 1, 5, tzinfo=UTC)
BUCKET, GROUP = "credit-models", "credit"
POLICY = Policy(
    every_days=365,
    drift=Windows(4, 2),
    performance=Windows(4, 2),
    minimum_labels=200,
    minimum_held_out=20,
    resamples=400,
)


@pytest.fixture
def registry(session) -> Registry:
    session.client("s3").create_bucket(Bucket=BUCKET)
    image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/serving:1.0"
    return Registry(Aws(session), BUCKET, GROUP, image)


@pytest.fixture
def drifted(world, table):
    """The world after it has changed: 700 labelled rows, and monitors that say so."""
    world.serve(table(700, seed=2, direction=-1.0))
    world.judge("data-quality", "cvvv")
    world.judge("model-quality", "cvvv")
    return world


def retraining(world, policy=POLICY) -> Retraining:
    return Retraining(
        policy=policy,
        history=world.history,
        champion=world.champion,
        captures=world.captures,
        ground_truth=world.ground_truth,
        evidence=from_files(world.evidence),
        snapshots=LocalFolder(world.path / "snapshots"),
        audit=Audit(LocalFolder(world.path / "audit")),
        output=world.path / "challenger",
        last_training=TRAINED,
    )


def packages(registry):
    listed = registry.aws.sagemaker.list_model_packages(ModelPackageGroupName=GROUP)
    return [each["ModelPackageArn"] for each in listed["ModelPackageSummaryList"]]


def test_a_changed_world_leads_to_a_package_that_waits_for_approval(drifted, registry):
    record = retraining(drifted).run(NOW, registry)
    assert record["outcome"] == "challenger registered", record["challenge"]["failures"]
    assert record["decision"]["why"].startswith("inputs drift and performance suffers")
    compared = record["challenge"]["comparison"]
    assert compared["lower"] > 0
    assert compared["champion_auc"] < 0.5 < compared["challenger_auc"]
    (arn,) = packages(registry)
    assert arn == record["package"]
    package = registry.aws.sagemaker.describe_model_package(ModelPackageName=arn)
    assert package["ModelApprovalStatus"] == record["approval"] == "PendingManualApproval"
    assert {"ModelDataQuality", "ModelQuality"} <= package["DriftCheckBaselines"].keys()
    said = package["CustomerMetadataProperties"]
    assert said["retraining_snapshot_sha256"] == record["snapshot"]
    assert said["model_version"] == record["challenge"]["challenger"]
    assert float(said["retraining_gain_lower"]) == compared["lower"]
    assert (drifted.path / "snapshots" / record["snapshot"] / "manifest.json").is_file()
    _second_run_cools_down(drifted, registry)


def _second_run_cools_down(world, registry):
    """The evidence is of the model before, and the last training is an hour ago."""
    record = retraining(world).run(NOW + timedelta(hours=1), registry)
    assert record["outcome"] == "not due"
    assert (record["number"], len(packages(registry))) == (2, 1)
    again = retraining(world, replace(POLICY, every_days=1)).consider(NOW + timedelta(days=2))
    assert "the last training is too recent" in again.decision.why
    assert len(again.earlier) == 490
    assert len(again.new) + len(again.held_out) == 210, "held out then, to be learnt from now"


def test_without_labels_the_decision_is_explained_and_nothing_is_trained(world, table, registry):
    world.serve(table(40, seed=2))
    world.judge("data-quality", "vvvv")
    world.judge("model-quality", "vvvv")
    record = retraining(world).run(NOW, registry)
    assert record["outcome"] == "not due"
    why = record["decision"]["why"]
    assert "but there are not enough labels and the held-out rows are too few" in why
    rules = {rule["name"]: rule for rule in record["decision"]["rules"]}
    assert rules["labels"]["value"] == "28 new labelled rows to train on"
    assert not (world.path / "challenger").exists()
    assert not (world.path / "snapshots").exists()


def test_a_challenger_that_gains_nothing_is_not_registered(world, table, registry):
    world.serve(table(400, seed=2))
    world.judge("data-quality", "vvvv")
    world.judge("model-quality", "vvvv")
    record = retraining(world).run(NOW, registry)
    assert record["outcome"] == "challenger rejected"
    assert "gain in ROC-AUC over the champion" in record["challenge"]["failures"][-1]
    assert not registry.aws.sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert not (world.path / "challenger" / "baseline").exists()


@dataclass(frozen=True)
class Interrupted(Audit):
    """The process dies before its decision is on record."""

    def append(self, time, content):
        raise AwsError(f"no connection at {time}, with {len(content)} entries")


def test_a_run_that_died_before_its_record_is_run_again_and_makes_nothing_twice(drifted, registry):
    run = retraining(drifted)
    with pytest.raises(AwsError):
        replace(run, audit=Interrupted(run.audit.folder)).run(NOW, registry)
    (arn,) = packages(registry)
    record = run.run(NOW + timedelta(hours=1), registry)
    assert packages(registry) == [arn] == [record["package"]]
    assert len(LocalFolder(drifted.path / "snapshots").names()) == 2


def arguments(world):
    return [
        *("--data", world.history, "--champion", world.champion, "--capture", world.captures),
        *("--ground-truth", world.ground_truth, "--evidence", world.evidence),
        *("--snapshots", world.path / "snapshots", "--audit", world.path / "audit"),
        *("--output", world.path / "challenger", "--trained-at", "2026-01-05"),
    ]


def run(*given, code=0):
    done = CliRunner().invoke(main, [str(each) for each in given])
    assert done.exit_code == code, done.output
    return done.output


def test_a_dry_run_explains_every_rule_and_writes_nothing(world, table):
    world.serve(table(30, seed=2))
    world.judge("model-quality", "vv")
    said = run(*arguments(world), "--dry-run")
    for text in ("schedule", "not met", "at least 500", "21 new labelled rows to train on"):
        assert text in said
    assert "would not retrain: the schedule is due, but there are not enough labels" in said
    assert not (world.path / "audit").exists()
    decision = json.loads(run(*arguments(world), "--dry-run", "--json"))
    assert [rule["name"] for rule in decision["rules"]][:3] == ["schedule", "drift", "performance"]


def test_evidence_is_read_where_the_schedules_left_it(session, world, table):
    world.serve(table(30, seed=2))
    world.judge("model-quality", "vv")
    s3 = session.client("s3")
    s3.create_bucket(Bucket="evidence")
    for path in world.evidence.rglob("*.json"):
        s3.upload_file(str(path), "evidence", f"monitoring/{path.relative_to(world.evidence)}")
    here = run(*arguments(world), "--dry-run", "--json")
    there = ("--evidence", "s3://evidence/monitoring")
    assert run(*arguments(world), *there, "--dry-run", "--json") == here
    assert "2 of the latest 2 windows of model-quality violated" in here


def test_a_command_that_could_not_register_is_refused_before_it_trains(world, table):
    world.serve(table(30, seed=2))
    world.judge("model-quality", "vv")
    assert "give --bucket, --group and --image-uri" in run(*arguments(world), code=2)
