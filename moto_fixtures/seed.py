"""What an account holds before the first deployment: a bucket, a role, a project, a model.

Needs     a session whose endpoint is the offline AWS
Leaves    an approved model package with its baselines in the registry, and the held-out
          rows that will be sent as traffic, with their labels

Everything goes through AWS's own API, so the same calls would make the same things in an
account. Running it again makes nothing twice.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from monitoring.aws.clients import Aws
from monitoring.errors import MonitoringError
from monitoring.kinds import Kind
from moto_fixtures import environment
from pipelines import baseline, data, evaluate, preprocess, register, train
from pipelines.models import model_for
from pipelines.models.base import Model, Table
from serving.schema import Row

ROOT = Path(__file__).resolve().parents[1]
ROLE_NAME = "model-monitor"
PROJECT_ID = "p-offline"
PROJECT_TAGS = [{"Key": "team", "Value": "card risk"}]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


@dataclass(frozen=True, slots=True)
class Account:
    """The names a render and a deployment need."""

    project: str
    project_id: str
    bucket: str
    role_arn: str
    image: str
    """The serving image's name in this account's registry; offline, `serving/` itself answers."""

    @property
    def model_package_group(self) -> str:
        """Where the script looks for packages when it is not told."""
        return f"{self.project}-{self.project_id}"


@dataclass(frozen=True, slots=True)
class Seeded:
    """An account with a model in its registry."""

    account: Account
    model: Model
    package: register.Registered
    traffic: list[Row]
    labels: list[str]
    """Of the traffic: 1 or 0, as the model answers."""
    monitors: tuple[Kind, ...]
    """Those the package has a baseline for."""


def prepare_account(session: Any, project: str) -> Account:
    """Make the bucket, the role and the project, where they are not there yet."""
    account_id = session.client("sts").get_caller_identity()["Account"]
    bucket = f"{project}-monitoring-{account_id}"
    _once(session.client("s3").create_bucket, Bucket=bucket)
    iam = session.client("iam")
    _once(iam.create_role, RoleName=ROLE_NAME, AssumeRolePolicyDocument=json.dumps(TRUST))
    _once(
        session.client("sagemaker").create_project,
        ProjectName=project,
        ProjectDescription="Made by the offline AWS.",
        ServiceCatalogProvisioningDetails={"ProductId": "prod-offline00001"},
        Tags=PROJECT_TAGS,
    )
    role = iam.get_role(RoleName=ROLE_NAME)["Role"]["Arn"]
    image = f"{account_id}.dkr.ecr.{session.region_name}.amazonaws.com/serving:offline"
    return Account(project, PROJECT_ID, bucket, role, image)


def seed(aws: Aws, model: Model, table: Table, workspace: Path, project: str) -> Seeded:
    """Build a model from a table, and register it approved in an account of its own project."""
    account = prepare_account(aws.session, project)
    parts, built, report, baselines = (
        workspace / name for name in ("data", "model", "report", "baseline")
    )
    preprocess.preprocess(parts, model, table)
    train.train(parts, built)
    evaluate.evaluate(parts, built, report)
    baseline.baseline(parts, built, baselines)
    package = register.register(
        aws,
        register.Build(built, report, baselines, register.commit_of(ROOT)),
        bucket=account.bucket,
        group=account.model_package_group,
        image=account.image,
        approval="Approved",
    )
    traffic = data.read(parts, "traffic", model)
    labels = [str(target) for target in model.targets(traffic)]
    return Seeded(account, model, package, list(traffic.rows), labels, baseline.built(baselines))


def _once(create: Any, **request: Any) -> None:
    """Create something that may be there already."""
    there = {"BucketAlreadyOwnedByYou", "EntityAlreadyExists", "ResourceInUse"}
    try:
        create(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] not in there:
            raise


def main(arguments: list[str]) -> int:
    """`python -m moto_fixtures seed`: seed the offline AWS that this shell talks to."""
    parser = argparse.ArgumentParser("python -m moto_fixtures seed", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--model", default="fraud", help="a worked example (%(default)s)")
    parser.add_argument("--project", help="the model's name, with dashes, unless given")
    asked = parser.parse_args(arguments)
    if not environment.is_offline(os.environ):
        print(
            "AWS_ENDPOINT_URL names no offline AWS, and nothing is seeded anywhere else: start "
            'one (make serve), then eval "$(.venv/bin/python -m moto_fixtures env)"',
            file=sys.stderr,
        )
        return 2
    try:
        model, table = preprocess.made_up(model_for(asked.model))
        with tempfile.TemporaryDirectory() as workspace:
            aws = Aws(boto3.Session())
            seeded = seed(
                aws, model, table, Path(workspace), asked.project or model.name.replace("_", "-")
            )
    except MonitoringError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    account = seeded.account
    print(f"bucket         {account.bucket}")
    print(f"role           {account.role_arn}")
    print(f"project        {account.project} ({account.project_id})")
    print(f"model package  {seeded.package.arn} ({seeded.package.approval})")
    return 0
