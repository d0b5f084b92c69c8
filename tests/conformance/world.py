"""What a conformance suite finds: a server of the offline AWS, with a model in service in it.

Needs     this checkout's own environment: the suites' environments have neither moto nor us
Gives     the facts of the world as JSON, for a process that has only a client library

A suite gets a world of its own, because it winds the clock.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from monitoring.aws.clients import Aws
from moto_fixtures import seed, server_process
from moto_fixtures.environment import FOREIGN, environment
from pipelines.baseline import BASELINE_FILE, EXPLAINED_FILE, LABELLED_FILE
from pipelines.models import fraud
from serving.schema import ANSWER_COLUMNS

WORLD = "CONFORMANCE_WORLD"
"""Variable that names the file of facts."""
PROJECT = "conformance"
ENDPOINT = "conformance-endpoint"
START = datetime(2026, 1, 31, 10)
ROWS = 3000
EXPLAINED_ROWS = 20
"""The model is asked about each of them many times."""
PATIENT = Config(read_timeout=600, retries={"total_max_attempts": 1})
"""An endpoint is created once its model has started. Asked again meanwhile, it exists already."""


@contextmanager
def made(directory: Path) -> Iterator[dict[str, str]]:
    """A world, for as long as the block lasts; the variables of a process that lives in it."""
    with (
        server_process.running(directory / "server.log") as server,
        pytest.MonkeyPatch.context() as m,
    ):
        for name in FOREIGN:
            m.delenv(name, raising=False)
        variables = environment(server.url)
        for name, value in variables.items():
            m.setenv(name, value)
        server.travel(START)
        known = _facts(boto3.Session(), directory) | {"url": server.url}
        path = directory / "world.json"
        path.write_text(json.dumps(known), encoding="utf-8")
        inherited = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        yield {**inherited, **variables, WORLD: str(path)}


def facts(variables: Mapping[str, str]) -> dict[str, Any]:
    """What a process that lives in a world knows of it."""
    return dict(json.loads(Path(variables[WORLD]).read_text(encoding="utf-8")))


def _facts(session: boto3.Session, directory: Path) -> dict[str, Any]:
    """Seed the account, deploy its model; what a client has to know of them."""
    table = fraud.generate(ROWS, 7)
    seeded = seed.seed(Aws(session), fraud.MODEL, table, directory, PROJECT)
    account, s3 = seeded.account, session.client("s3")
    tables = {}
    for name in (BASELINE_FILE, LABELLED_FILE, EXPLAINED_FILE):
        header, *rows = (directory / "baseline" / name).read_text().splitlines(keepends=True)
        rows = rows[:EXPLAINED_ROWS] if name == EXPLAINED_FILE else rows
        stem = name.removesuffix(".csv")
        for table_name, lines in ((stem, [header, *rows]), (f"{stem}_rows", rows)):
            key = f"tables/{table_name}.csv"
            s3.put_object(Bucket=account.bucket, Key=key, Body="".join(lines).encode())
            tables[table_name] = f"s3://{account.bucket}/{key}"
    _deploy(session, seeded)
    return {
        "region": session.region_name,
        "bucket": account.bucket,
        "role": account.role_arn,
        "project": {"name": account.project, "id": account.project_id},
        "endpoint": ENDPOINT,
        "start": START.isoformat(),
        "tables": tables,  # `…_rows` have no header
        "label": fraud.MODEL.label,
        "answers": list(ANSWER_COLUMNS),
        "columns": list(fraud.SCHEMA.names),
        "rows": [",".join(cell or "" for cell in row) for row in seeded.traffic],
        "labels": seeded.labels,
        "facet": _facet(),
    }


def _facet() -> Mapping[str, Any]:
    facet = fraud.MODEL.facets[0]
    return {"column": facet.column, "values": list(facet.values)}


def _deploy(session: boto3.Session, seeded: seed.Seeded) -> None:
    """The approved package, behind an endpoint that captures all it is sent and answers."""
    sagemaker, account = session.client("sagemaker", config=PATIENT), seeded.account
    sagemaker.create_model(
        ModelName=ENDPOINT,
        ExecutionRoleArn=account.role_arn,
        PrimaryContainer={"ModelPackageName": seeded.package.arn},
    )
    sagemaker.create_endpoint_config(
        EndpointConfigName=ENDPOINT,
        ProductionVariants=[
            {
                "VariantName": "AllTraffic",
                "ModelName": ENDPOINT,
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
            }
        ],
        DataCaptureConfig={
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{account.bucket}/capture",
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
        },
    )
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=ENDPOINT)
